/** End to end: errors that Envoy makes are JSON-RPC errors with the request's id; errors that servers make pass untouched. */

import { expect } from "chai";
import { ask, rpc, type RpcAnswer } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { freePorts, startMesh, type Mesh } from "./mesh.js";

describe("e2e: errors", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let replica: Replica;

  before(async function () {
    this.timeout(60_000);
    replica = await opened(startReplica({ name: "replica" }));
    const [nobody] = await freePorts(1);
    mesh = await opened(startMesh({
      servers: {
        fine: { type: "http", endpoint: replica.url },
        nobody: { type: "http", endpoint: `http://127.0.0.1:${nobody}` },
        limited: { type: "http", endpoint: replica.url, rate_limit: { requests: 2, per: "1h" } },
        impatient: { type: "http", endpoint: replica.url, timeouts: { request: "300ms" } },
        nameless: { type: "http", endpoint: "http://no-such-host.invalid:80" },
      },
    }));
  });

  function expectRpcError(answer: RpcAnswer, status: number, id: unknown): void {
    expect(answer.status, answer.body).to.equal(status);
    expect(answer.headers["content-type"]).to.match(/^application\/json/);
    expect(answer.message.jsonrpc).to.equal("2.0");
    expect(answer.message.id).to.equal(id);
    expect(answer.message.error?.code).to.be.a("number");
    // The specification keeps these for itself.
    expect(answer.message.error?.code).not.to.be.within(-32099, -32020);
    expect(answer.message.error?.message).to.be.a("string").that.is.not.empty;
  }

  for (const id of [0, 1, -5, 9007199254740991, "", "a \"quoted\" ünï id\n"]) {
    it(`404 for an unknown server, id ${JSON.stringify(id)}`, async () => {
      expectRpcError(await rpc(mesh.gatewayUrl, "/unknown", "tools/list", { id }), 404, id);
    });
  }

  it("404 for a GET has no id to carry", async () => {
    const answer = await ask(mesh.gatewayUrl, "/unknown", { headers: { accept: "text/event-stream" } });
    expect(answer.status).to.equal(404);
    expect(JSON.parse(answer.body)).to.have.property("id", null);
  });

  it("404 says the same for a name that tries to break out of the JSON", async () => {
    const answer = await rpc(mesh.gatewayUrl, "/a%22%2C%22id%22%3A666", "ping", { id: 5 });
    expectRpcError(answer, 404, 5);
  });

  it("503 for an endpoint that refuses", async () => {
    expectRpcError(await rpc(mesh.gatewayUrl, "/nobody", "tools/list", { id: "n" }), 503, "n");
  });

  it("503 for a name that nobody knows", async () => {
    expectRpcError(await rpc(mesh.gatewayUrl, "/nameless", "tools/list", { id: 3 }), 503, 3);
  });

  it("504 after the entry's own time limit", async () => {
    const normal = replica.respond;
    replica.respond = () => undefined;
    try {
      expectRpcError(await rpc(mesh.gatewayUrl, "/impatient", "tools/call", { id: "late" }), 504, "late");
    } finally {
      replica.respond = normal;
    }
  });

  it("502 or 503 for a server that hangs up without an answer, and it is asked once", async () => {
    const normal = replica.respond;
    const before = replica.requests.length;
    replica.respond = (_request, response) => void response.socket?.resetAndDestroy();
    try {
      const answer = await rpc(mesh.gatewayUrl, "/fine", "tools/call", { id: 8, params: { name: "once" } });
      expect(answer.status).to.be.oneOf([502, 503]);
      expectRpcError(answer, answer.status, 8);
      expect(replica.requests.length - before).to.equal(1);
    } finally {
      replica.respond = normal;
    }
  });

  it("429 beyond the rate limit, for that server only", async () => {
    expect((await rpc(mesh.gatewayUrl, "/limited", "ping")).status).to.equal(200);
    expect((await rpc(mesh.gatewayUrl, "/limited", "ping")).status).to.equal(200);
    expectRpcError(await rpc(mesh.gatewayUrl, "/limited", "ping", { id: "third" }), 429, "third");
    expect((await rpc(mesh.gatewayUrl, "/fine", "ping")).status).to.equal(200);
  });

  for (const path of ["/fine", "/fine/upload", "/unknown"]) {
    it(`413 for a body of 11 MiB to ${path}, and Envoy stays well`, async function () {
      this.timeout(30_000);
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { pad: "x".repeat(11 * 1024 * 1024) } });
      const answer = await ask(mesh.gatewayUrl, path, { method: "POST", headers: { "content-type": "application/json", accept: "application/json, text/event-stream" }, body })
        // Envoy may answer and close while the rest is still being written.
        .catch((error: NodeJS.ErrnoException) => error);
      if (answer instanceof Error) expect(answer.code).to.be.oneOf(["EPIPE", "ECONNRESET"]);
      else {
        expect(answer.status).to.equal(path === "/unknown" ? answer.status : 413);
        expect(JSON.parse(answer.body)).to.have.nested.property("error.message");
      }
      expect((await rpc(mesh.gatewayUrl, "/fine", "ping")).status).to.equal(200);
    });
  }

  it("a body of 9 MiB arrives whole", async function () {
    this.timeout(30_000);
    const pad = "x".repeat(9 * 1024 * 1024);
    const answer = await rpc(mesh.gatewayUrl, "/fine", "tools/call", { id: 2, params: { pad } });
    expect(answer.status).to.equal(200);
    expect(replica.requests.at(-1)?.body).to.contain(pad);
  });

  const untouched: readonly (readonly [number, string, string])[] = [
    [400, "application/json", '{"jsonrpc":"2.0","id":1.0,"error":{"code":-32000,"message":"no session" , "data":9007199254740993}}'],
    [404, "application/json", '{ "error" : "not found" }'],
    [401, "text/plain", "who are you"],
    [403, "text/html", "<h1>no</h1>"],
    [429, "text/plain", "slow down"],
    [500, "application/json", '{"jsonrpc":"2.0","error":{"code":-32603,"message":"broken"},"id":1}'],
    [502, "text/plain", "upstream of the server"],
    [503, "text/plain", "server is busy"],
    [504, "text/plain", ""],
    [418, "text/plain", "I'm a teapot ☕"],
  ];
  for (const [status, contentType, body] of untouched) {
    it(`a server's own ${status} passes byte for byte`, async () => {
      const normal = replica.respond;
      replica.respond = (_request, response) => {
        response.writeHead(status, { "content-type": contentType, "retry-after": "7", "www-authenticate": 'Bearer realm="theirs"' });
        response.end(body);
      };
      try {
        const before = replica.requests.length;
        const answer = await ask(mesh.gatewayUrl, "/fine", {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "x" } }),
        });
        expect(answer.status).to.equal(status);
        expect(answer.body).to.equal(body);
        expect(answer.headers).to.include({ "content-type": contentType, "retry-after": "7", "www-authenticate": 'Bearer realm="theirs"' });
        expect(replica.requests.length - before, "asked once").to.equal(1);
      } finally {
        replica.respond = normal;
      }
    });
  }

  const payloads = [
    '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}',
    '{"id":1.0,"jsonrpc":"2.0","method":"tools/call","params":{"name":"a","arguments":{"n":1e400,"s":"\\u0041\\ud83d\\ude00"}}}',
    '  {"jsonrpc" : "2.0" , "method":"notifications/x","unknown":[ ]}\n',
    '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]',
  ];
  for (const payload of payloads) {
    it(`arrives byte for byte: ${payload}`, async () => {
      const answer = await ask(mesh.gatewayUrl, "/fine", { method: "POST", headers: { "content-type": "application/json", accept: "application/json, text/event-stream" }, body: payload });
      expect(answer.status, answer.body).to.equal(200);
      expect(replica.requests.at(-1)?.body).to.equal(payload);
    });
  }
});

/** End to end: what a hostile page, client or header may not do at the gateway. */

import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import fc from "fast-check";
import { ask, open, rpc } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";

describe("e2e: security", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let replica: Replica;
  let other: Replica;

  before(async function () {
    this.timeout(60_000);
    replica = await opened(startReplica({ name: "replica" }));
    other = await opened(startReplica({ name: "other" }));
    mesh = await opened(startMesh({
      servers: {
        mine: { type: "http", endpoint: replica.url, headers: { authorization: "Bearer upstream-s3cret" } },
        other: { type: "http", endpoint: other.url },
        keyed: { type: "http", endpoint: replica.url, auth: { api_keys: [{ client: "alice", key: "al1ce-s3cret" }] } },
        ruled: { type: "http", endpoint: replica.url, tools: { allow: ["read"], deny: ["drop"] } },
        shared: { type: "http", endpoint: replica.url, cors: { allow_origins: ["https://app.example.com"] } },
      },
    }));
  });

  for (const origin of ["http://evil.example", "https://localhost.evil.example", "http://127.0.0.1.evil.example", "null", "file://", "http://evil.example:8000", "chrome-extension://abc"]) {
    it(`a page of ${origin} gets 403 and reaches nobody`, async () => {
      const before = replica.requests.length;
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const answer = await ask(mesh.gatewayUrl, "/mine", { method, headers: { origin } });
        expect(answer.status, `${method} ${answer.body}`).to.equal(403);
        expect(answer.headers).not.to.have.property("access-control-allow-origin");
      }
      expect(replica.requests.length).to.equal(before);
    });
  }

  for (const origin of ["http://localhost:3000", "http://127.0.0.1:6274", "http://[::1]:8080", "https://localhost"]) {
    it(`a page of ${origin} may`, async () => {
      expect((await rpc(mesh.gatewayUrl, "/mine", "ping", { headers: { origin } })).status).to.equal(200);
    });
  }

  it("a page whose origin the entry allows may, with CORS headers; preflight too", async () => {
    const origin = "https://app.example.com";
    const answer = await rpc(mesh.gatewayUrl, "/shared", "ping", { headers: { origin } });
    expect(answer.status, answer.body).to.equal(200);
    expect(answer.headers["access-control-allow-origin"]).to.equal(origin);
    expect(answer.headers["access-control-expose-headers"]?.toLowerCase()).to.contain("mcp-session-id");
    const preflight = await ask(mesh.gatewayUrl, "/shared", { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type,mcp-session-id" } });
    expect(preflight.status).to.be.oneOf([200, 204]);
    expect(preflight.headers["access-control-allow-origin"]).to.equal(origin);
    expect((await ask(mesh.gatewayUrl, "/mine", { headers: { origin } })).status).to.equal(403);
  });

  for (const host of ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "169.254.169.254", "0.0.0.0"]) {
    it(`Host ${host} gets 403 (DNS rebinding)`, async () => {
      const before = replica.requests.length;
      expect((await ask(mesh.gatewayUrl, "/mine", { headers: { host } })).status).to.equal(403);
      expect(replica.requests.length).to.equal(before);
    });
  }

  for (const host of ["localhost", "127.0.0.1", "localhost:8000", "[::1]:8000", "LOCALHOST"]) {
    it(`Host ${host} is ours`, async () => {
      expect((await ask(mesh.gatewayUrl, "/mine", { headers: { host } })).status).to.equal(200);
    });
  }

  it("a refused page is told in JSON-RPC, with the id", async () => {
    const answer = await rpc(mesh.gatewayUrl, "/mine", "ping", { id: "o", headers: { origin: "http://evil.example" } });
    expect(answer.status).to.equal(403);
    expect(answer.message).to.include({ jsonrpc: "2.0", id: "o" });
    expect(answer.message.error?.message).to.match(/origin/i);
  });

  it("headers that steer the gateway are not taken from a client", async () => {
    const before = [replica.requests.length, other.requests.length];
    const headers = {
      "x-mcp-mesh-path": "/other",
      "x-envoy-original-path": "/other",
      "x-envoy-upstream-rq-timeout-ms": "1",
      "x-envoy-retry-on": "5xx",
      "x-envoy-max-retries": "9",
      "x-envoy-upstream-alt-stat-name": "evil",
      "x-envoy-decorator-operation": "evil",
      "x-envoy-force-trace": "1",
      "x-envoy-internal": "true",
      "x-envoy-expected-rq-timeout-ms": "5",
    };
    const answer = await rpc(mesh.gatewayUrl, "/mine", "ping", { headers });
    expect(answer.status).to.equal(200);
    expect([replica.requests.length, other.requests.length]).to.deep.equal([(before[0] ?? 0) + 1, before[1]]);
    const arrived = replica.requests.at(-1)?.headers ?? {};
    for (const [name, value] of Object.entries(headers)) expect(arrived[name], name).not.to.equal(value);
  });

  it("a client's own headers do not make the index another server's", async () => {
    const answer = await ask(mesh.gatewayUrl, "/", { headers: { "x-mcp-mesh-path": "/mine", "x-envoy-original-path": "/mine" } });
    expect(answer.status).to.equal(200);
    expect(answer.headers).not.to.have.property("x-replica");
  });

  it("answers tell nothing of what is inside", async () => {
    const answer = await rpc(mesh.gatewayUrl, "/mine", "ping");
    for (const name of Object.keys(answer.headers)) expect(name).not.to.match(/^x-envoy|^x-mcp-mesh/);
  });

  for (const path of ["/stats", "/config_dump", "/clusters", "/quitquitquit", "/server_info", "/ready", "/readyz", "/status", "/metrics", "/admin", "/healthz"]) {
    it(`${path} of the admins is not behind the gateway`, async () => {
      for (const method of ["GET", "POST"]) expect((await ask(mesh.gatewayUrl, path, { method })).status).to.equal(404);
      expect(mesh.child("envoy-1").isRunning).to.equal(true);
    });
  }

  it("an endpoint's own secrets go upstream and nowhere else", async () => {
    await rpc(mesh.gatewayUrl, "/mine", "ping", { headers: { authorization: "Bearer of-the-client" } });
    expect(replica.requests.at(-1)?.headers.authorization).to.equal("Bearer upstream-s3cret");
    const status = (await ask(mesh.adminUrl, "/status")).body;
    const metrics = (await ask(mesh.adminUrl, "/metrics")).body;
    for (const text of [status, metrics, mesh.child("xds-server").log(), mesh.child("envoy-1").log()]) expect(text).not.to.contain("s3cret");
  });

  it("API keys: none or a wrong one is 401 with the id, the right one passes and is not sent on", async () => {
    for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: "Bearer " }] as Record<string, string>[]) {
      const answer = await rpc(mesh.gatewayUrl, "/keyed", "ping", { id: 4, headers });
      expect(answer.status, answer.body).to.equal(401);
      expect(answer.message).to.include({ jsonrpc: "2.0", id: 4 });
      expect(answer.headers["www-authenticate"]).to.match(/^Bearer/);
    }
    expect((await rpc(mesh.gatewayUrl, "/keyed", "ping", { headers: { authorization: "Bearer al1ce-s3cret" } })).status).to.equal(200);
    expect(JSON.stringify(replica.requests.at(-1)?.headers)).not.to.contain("al1ce");
  });

  it("tools: only what is allowed arrives, the rest is a clean error", async () => {
    const call = (name: string) => rpc(mesh.gatewayUrl, "/ruled", "tools/call", { id: name, params: { name, arguments: {} } });
    expect((await call("read")).message.result).to.deep.include({ from: "replica" });
    const before = replica.requests.length;
    for (const name of ["drop", "write", "READ", "read "]) {
      const answer = await call(name);
      expect(answer.message.error?.message, name).to.match(/not allowed/);
      expect(answer.message.id).to.equal(name);
    }
    const twice = await ask(mesh.gatewayUrl, "/ruled", { method: "POST", headers: { "content-type": "application/json", accept: "application/json, text/event-stream" }, body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","name":"drop"}}' });
    expect(twice.status).to.be.within(200, 499);
    const batch = await ask(mesh.gatewayUrl, "/ruled", { method: "POST", headers: { "content-type": "application/json", accept: "application/json, text/event-stream" }, body: '[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop"}}]' });
    expect(batch.status).to.be.within(200, 499);
    expect(replica.requests.slice(before).map(({ body }) => body)).to.deep.equal([]);
  });

  it("listens on loopback only", async () => {
    const dump = JSON.stringify(JSON.parse(await mesh.envoyAdmin("/listeners?format=json")));
    expect(dump).to.contain("127.0.0.1").and.not.to.contain("0.0.0.0");
  });

  it("the admin refuses a page of another origin and another host", async () => {
    expect((await ask(mesh.adminUrl, "/status", { headers: { host: "evil.example" } })).status).to.equal(403);
    expect((await ask(mesh.adminUrl, "/status", { headers: { origin: "http://evil.example" } })).status).to.equal(403);
  });

  it("survives bytes that are no HTTP, on every port", async function () {
    this.timeout(60_000);
    const ports = [mesh.gatewayUrl, mesh.adminUrl, `http://127.0.0.1:${mesh.xdsPort}`].map((url) => Number(new URL(url).port));
    const starts = ["", "GET /mine HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "POST /mine HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"].map((text) => Buffer.from(text));
    await fc.assert(fc.asyncProperty(fc.constantFrom(...ports), fc.constantFrom(...starts), fc.uint8Array({ maxLength: 2_000 }), async (port, start, bytes) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.end(Buffer.concat([start, bytes]));
      socket.resume();
      await Promise.race([once(socket, "close"), pause(200)]);
      socket.destroy();
    }), { numRuns: 120 });
    for (const name of ["envoy-1", "xds-server"] as const) expect(mesh.child(name).isRunning, name).to.equal(true);
    expect((await rpc(mesh.gatewayUrl, "/mine", "ping")).status).to.equal(200);
    expect((await ask(mesh.adminUrl, "/readyz")).status).to.equal(200);
  });

  const odd: readonly (readonly [string, string, Record<string, string | string[]>?])[] = [
    ["GET", "/mine/%"], ["GET", "/mine/%zz"], ["GET", "/mine?%"], ["GET", `/mine/${"a/".repeat(3_000)}`], ["GET", `/${"x".repeat(50_000)}`],
    ["GET", "/mine/\u00e4".normalize("NFD").replace(/[^\x20-\x7e]/g, "%CC")], ["TRACE", "/mine"], ["PROPFIND", "/mine"], ["BREW", "/mine"], ["CONNECT", "/mine"],
    ["GET", "/mine", { accept: "" }], ["GET", "/mine", { accept: "text/html" }], ["POST", "/mine", { "content-type": "" }], ["POST", "/mine", { "content-type": "application/xml" }],
    ["POST", "/mine", { "mcp-session-id": "" }], ["POST", "/mine", { "mcp-session-id": "x".repeat(20_000) }], ["GET", "/mine", { "x-many": Array.from({ length: 60 }, String) }],
    ["GET", "/mine", { upgrade: "websocket", connection: "upgrade" }], ["GET", "/mine", { upgrade: "h2c", connection: "upgrade, http2-settings", "http2-settings": "AAMAAABkAAQAAP__" }],
    ["POST", "/mine", { expect: "100-continue" }], ["GET", "/mine", { te: "trailers", "transfer-encoding": "identity" }], ["GET", "/mine", { range: "bytes=0-" }],
    ["GET", "http://other/mine"], ["GET", "/mine#fragment"], ["GET", "/mine;x=1"], ["GET", "/mine/@:!$&'()*+,;="],
  ];
  for (const [method, path, headers] of odd) {
    it(`survives ${method} ${path.slice(0, 40)} ${JSON.stringify(headers ?? {}).slice(0, 60)}`, async () => {
      const answer = await open(mesh.gatewayUrl, path, { method, ...(headers === undefined ? {} : { headers }), timeoutMs: 3_000 }).catch((error: unknown) => error);
      if (!(answer instanceof Error)) {
        const response = answer as Awaited<ReturnType<typeof open>>; // What is no error is the response.
        expect(response.statusCode).to.be.within(101, 505);
        response.destroy();
      }
      expect(mesh.child("envoy-1").isRunning).to.equal(true);
      expect((await rpc(mesh.gatewayUrl, "/mine", "ping")).status).to.equal(200);
    });
  }
});

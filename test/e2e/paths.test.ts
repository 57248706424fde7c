/** End to end: which server a path leads to, what arrives there, and that no spelling of a path reaches another server. */

import { expect } from "chai";
import { ask, rpc } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";

describe("e2e: paths", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let plain: Replica;
  let based: Replica;
  let other: Replica;
  const odd = ["with-dash", "with_underscore", "with.dot", "UPPER", "9"];

  before(async function () {
    this.timeout(60_000);
    plain = await opened(startReplica({ name: "plain" }));
    based = await opened(startReplica({ name: "based" }));
    other = await opened(startReplica({ name: "other" }));
    mesh = await opened(startMesh({
      servers: {
        plain: { type: "http", endpoint: plain.url, description: "a plain one" },
        based: { type: "http", endpoint: `${based.url}/base/mcp` },
        pathed: { type: "http", endpoint: based.url, path: "/api/mcp" },
        other: { type: "http", endpoint: other.url },
        ...Object.fromEntries(odd.map((id) => [id, { type: "http", endpoint: `${plain.url}/${id}` }])),
      },
    }));
  });

  const reaches: readonly (readonly [string, () => Replica, string])[] = [
    ["/plain", () => plain, "/mcp"],
    ["/plain/", () => plain, "/mcp"],
    ["/plain?x=1&y=%20", () => plain, "/mcp?x=1&y=%20"],
    ["/plain/?x=1", () => plain, "/mcp?x=1"],
    ["/plain/mcp", () => plain, "/mcp"],
    ["/plain/files/1?page=2", () => plain, "/files/1?page=2"],
    ["/plain/files/", () => plain, "/files/"],
    ["/plain/%C3%A4%20b", () => plain, "/%C3%A4%20b"],
    ["/plain/other", () => plain, "/other"],
    ["/plain/...", () => plain, "/..."],
    ["/plain/.hidden", () => plain, "/.hidden"],
    ["/based", () => based, "/base/mcp"],
    ["/based/sub", () => based, "/base/mcp/sub"],
    ["/pathed", () => based, "/api/mcp"],
    ["/pathed/sub", () => based, "/sub"],
    ...odd.map((id) => [`/${id}`, () => plain, `/${id}`] as const),
    ...odd.map((id) => [`/${id}/rest`, () => plain, `/${id}/rest`] as const),
  ];
  for (const [path, replica, arrives] of reaches) {
    it(`${path} arrives as ${arrives}`, async () => {
      const before = replica().requests.length;
      const answer = await rpc(mesh.gatewayUrl, path, "ping", { id: path });
      expect(answer.status, answer.body).to.equal(200);
      expect(answer.message.id).to.equal(path);
      expect(replica().requests.slice(before).map((request) => request.path)).to.deep.equal([arrives]);
    });
  }

  it("carries every method, body and ordinary header", async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await ask(mesh.gatewayUrl, "/plain/things", {
        method,
        headers: { "x-mine": "1", "content-type": "text/plain", authorization: "Bearer theirs", ...(method === "GET" ? {} : { "content-length": "3" }) },
        ...(method === "GET" ? {} : { body: "abc" }),
      });
      expect(answer.status, method).to.equal(200);
      const request = plain.requests.at(-1);
      expect(request?.method).to.equal(method);
      expect(request?.headers["x-mine"]).to.equal("1");
      expect(request?.headers.authorization).to.equal("Bearer theirs");
      expect(request?.body).to.equal(method === "GET" ? "" : "abc");
    }
  });

  it("/ lists names and URLs, no addresses", async () => {
    const answer = await ask(mesh.gatewayUrl, "/");
    expect(answer.status).to.equal(200);
    expect(answer.headers["content-type"]).to.match(/^application\/json/);
    expect(JSON.stringify(JSON.parse(answer.body))).to.contain("plain").and.to.contain("/based");
    for (const replica of [plain, based, other]) expect(answer.body).not.to.contain(String(replica.port));
  });

  for (const path of ["/unknown", "/unknown/", "/unknown/mcp", "/plainX", "/plain.", "/PLAIN", "/oth", "/marker?x=1"]) {
    it(`${path} is unknown: 404, a JSON-RPC error with the id and the name`, async () => {
      for (const id of [7, "seven"]) {
        const answer = await rpc(mesh.gatewayUrl, path, "tools/list", { id });
        expect(answer.status, answer.body).to.equal(404);
        expect(answer.headers["content-type"]).to.match(/^application\/json/);
        expect(answer.message).to.include({ jsonrpc: "2.0", id });
        expect(answer.message.error?.code).to.be.a("number");
        expect(JSON.stringify(answer.message.error)).to.contain(path.split(/[/?]/)[1]);
      }
    });
  }

  // The first segment says the server; a spelling that some hop could read as another one is refused, never repaired.
  const refused = [
    "/plain/../other", "/plain/..", "/plain/.", "/plain/./x", "/../other", "/./other", "/plain/a/../../other", "/plain/../../other",
    "/plain/%2e%2e/other", "/plain/%2E%2e/other", "/plain/.%2e/other", "/plain/%2e./other", "/plain/%2e/x", "/%2e%2e/other",
    "/plain/..%2fother", "/plain%2fother", "/plain%2Fother", "/plain/%2fother", "/plain%5cother", "/plain/..%5cother",
    "/plain\\..\\other", "/plain/\\other", "/plain/..\\other",
  ];
  for (const path of refused) {
    it(`${path} is refused and reaches nobody`, async () => {
      const before = [plain, based, other].map((replica) => replica.requests.length);
      const answer = await ask(mesh.gatewayUrl, path);
      expect(answer.status, answer.body).to.equal(400);
      expect([plain, based, other].map((replica) => replica.requests.length)).to.deep.equal(before);
    });
  }

  for (const path of ["//other", "//plain/x", "/plain//other", "/plain///x", "/plain//../other", "/other/%252e%252e/plain", "/plain/%252e%252e%252fother", "/plain/x%3F/../y", "/plain#/../other", "/plain/..;/other", "/plain/%00/../other", "/plain/%00", "*", "other"]) {
    it(`${path} never reaches a server other than its first segment`, async () => {
      const first = path.split("/").find((segment) => segment !== "");
      const before = new Map([plain, based, other].map((replica) => [replica, replica.requests.length]));
      const answer = await ask(mesh.gatewayUrl, path, { method: path === "*" ? "OPTIONS" : "GET" }).catch((error: unknown) => error);
      if (!(answer instanceof Error)) expect(answer).to.have.property("status").that.is.lessThan(500);
      for (const [replica, count] of before) {
        if (replica.name !== first) expect(replica.requests.length, replica.name).to.equal(count);
      }
    });
  }
});

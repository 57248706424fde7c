/** End to end: what the edge takes off a request, what it leaves as it is, and what it says to requests that nobody can serve. */

import { expect } from "chai";
import { ask, rpc } from "./ask.js";
import { isHealthCheck, startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: edge", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let replica: Replica;

  before(async function () {
    this.timeout(60_000);
    replica = await opened(startReplica({ name: "replica" }));
    const named = `http://localhost:${replica.port}`;
    mesh = await opened(startMesh({
      servers: {
        open: { type: "http", endpoint: replica.url },
        keyed: { type: "http", endpoint: replica.url, auth: { api_keys: [{ client: "alice", key: "k-1" }] } },
        "checked-address": { type: "http", endpoint: replica.url, health_check: { type: "http", path: "/health/address", interval: "200ms" } },
        "checked-name": { type: "http", endpoint: named, health_check: { type: "http", path: "/health/name", interval: "200ms" } },
        "checked-as": { type: "http", endpoint: replica.url, host_header: "mcp.example.com", health_check: { type: "http", path: "/health/as", interval: "200ms" } },
      },
    }));
  });

  const internal = { "x-mcp-mesh-client": "root", "x_mcp_mesh_client": "root", "x-mcp_mesh-client": "root", "x-mcp-mesh-path": "/keyed" };

  it("headers of our own are taken from clients, however they are spelt", async () => {
    await rpc(mesh.gatewayUrl, "/open", "ping", { headers: internal });
    expect(Object.keys(replica.requests.at(-1)?.headers ?? {}).filter((name) => /mesh/.test(name))).to.deep.equal([]);
  });

  it("a server that asks for keys is told whose it was, and by nobody else", async () => {
    await rpc(mesh.gatewayUrl, "/keyed", "ping", { headers: { ...internal, authorization: "Bearer k-1" } });
    const arrived = replica.requests.at(-1)?.headers ?? {};
    expect(Object.entries(arrived).filter(([name]) => /mesh/.test(name))).to.deep.equal([["x-mcp-mesh-client", "alice"]]);
    expect(arrived).not.to.have.property("authorization");
  });

  it("health checks name the host that requests name", async () => {
    const hostOf = (path: string): string | undefined => replica.requests.find((request) => request.path === path && isHealthCheck(request.headers))?.headers.host;
    expect(await until("a check of the address", () => hostOf("/health/address"))).to.equal(`127.0.0.1:${replica.port}`);
    expect(await until("a check of the name", () => hostOf("/health/name"))).to.equal(`localhost:${replica.port}`);
    expect(await until("a check under a name of its own", () => hostOf("/health/as"))).to.equal("mcp.example.com");
  });

  it("a path with parameters behind its dots is refused as the dots are", async () => {
    const before = replica.count;
    for (const path of ["/open/..;/keyed", "/open/.;x=1/y", "/open/a/..;"]) expect((await ask(mesh.gatewayUrl, path)).status, path).to.equal(400);
    expect(replica.count).to.equal(before);
    expect((await ask(mesh.gatewayUrl, "/open/a;x=1/..b;y")).status).to.equal(200);
    expect(replica.requests.at(-1)?.path).to.equal("/a;x=1/..b;y");
  });

  const unserved: readonly (readonly [string, string, Record<string, string>, number, RegExp])[] = [
    ["POST", "/", {}, 404, /first segment/],
    ["POST", "/?x=1", {}, 404, /first segment/],
    ["OPTIONS", "*", {}, 404, /no MCP server/],
    ["GET", "/open#fragment", {}, 400, /fragment/],
    ["GET", "/open", { upgrade: "x", connection: "upgrade" }, 403, /upgrade/],
    ["GET", "/open", { "x-large": "x".repeat(70_000) }, 431, /cannot be read/],
    ["POST", "/nobody", { "mcp-session-id": "s" }, 404, /unknown server "nobody"/],
  ];
  for (const [method, path, headers, status, message] of unserved) {
    it(`${method} ${path} ${JSON.stringify(headers).slice(0, 40)} is told why in JSON-RPC: ${status}`, async () => {
      const answer = await ask(mesh.gatewayUrl, path, { method, headers });
      expect(answer.status).to.equal(status);
      expect((JSON.parse(answer.body) as { error: { message: string } }).error.message).to.match(message);
    });
  }
});

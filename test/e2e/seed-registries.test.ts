/** End to end: the shapes in which users already write registries, each served as it is. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { projectRoot } from "../../protos/project-root.js";
import { rpc } from "./ask.js";
import { connectClient } from "./clients.js";
import { startMcpReplica, type McpReplica } from "./fixtures/mcp-http-server.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

const memory = join(projectRoot, "node_modules/@modelcontextprotocol/server-memory/dist/index.js");

/** Both kinds of server of a registry work, and nothing is complained of. */
async function expectBothToWork(mesh: Mesh, httpId: string, stdioId: string): Promise<void> {
  for (const id of [httpId, stdioId]) await mesh.untilServed(id);
  const http = await connectClient(mesh.gatewayUrl, `/${httpId}`);
  expect(await http.text("echo", { message: httpId })).to.equal(httpId);
  const stdio = await connectClient(mesh.gatewayUrl, `/${stdioId}`);
  expect((await stdio.client.listTools()).tools.map(({ name }) => name)).to.include("read_graph");
  await http.stop();
  await stdio.stop();
  expect((await mesh.status()).problems).to.deep.equal([]);
}

describe("e2e: shapes of the registry", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let replicas: McpReplica[];

  before(async function () {
    this.timeout(90_000);
    replicas = [];
    for (const name of ["a", "b"]) replicas.push(await opened(startMcpReplica(name)));
    mesh = await opened(startMesh({ workers: 1 }));
  });

  it("flat: ids on the top level", async function () {
    this.timeout(60_000);
    await mesh.writeRegistry(stringify({
      "github-server": { type: "http", endpoint: replicas[0]?.url },
      "filesystem-server": { type: "stdio", cmd: [process.execPath, memory] },
    }));
    await expectBothToWork(mesh, "github-server", "filesystem-server");
  });

  it("with gateway settings: servers and gateway", async function () {
    this.timeout(60_000);
    await mesh.writeRegistry(stringify({
      gateway: { reload_registry: true, health_check_interval: "5s" },
      servers: {
        "web-server": { instances: replicas.map(({ url }) => ({ endpoint: url })), load_balancing: "least_connections", session_affinity: "auto" },
        "memory-server": { type: "stdio", command: process.execPath, args: [memory], pool_size: 2, env_vars: { X: "1" } },
      },
    }));
    await expectBothToWork(mesh, "web-server", "memory-server");
    expect((await rpc(mesh.gatewayUrl, "/github-server", "ping")).status).to.equal(404);
  });
});

describe("e2e: a client's configuration as the registry", () => {
  const opened = closedAfterwards();

  it("mcpServers, as JSON with comments", async function () {
    this.timeout(90_000);
    const replica = await opened(startMcpReplica("a"));
    const mesh = await opened(startMesh({ workers: 1, registryName: "mcp.json" }));
    const text = JSON.stringify({ mcpServers: { remote: { type: "http", url: `${replica.url}/mcp`, headers: { "X-Token": "${E2E_TOKEN:-none}" } }, local: { command: process.execPath, args: [memory], env: {} } } }, null, 2);
    await mesh.writeRegistry(text.replace("{\n", "{\n  // As a desktop client has it.\n"));
    await expectBothToWork(mesh, "remote", "local");
    expect(replica.requests.at(-1)?.headers["x-token"]).to.equal("none");
  });
});

describe("e2e: a folder as the registry", () => {
  const opened = closedAfterwards();

  it("merges its files; an id in two of them is a problem that names both places", async function () {
    this.timeout(90_000);
    const replica = await opened(startMcpReplica("a"));
    const mesh = await opened(startMesh({ folder: true }));
    await writeFile(join(mesh.registryFolder, "first.yaml"), stringify({ one: { type: "http", endpoint: replica.url }, twice: { type: "http", endpoint: replica.url } }));
    await writeFile(join(mesh.registryFolder, "second.json"), JSON.stringify({ servers: { two: { type: "http", endpoint: replica.url }, twice: { type: "http", endpoint: replica.url } } }));
    for (const id of ["one", "two"]) await until(`${id} to be served`, async () => (await rpc(mesh.gatewayUrl, `/${id}`, "ping")).status !== 404);
    const problem = await until("the problem", async () => (await mesh.status()).problems.find(({ serverId }) => serverId === "twice"));
    expect(`${problem.where} ${problem.what} ${problem.hint}`).to.contain("first.yaml").and.to.contain("second.json");
  });
});

/** End to end: real stdio MCP servers whose processes all clients share, behind two workers and Envoy. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CallToolResultSchema, ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { callTool, openSession, toolText } from "./ask.js";
import { connectClient } from "./clients.js";
import { closedAfterEach, closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: shared stdio servers", () => {
  const opened = closedAfterwards();
  const openedHere = closedAfterEach();
  let mesh: Mesh;
  let files: string;
  const program = (name: string): string => join(projectRoot, "node_modules/@modelcontextprotocol", name, "dist/index.js");
  const shared = { type: "stdio", isolation: "shared", pool: { min: 1, max: 1 } };

  before(async function () {
    this.timeout(90_000);
    mesh = await opened(startMesh({ workers: 2 }));
    files = join(mesh.folder, "files");
    await mkdir(files);
    await writeFile(join(files, "hello.txt"), "hello from a file");
    await mesh.serve({
      everything: { ...shared, cmd: [process.execPath, program("server-everything"), "stdio"], concurrency: 32 },
      filesystem: { ...shared, cmd: [process.execPath, program("server-filesystem"), files], pool: { min: 0, max: 2, max_requests: 5 } },
      memory: { ...shared, cmd: [process.execPath, program("server-memory")], env: { MEMORY_FILE_PATH: join(mesh.folder, "memory.jsonl") } },
      misbehaving: { ...shared, cmd: [process.execPath, join(projectRoot, "dist/test/e2e/fixtures/stdio-server.js"), join(mesh.folder, "pids")] },
    });
    for (const id of ["everything", "filesystem", "memory", "misbehaving"]) await mesh.untilServed(id);
  });

  it("memory: what one client wrote another reads", async () => {
    const [one, two] = await Promise.all(["one", "two"].map((name) => openedHere(connectClient(mesh.gatewayUrl, "/memory", name))));
    await one?.text("create_entities", { entities: [{ name: "mesh", entityType: "thing", observations: ["routes"] }] });
    expect(await two?.text("read_graph")).to.contain("routes");
  });

  it("filesystem: starts with the first call, and outlives its processes", async function () {
    this.timeout(40_000);
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/filesystem"));
    for (let i = 0; i < 12; i++) expect(await client.text("read_text_file", { path: join(files, "hello.txt") })).to.contain("hello from a file");
  });

  it("everything: many sessions, one process a worker, each answer to whom it belongs", async function () {
    this.timeout(40_000);
    const sessions = await Promise.all(Array.from({ length: 12 }, () => openSession(mesh.gatewayUrl, "/everything")));
    await Promise.all(sessions.flatMap((session, who) => Array.from({ length: 10 }, async (_, index) => {
      const message = `${who}-${index}`;
      expect(toolText(await callTool(mesh.gatewayUrl, "/everything", "echo", { message }, { id: index, headers: { "mcp-session-id": session } }))).to.equal(`Echo: ${message}`);
    })));
    await until("the report", async () => {
      const status = (await mesh.status()) as unknown as { readonly bridges: readonly { readonly servers: readonly { readonly name: string; readonly sessions: number; readonly processes: number }[] }[] };
      const servers = status.bridges.flatMap((bridge) => bridge.servers.filter(({ name }) => name === "everything"));
      return servers.length === 2 && servers.every(({ sessions: count, processes }) => count > 0 && processes === 1);
    });
  });

  it("everything: progress, sampling and elicitation go to the client that is concerned", async function () {
    this.timeout(40_000);
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything", "alice"));
    const steps: number[] = [];
    await client.client.callTool({ name: "trigger-long-running-operation", arguments: { duration: 0.5, steps: 5 } }, CallToolResultSchema, { onprogress: ({ progress }) => steps.push(progress) });
    expect(steps).to.deep.equal([1, 2, 3, 4, 5]);
    expect(await client.text("trigger-sampling-request", { prompt: "who?" })).to.contain("sampled by alice");
    expect(await client.text("trigger-elicitation-request")).to.contain("alice");
  });

  it("everything: a subscriber hears of its resource", async function () {
    this.timeout(40_000);
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    const uri = (await client.client.listResources()).resources[0]?.uri ?? "";
    const heard = new Promise<string>((resolve) => client.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => resolve(params.uri)));
    await client.client.subscribeResource({ uri });
    await client.text("toggle-subscriber-updates");
    expect(await heard).to.equal(uri);
    await client.text("toggle-subscriber-updates");
    await client.client.unsubscribeResource({ uri });
  });

  it("a process that dies: every open request gets an error with its id, and the sessions live on", async () => {
    const session = await openSession(mesh.gatewayUrl, "/misbehaving");
    const headers = { "mcp-session-id": session };
    const [hung, died] = await Promise.all([
      callTool(mesh.gatewayUrl, "/misbehaving", "hang", {}, { id: "hung", headers }),
      callTool(mesh.gatewayUrl, "/misbehaving", "die", {}, { id: "died", headers }),
    ]);
    for (const [answer, id] of [[hung, "hung"], [died, "died"]] as const) {
      expect(answer.message).to.include({ jsonrpc: "2.0", id });
      expect(answer.message.error?.message).to.be.a("string").that.is.not.empty;
    }
    expect(Number(toolText(await callTool(mesh.gatewayUrl, "/misbehaving", "pid", {}, { headers })))).to.be.greaterThan(0);
  });
});

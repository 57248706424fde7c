/** End to end: real stdio MCP servers behind the bridge and Envoy, spoken to by real SDK clients. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { oddServer } from "../stdio-bridge/bridge.js";
import { ask, callTool, openSession, rpc, toolText } from "./ask.js";
import { connectClient } from "./clients.js";
import { closedAfterEach, closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: stdio servers", () => {
  const opened = closedAfterwards();
  const openedHere = closedAfterEach();
  let mesh: Mesh;
  let files: string;
  const program = (name: string): string => join(projectRoot, "node_modules/@modelcontextprotocol", name, "dist/index.js");

  before(async function () {
    this.timeout(90_000);
    mesh = await opened(startMesh({ workers: 2 }));
    files = join(mesh.folder, "files");
    await mkdir(files);
    await writeFile(join(files, "hello.txt"), "hello from a file");
    await mesh.serve({
      everything: { type: "stdio", cmd: [process.execPath, program("server-everything"), "stdio"], pool: { min: 1, max: 12 } },
      filesystem: { type: "stdio", cmd: [process.execPath, program("server-filesystem"), files] },
      misbehaving: { type: "stdio", cmd: [process.execPath, join(projectRoot, "dist/test/e2e/fixtures/stdio-server.js"), join(mesh.folder, "pids")] },
      memory: { type: "stdio", command: process.execPath, args: [program("server-memory")], env: { MEMORY_FILE_PATH: join(mesh.folder, "memory.jsonl") } },
    });
    for (const id of ["everything", "filesystem", "misbehaving", "memory"]) await mesh.untilServed(id);
  });

  async function endSessions(path: string, sessions: readonly string[]): Promise<void> {
    for (const session of sessions) await ask(mesh.gatewayUrl, path, { method: "DELETE", headers: { "mcp-session-id": session } });
  }

  it("filesystem: reads a file", async () => {
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/filesystem"));
    const { tools } = await client.client.listTools();
    expect(tools.map(({ name }) => name)).to.include("read_text_file");
    expect(await client.text("read_text_file", { path: join(files, "hello.txt") })).to.contain("hello from a file");
  });

  it("memory: what one call wrote the next one reads", async () => {
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/memory"));
    await client.text("create_entities", { entities: [{ name: "mesh", entityType: "thing", observations: ["routes"] }] });
    expect(await client.text("read_graph")).to.contain("routes");
  });

  it("everything: tools, prompts and resources", async () => {
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    expect(await client.text("echo", { message: "ünï 😀 \u2028" })).to.equal("Echo: ünï 😀 \u2028");
    expect(await client.text("get-sum", { a: 2, b: 3 })).to.contain("5");
    expect((await client.client.listPrompts()).prompts).to.not.be.empty;
    expect((await client.client.listResources()).resources).to.not.be.empty;
  });

  it("a large answer and a large question pass", async function () {
    this.timeout(40_000);
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    const message = "x".repeat(2 * 1024 * 1024);
    expect((await client.text("echo", { message })).length).to.be.greaterThan(message.length);
  });

  it("sampling, elicitation and roots are answered by the client that is concerned", async function () {
    this.timeout(40_000);
    const clients = await Promise.all(["alice", "bob"].map((name) => openedHere(connectClient(mesh.gatewayUrl, "/everything", name))));
    await until("the tools that ask the client", async () => (await Promise.all(clients.map(async ({ client }) => (await client.listTools()).tools.map(({ name }) => name)))).every((names) => names.includes("trigger-sampling-request") && names.includes("get-roots-list")));
    const answers = await Promise.all(clients.map((client) => client.text("trigger-sampling-request", { prompt: "who?" })));
    expect(answers[0]).to.contain("sampled by alice").and.not.to.contain("bob");
    expect(answers[1]).to.contain("sampled by bob").and.not.to.contain("alice");
    const elicited = await Promise.all(clients.map((client) => client.text("trigger-elicitation-request")));
    expect(elicited[0]).to.contain("alice").and.not.to.contain("bob");
    const roots = await Promise.all(clients.map((client) => client.text("get-roots-list")));
    expect(roots[0]).to.contain("file:///alice").and.not.to.contain("file:///bob");
    expect(roots[1]).to.contain("file:///bob").and.not.to.contain("file:///alice");
  });

  it("progress arrives step by step", async () => {
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    const steps: number[] = [];
    await client.client.callTool({ name: "trigger-long-running-operation", arguments: { duration: 0.5, steps: 5 } }, CallToolResultSchema, { onprogress: ({ progress }) => steps.push(progress) });
    expect(steps).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it("a cancelled call ends, and the session goes on", async () => {
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    const stop = new AbortController();
    const call = client.client.callTool({ name: "trigger-long-running-operation", arguments: { duration: 30, steps: 60 } }, CallToolResultSchema, {
      signal: stop.signal,
      onprogress: () => stop.abort(),
    });
    const error = await call.then(() => undefined, (thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(await client.text("echo", { message: "still here" })).to.equal("Echo: still here");
  });

  it("two clients do not see each other", async () => {
    const [first, second] = await Promise.all([openSession(mesh.gatewayUrl, "/everything"), openSession(mesh.gatewayUrl, "/everything")]);
    expect(first).not.to.equal(second);
    // The same ids at the same time, answered to whom they belong.
    const calls = Array.from({ length: 20 }, (_, index) => [first, second].map(async (session, who) => {
      const message = `${who}-${index}`;
      expect(toolText(await callTool(mesh.gatewayUrl, "/everything", "echo", { message }, { id: index, headers: { "mcp-session-id": session } }))).to.equal(`Echo: ${message}`);
    }));
    await Promise.all(calls.flat());
    await endSessions("/everything", [first, second]);
  });

  it("DELETE ends a session; what is asked afterwards is 404 with the id", async () => {
    const session = await openSession(mesh.gatewayUrl, "/everything");
    expect((await ask(mesh.gatewayUrl, "/everything", { method: "DELETE", headers: { "mcp-session-id": session } })).status).to.be.oneOf([200, 204]);
    const answer = await rpc(mesh.gatewayUrl, "/everything", "tools/list", { id: "gone", headers: { "mcp-session-id": session } });
    expect(answer.status).to.equal(404);
    expect(answer.message).to.include({ jsonrpc: "2.0", id: "gone" });
  });

  it("without a session: 400, with an unknown one: 404", async () => {
    const without = await rpc(mesh.gatewayUrl, "/everything", "tools/list", { id: 1 });
    expect(without.status, without.body).to.equal(400);
    const unknown = await rpc(mesh.gatewayUrl, "/everything", "tools/list", { id: 2, headers: { "mcp-session-id": "nobody" } });
    expect(unknown.status, unknown.body).to.equal(404);
    expect(unknown.message.id).to.equal(2);
  });

  it("sessions live on both workers, and each stays where it is", async function () {
    this.timeout(40_000);
    // Envoy draws a worker for each: it is not said when the second one has its turn.
    const sessions: string[] = [];
    const homes = (): ReadonlySet<string> => new Set(sessions.map((session) => session.split(";UV:")[0] ?? ""));
    while (homes().size < 2 && sessions.length < 12) sessions.push(await openSession(mesh.gatewayUrl, "/everything"));
    expect(homes().size, sessions.join()).to.equal(2);
    await until("the reports to count them", async () => {
      const status = (await mesh.status()) as unknown as { readonly bridges: readonly { readonly servers: readonly { readonly name: string; readonly sessions: number }[] }[] };
      const counts = status.bridges.map(({ servers }) => servers.find(({ name }) => name === "everything")?.sessions ?? 0);
      return counts.length === 2 && counts.every((count) => count > 0) && counts.reduce((sum, count) => sum + count, 0) >= sessions.length;
    });
    for (let round = 0; round < 3; round++) {
      for (const session of sessions) {
        const answer = await callTool(mesh.gatewayUrl, "/everything", "echo", { message: "x" }, { headers: { "mcp-session-id": session } });
        expect(answer.status, answer.body).to.equal(200);
      }
    }
    await endSessions("/everything", sessions);
  });

  it("a process that dies: every open request gets an error with its id, never silence, and new sessions work", async () => {
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
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/misbehaving"));
    expect(Number(await client.text("pid"))).to.be.greaterThan(0);
  });

  it("a worker that is killed leaves no process behind", async function () {
    this.timeout(60_000);
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/misbehaving"));
    const pid = Number(await client.text("pid"));
    expect(isAlive(pid)).to.equal(true);
    await Promise.all([mesh.kill("bridge-1"), mesh.kill("bridge-2")]);
    const pids = (await readFile(join(mesh.folder, "pids"), "utf8")).trim().split("\n").map(Number);
    expect(pids).to.include(pid);
    await until("all its processes to be gone", () => !pids.some(isAlive));
    mesh.restart("bridge-1");
    mesh.restart("bridge-2");
    for (const id of ["everything", "filesystem", "misbehaving", "memory"]) await until(`${id} to be back`, async () => (await rpc(mesh.gatewayUrl, `/${id}`, "tools/list")).status === 400, 30_000);
  });

  it("a command that does not exist: a clear 503 with the id, the reason in /status, the others untouched", async function () {
    this.timeout(40_000);
    await mesh.change({ missing: { type: "stdio", cmd: ["/no/such/program"] } });
    const answer = await until("503", async () => {
      const got = await rpc(mesh.gatewayUrl, "/missing", "initialize", { id: "m" }).catch(() => undefined);
      return got?.status === 503 ? got : undefined;
    }, 30_000);
    expect(answer.message).to.include({ jsonrpc: "2.0", id: "m" });
    await until("the reason in /status", async () => /\/no\/such\/program/.test(JSON.stringify(await mesh.status())));
    expect(JSON.stringify(answer.message)).to.match(/missing/);
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    expect(await client.text("echo", { message: "fine" })).to.equal("Echo: fine");
    await mesh.change({ missing: undefined });
  });

  it("a program that ends at once: 503 with the id, the reason in /status", async function () {
    this.timeout(40_000);
    await mesh.change({ crashing: { type: "stdio", cmd: [process.execPath, "-e", "console.error('I will not'); process.exit(3)"] } });
    const answer = await until("503", async () => {
      const got = await rpc(mesh.gatewayUrl, "/crashing", "initialize", { id: 5 }).catch(() => undefined);
      return got?.status === 503 ? got : undefined;
    }, 30_000);
    expect(answer.message).to.include({ jsonrpc: "2.0", id: 5 });
    await until("the reason in /status", async () => /I will not|exit(ed)?.{0,20}3/.test(JSON.stringify(await mesh.status())));
    await mesh.change({ crashing: undefined });
  });

  it("a stdio server that leaves the registry is stopped; one that comes back works", async function () {
    this.timeout(40_000);
    const session = await openSession(mesh.gatewayUrl, "/memory");
    expect(session).to.be.a("string");
    const entry = { type: "stdio", command: process.execPath, args: [program("server-memory")], env: { MEMORY_FILE_PATH: join(mesh.folder, "memory.jsonl") } };
    await mesh.change({ memory: undefined });
    await until("404", async () => (await rpc(mesh.gatewayUrl, "/memory", "ping")).status === 404);
    await mesh.change({ memory: entry });
    await mesh.untilServed("memory");
    // The workers may still be ending what was there before: for that moment there is no healthy one.
    const client = await openedHere(until("a session", () => connectClient(mesh.gatewayUrl, "/memory")));
    expect(await client.text("read_graph")).to.be.a("string");
  });

  it("a process that needs more memory than it may is ended, and its client is told why", async function () {
    this.timeout(60_000);
    await mesh.change({ eater: { type: "stdio", cmd: oddServer, limits: { memory: "256MiB" } } });
    await mesh.untilServed("eater");
    const session = await openSession(mesh.gatewayUrl, "/eater");
    const headers = { "mcp-session-id": session };
    const open = rpc(mesh.gatewayUrl, "/eater", "silence", { id: "open", headers });
    await rpc(mesh.gatewayUrl, "/eater", "eat", { params: { bytes: 300 * 1024 * 1024 }, headers });
    expect((await open).message.error?.message).to.include("needed more than the 256 MiB that limits.memory allows");
    await mesh.change({ eater: undefined });
  });

  it("a worker that is killed: new sessions work at once through the other, and again through both", async function () {
    this.timeout(60_000);
    await mesh.kill("bridge-1");
    const session = await until("a new session", () => openSession(mesh.gatewayUrl, "/everything"));
    expect(toolText(await callTool(mesh.gatewayUrl, "/everything", "echo", { message: "on" }, { headers: { "mcp-session-id": session } }))).to.equal("Echo: on");
    await endSessions("/everything", [session]);
    mesh.restart("bridge-1");
    await until("both workers to be back", async () => ((await mesh.status())["bridges"] as readonly unknown[]).length === 2, 30_000);
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    expect(await client.text("echo", { message: "back" })).to.equal("Echo: back");
  });

  it("an xds-server that is killed takes no session with it", async function () {
    this.timeout(60_000);
    const client = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    await mesh.kill("xds-server");
    expect(await client.text("echo", { message: "without" })).to.equal("Echo: without");
    const fresh = await openedHere(connectClient(mesh.gatewayUrl, "/everything"));
    expect(await fresh.text("echo", { message: "new" })).to.equal("Echo: new");
    mesh.restart("xds-server");
    await until("GET /readyz to be 200", async () => (await ask(mesh.adminUrl, "/readyz")).status === 200, 30_000);
    expect(await client.text("echo", { message: "again" })).to.equal("Echo: again");
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // There is no such process.
  }
}

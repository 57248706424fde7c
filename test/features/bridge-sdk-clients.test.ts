/** Real stdio servers behind the bridge, spoken to with the SDK clients of both generations: all that they can do directly. */

import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client as LaterClient, StreamableHTTPClientTransport as LaterTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema, LoggingMessageNotificationSchema, ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { Bridge, until } from "../stdio-bridge/bridge.js";
import { Heard } from "../stdio-bridge/heard.js";

const modules = join(projectRoot, "node_modules/@modelcontextprotocol");

describe("bridge: SDK clients and real servers", () => {
  let bridge: Bridge;
  let folder: string;
  const clients: { close: () => Promise<void> }[] = [];

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "bridge-")));
    await writeFile(join(folder, "hello.txt"), "hello there");
    bridge = await Bridge.start();
    await bridge.serve("everything", { command: [process.execPath, join(modules, "server-everything/dist/index.js"), "stdio"], pool: { max: 30 } });
    await bridge.serve("filesystem", { command: [process.execPath, join(modules, "server-filesystem/dist/index.js"), folder] });
    await bridge.serve("memory", { command: [process.execPath, join(modules, "server-memory/dist/index.js")], env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") } });
  });
  after(async () => {
    await bridge.stop();
    await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });

  async function connect(server: string): Promise<Client> {
    const client = new Client({ name: "test", version: "1" }, { capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } } });
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: `file://${folder}`, name: "the root" }] }));
    client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({ model: "none", role: "assistant", content: { type: "text", text: `sampled: ${JSON.stringify(params.messages)}` } }));
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { name: "Ada", check: true } }));
    clients.push(client);
    // The cast: the transport's optional members are declared without undefined, the interface's with it.
    await client.connect(new StreamableHTTPClientTransport(new URL(`${bridge.url}/${server}`)) as Parameters<Client["connect"]>[0]);
    return client;
  }

  const textOf = (result: unknown): string => JSON.stringify(result);

  it("lists and calls tools, prompts and resources", async () => {
    const client = await connect("everything");
    expect((await client.listTools()).tools.map(({ name }) => name)).to.include("echo");
    expect(textOf(await client.callTool({ name: "get-sum", arguments: { a: 2, b: 40 } }))).to.include("42");
    expect((await client.listPrompts()).prompts).to.not.have.length(0);
    const { resources } = await client.listResources();
    expect((await client.readResource({ uri: resources[0]?.uri ?? "" })).contents).to.have.length(1);
    expect(textOf(await client.callTool({ name: "get-tiny-image", arguments: {} }))).to.include("image/png");
  });

  it("carries progress to the call that asked for it", async () => {
    const client = await connect("everything");
    const steps: number[] = [];
    await client.callTool({ name: "trigger-long-running-operation", arguments: { duration: 0.4, steps: 4 } }, undefined, { onprogress: ({ progress }) => steps.push(progress) });
    expect(steps).to.deep.equal([1, 2, 3, 4]);
  });

  it("lets the server ask the client: sampling, elicitation, roots", async () => {
    const client = await connect("everything");
    expect(textOf(await client.callTool({ name: "trigger-sampling-request", arguments: { prompt: "why", maxTokens: 10 } }))).to.include("sampled:").and.include("why");
    expect(textOf(await client.callTool({ name: "trigger-elicitation-request", arguments: {} }))).to.include("Ada");
    expect(textOf(await client.callTool({ name: "get-roots-list", arguments: {} }))).to.include("the root");
  });

  it("carries logging and updates of subscribed resources", async () => {
    const client = await connect("everything");
    const heard = new Heard<string>();
    client.setNotificationHandler(LoggingMessageNotificationSchema, () => heard.hear("log"));
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => heard.hear(params.uri));
    const uri = (await client.listResources()).resources[0]?.uri ?? "";
    await client.setLoggingLevel("debug");
    await client.subscribeResource({ uri });
    await client.callTool({ name: "toggle-simulated-logging", arguments: {} });
    await client.callTool({ name: "toggle-subscriber-updates", arguments: {} });
    await heard.any((what) => what === "log");
    await heard.any((what) => what === uri);
  });

  it("cancels a call", async () => {
    const client = await connect("everything");
    const stop = new AbortController();
    const call = client.callTool({ name: "trigger-long-running-operation", arguments: { duration: 600, steps: 10_000 } }, undefined, { signal: stop.signal, onprogress: () => stop.abort("no longer wanted") });
    const error: unknown = await call.then(() => undefined, (reason: unknown) => reason);
    expect(String(error)).to.include("no longer wanted");
    expect(textOf(await client.callTool({ name: "echo", arguments: { message: "still here" } }))).to.include("still here");
  });

  it("keeps clients apart", async () => {
    const [one, two] = await Promise.all([connect("everything"), connect("everything")]);
    const calls = [one, two].flatMap((client, side) => Array.from({ length: 50 }, async (_, index) => {
      const message = `${side}-${index}`;
      expect(textOf(await client.callTool({ name: "echo", arguments: { message } }))).to.include(message);
    }));
    await Promise.all(calls);
  });

  it("serves files", async () => {
    const client = await connect("filesystem");
    expect(textOf(await client.callTool({ name: "read_text_file", arguments: { path: join(folder, "hello.txt") } }))).to.include("hello there");
    expect(await client.callTool({ name: "read_text_file", arguments: { path: "/etc/hostname" } })).to.have.property("isError", true);
  });

  it("remembers", async () => {
    const client = await connect("memory");
    await client.callTool({ name: "create_entities", arguments: { entities: [{ name: "Ada", entityType: "person", observations: ["wrote the first program"] }] } });
    expect(textOf(await client.callTool({ name: "read_graph", arguments: {} }))).to.include("first program");
  });

  it("tells a client whose server process dies, and serves it again after it has begun anew", async () => {
    const client = await connect("everything");
    const pids = bridge.logs.all.filter((line) => line.msg === "server process started").map((line) => line["pid"] as number);
    const call = client.callTool({ name: "trigger-long-running-operation", arguments: { duration: 600, steps: 10_000 } }, undefined, {
      // All of them: which one is this client's is nobody's business.
      onprogress: () => pids.forEach((pid) => kill(pid)),
    });
    const error: unknown = await call.then(() => undefined, (reason: unknown) => reason);
    expect(String(error)).to.include("the server process was ended by SIGKILL");
    // A spare that was killed with the others may be leased before the bridge has seen its end.
    await until(async () => connect("everything").then(async (again) => textOf(await again.callTool({ name: "echo", arguments: { message: "back" } })).includes("back"), () => false), "a new session");
  });

  for (const mode of ["legacy", "auto"] as const) {
    it(`serves the later client in its mode "${mode}"`, async () => {
      const client = new LaterClient({ name: "test", version: "1" }, { versionNegotiation: { mode } });
      clients.push(client);
      await client.connect(new LaterTransport(new URL(`${bridge.url}/everything`)));
      expect(textOf(await client.callTool({ name: "echo", arguments: { message: "hello" } }))).to.include("hello");
    });
  }
});

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended already, as processes of earlier tests have.
    expect(error).to.have.property("code", "ESRCH");
  }
}

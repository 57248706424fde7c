/** `npm start` as a stranger meets it: in a copy of the tree without node_modules and dist, its printed commands used as they are printed. */

import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { runProgram } from "../../envoy/run-program.js";
import { projectRoot } from "../../protos/project-root.js";
import { processesOf, type FoundProcess } from "./processes-of.js";
import { until } from "./until.js";

const startLimitMs = 300_000;
const endLimitMs = 5_000;
const lastWords = "Ctrl-C ends everything.";

describe("npm start", function () {
  this.timeout(startLimitMs + 30_000);
  let folder: string;
  let copy: string;
  let temporary: string;
  let started: Started | undefined;

  before(() => {
    // Short, as a UNIX socket's path goes below it.
    folder = mkdtempSync(join(tmpdir(), "mesh-start-"));
    copy = join(folder, "copy");
    temporary = join(folder, "tmp");
    mkdirSync(temporary);
    const left = new Set(["node_modules", "dist", ".git"].map((name) => join(projectRoot, name)));
    cpSync(projectRoot, copy, { recursive: true, filter: (path) => !left.has(path) });
  });
  after(async () => {
    await started?.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(started?.output());
  });

  async function start(): Promise<Started> {
    const running = (started = new Started(copy, temporary));
    await until("the block", () => running.hasEnded || running.output().includes(lastWords), startLimitMs);
    expect(running.hasEnded, "npm start has ended").to.equal(false);
    return running;
  }

  it("installs, compiles, starts, and says how to use it", async () => {
    const { block } = await start();
    expect(block).to.match(/everything +http:\/\/127\.0\.0\.1:\d+\/everything +http, 3 endpoints/);
    for (const id of ["filesystem", "memory"]) expect(block).to.match(new RegExp(`${id} +http://127\\.0\\.0\\.1:\\d+/${id} +stdio\\n`));
  });

  it("prints a command that calls a tool when it is pasted", async () => {
    const [snippet] = /^\(\n[^]*?^\)$/m.exec(running(started).block) ?? expect.fail("no command in the block");
    const { stdout, stderr } = await runProgram("bash", ["-c", snippet], { env: process.env, timeoutMs: 30_000 });
    expect(stdout).to.include("Echo: hello");
    expect(stderr).to.equal("");
  });

  it("prints a configuration with which clients call an HTTP and a stdio server", async () => {
    await expectCalls(running(started));
  });

  it("answers mcp-mesh status on the admin port that it prints", async () => {
    const { adminUrl } = running(started);
    const { exitCode, stdout } = await runProgram(process.execPath, [join(copy, "dist", "xds-server", "cli", "mcp-mesh.js"), "status", "--json", "--admin-url", adminUrl], { env: process.env, timeoutMs: 30_000 });
    expect(exitCode).to.equal(0);
    const { servers } = JSON.parse(stdout) as { readonly servers: readonly { readonly id: string; readonly state: string }[] };
    expect(servers.map(({ id, state }) => `${id} ${state}`)).to.deep.equal(["everything serving", "filesystem serving", "memory serving"]);
  });

  it("has a worker for each core, 4 at the most, whose metrics can be found, as those of Envoy can", async () => {
    const { adminUrl } = running(started);
    const groups = await (await fetch(`${adminUrl}/metrics/targets`)).json() as readonly { readonly targets: readonly string[]; readonly labels: { readonly role: string; readonly worker: string; readonly __metrics_path__: string } }[];
    const [envoys, bridges] = ["envoy", "bridge"].map((role) => groups.filter(({ labels }) => labels.role === role));
    expect(bridges?.map(({ labels }) => labels.worker).sort()).to.deep.equal(Array.from({ length: Math.min(4, availableParallelism()) }, (_, index) => `bridge-${index + 1}`));
    for (const { targets } of bridges ?? []) expect(await (await fetch(`http://${targets[0] ?? ""}/metrics`)).text()).to.include('mcp_mesh_bridge_server_ready{server="memory"} 1');
    expect(envoys).to.have.length(1);
    for (const { targets, labels } of envoys ?? []) expect(await (await fetch(`http://${targets[0] ?? ""}${labels.__metrics_path__}`)).text()).to.include("envoy_server_live{} 1");
  });

  it("starts a killed Envoy again", async () => {
    const mesh = running(started);
    const [envoy] = mesh.processes().filter(({ program }) => program.startsWith("envoy"));
    await mesh.killAndWait(envoy, "envoy ended by SIGKILL; starting it again");
    await until("calls through the new Envoy", async () => { await expectCalls(mesh); return true; });
  });

  it("starts a killed stdio bridge again", async () => {
    const mesh = running(started);
    const [bridge] = mesh.processes().filter(({ command }) => command.includes("/stdio-bridge/main.js"));
    await mesh.killAndWait(bridge, "bridge-1 ended by SIGKILL; starting it again");
    await until("calls through the new bridge", async () => { await expectCalls(mesh); return true; });
  });

  it("goes on serving while a killed xds-server is started again", async () => {
    const mesh = running(started);
    const [xdsServer] = mesh.processes().filter(({ command }) => command.includes("/xds-server/main.js"));
    await mesh.killAndWait(xdsServer, "xds-server ended by SIGKILL; starting it again");
    await expectCalls(mesh);
    await until("the new xds-server", async () => (await fetch(`${mesh.adminUrl}/readyz`)).status === 200);
    await expectCalls(mesh);
  });

  it("ends with Ctrl-C, whole, with exit code 0", async () => {
    const mesh = running(started);
    process.kill(-mesh.pid, "SIGINT");
    expect(await mesh.ended()).to.equal(0);
    await expectNothingLeft(mesh);
  });

  it("ends, whole, when npm alone is asked to end", async () => {
    const mesh = await start();
    process.kill(mesh.pid, "SIGTERM");
    expect(await mesh.ended()).to.equal(0);
    await expectNothingLeft(mesh);
  });

  it("leaves nothing running when mcp-mesh itself is killed", async () => {
    const mesh = await start();
    const [up] = mesh.processes().filter(({ command }) => /^\S*node \S*mcp-mesh\.js up /.test(command));
    await mesh.killAndWait(up, "");
    await until("every process to be gone", () => mesh.processes().length === 0);
  });

  async function expectNothingLeft(mesh: Started): Promise<void> {
    await until("every process to be gone", () => mesh.processes().length === 0, endLimitMs);
    expect(readdirSync(temporary).filter((name) => name.startsWith("mcp-mesh-"))).to.deep.equal([]);
  }
});

class Started {
  readonly #child: ChildProcess;
  readonly #temporary: string;
  readonly #exit: Promise<unknown[]>;
  #output = "";

  constructor(copy: string, temporary: string) {
    this.#temporary = temporary;
    // As a terminal would: a process group of its own, which gets Ctrl-C as a whole.
    this.#child = spawn("npm", ["start", "--", "--port", "0", "--admin-port", "0", "--xds-port", "0"], {
      cwd: copy,
      env: { ...withoutNpm(process.env), TMPDIR: temporary },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#exit = once(this.#child, "exit");
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on("data", (chunk) => { this.#output += String(chunk); });
  }

  get pid(): number {
    return this.#child.pid ?? expect.fail("npm did not start");
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get block(): string {
    return this.#output.slice(this.#output.indexOf("MCP Mesh is ready."));
  }

  get adminUrl(): string {
    return /Status: (\S+)\/status/.exec(this.block)?.[1] ?? expect.fail("no admin address in the block");
  }

  get clientConfiguration(): { readonly mcpServers: Readonly<Record<string, { readonly type: string; readonly url: string }>> } {
    const [json] = /^\{\n[^]*?^\}$/m.exec(this.block) ?? expect.fail("no configuration in the block");
    return JSON.parse(json) as ReturnType<() => Started["clientConfiguration"]>;
  }

  output(): string {
    return this.#output;
  }

  async ended(): Promise<number | null> {
    const [code] = await this.#exit as [number | null];
    return code;
  }

  async killAndWait(found: FoundProcess | undefined, sentence: string): Promise<void> {
    const from = this.#output.length;
    process.kill(found?.pid ?? expect.fail(`no such process among: ${this.processes().map(({ command }) => command).join("\n")}`), "SIGKILL");
    await until(`"${sentence}"`, () => this.#output.slice(from).includes(sentence));
  }

  /** All that belongs to this run: the temporary folder stands in the environment of each. */
  processes(): readonly FoundProcess[] {
    return processesOf(this.#temporary);
  }

  async kill(): Promise<void> {
    for (const { pid } of this.processes()) {
      if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
    }
    if (!this.hasEnded) process.kill(-this.pid, "SIGKILL");
    await this.#exit;
  }
}

function running(started: Started | undefined): Started {
  return started ?? expect.fail("it did not start");
}

async function expectCalls({ clientConfiguration: { mcpServers } }: Started): Promise<void> {
  const calls = [
    ["everything", "echo", { message: "hello" }, "Echo: hello"],
    ["memory", "read_graph", {}, "entities"],
  ] as const;
  for (const [id, name, args, expected] of calls) {
    const client = new Client({ name: "test", version: "1" });
    const { url } = mcpServers[id] ?? expect.fail(`${id} is not in the printed configuration`);
    try {
      // The SDK's own types leave out that its optional members may be undefined.
      await client.connect(new StreamableHTTPClientTransport(new URL(url)) as Parameters<Client["connect"]>[0]);
      expect(JSON.stringify(await client.callTool({ name, arguments: args }))).to.include(expected);
    } finally {
      await client.close();
    }
  }
}

/** What mocha's own npm has set would make the npm under test another one than the user's. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(npm_|INIT_CWD$|MCP_MESH_(?!CACHE$|ENVOY$))/.test(name)));
}

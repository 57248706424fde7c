/** End to end: real stdio MCP servers of both package indexes behind the mesh, called by clients of both SDK generations. */

import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { orSkip } from "../fetched.js";
import { rpc } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { generations, laterGeneration, type SomeClient } from "./generations.js";
import { closedAfterEach, closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { processesOf } from "./processes-of.js";
import { fetchPythonServers, type PythonServers } from "./python-servers.js";
import { until } from "./until.js";

describe("e2e: real servers", function () {
  this.timeout(60_000);
  const opened = closedAfterwards();
  const openedHere = closedAfterEach();
  let mesh: Mesh;
  let files: string;

  before(async function () {
    this.timeout(90_000);
    mesh = await opened(startMesh({ workers: 1 }));
    files = join(mesh.folder, "files");
    await mkdir(files);
    await writeFile(join(files, "hello.txt"), "hello from a file");
  });

  /** By each generation in sessions, and by the one that knows it without; in which revision the server answers is its own affair. */
  function calls(id: string, call: (client: SomeClient) => Promise<void>): void {
    for (const generation of [...generations, laterGeneration({ pin: "2026-07-28" }), laterGeneration("auto")]) {
      it(`${id}, by ${generation.name}`, async () => call(await openedHere(generation.connect(mesh.gatewayUrl, id))));
    }
  }

  describe("of npm", () => {
    before(async () => {
      const entry = (name: string, ...args: readonly string[]): object => ({ type: "stdio", cmd: [process.execPath, join(projectRoot, "node_modules/@modelcontextprotocol", name, "dist/index.js"), ...args] });
      await mesh.serve({
        everything: entry("server-everything", "stdio"),
        filesystem: entry("server-filesystem", files),
        memory: { ...entry("server-memory"), env: { MEMORY_FILE_PATH: join(mesh.folder, "memory.jsonl") } },
        thinking: entry("server-sequential-thinking"),
      });
      for (const id of ["everything", "filesystem", "memory", "thinking"]) await mesh.untilServed(id);
    });

    calls("everything", async (client) => {
      expect(await client.text("echo", { message: "ünï 😀 \u2028" })).to.equal("Echo: ünï 😀 \u2028");
      expect(await client.text("trigger-sampling-request", { prompt: "who?" })).to.contain("sampled by e2e");
    });
    calls("filesystem", async (client) => {
      expect(await client.text("write_file", { path: join(files, "written.txt"), content: "1.0 12345678901234567890" })).to.contain("written.txt");
      expect(await client.text("read_text_file", { path: join(files, "written.txt") })).to.equal("1.0 12345678901234567890");
      expect(await client.text("read_text_file", { path: "/etc/hostname" })).to.match(/denied|outside/i);
    });
    calls("memory", async (client) => {
      await client.text("create_entities", { entities: [{ name: "mesh", entityType: "thing", observations: ["routes"] }] });
      expect(await client.text("search_nodes", { query: "mesh" })).to.contain("routes");
    });
    calls("thinking", async (client) => {
      const thought = { thought: "one and only", nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 };
      // Requests without a session share a process, and its thoughts.
      expect(JSON.parse(await client.text("sequentialthinking", thought))).to.include({ thoughtNumber: 1, nextThoughtNeeded: false });
    });
  });

  describe("of the Python package index", () => {
    let python: PythonServers;
    let repository: string;
    let page: Replica;

    before(async function () {
      this.timeout(300_000);
      python = await orSkip(this, fetchPythonServers());
      repository = join(mesh.folder, "repository");
      await mkdir(repository);
      git("init", "--quiet");
      page = await opened(startReplica({
        name: "page",
        respond: ({ path }, response) => {
          const [status, text] = path === "/robots.txt" ? [200, "User-agent: *\nDisallow: /private"] : [200, `what stands at ${path}`];
          response.writeHead(status, { "content-type": "text/plain" }).end(text);
        },
      }));
      await mesh.serve({
        time: python.entry("mcp-server-time", "--local-timezone", "Etc/UTC"),
        git: python.entry("mcp-server-git", "--repository", repository),
        fetch: python.entry("mcp-server-fetch", "--allow-private-ips"),
        sqlite: python.entry("mcp-server-sqlite", "--db-path", join(mesh.folder, "sqlite.db")),
      });
      for (const id of ["time", "git", "fetch"]) await mesh.untilServed(id);
    });

    function git(...args: readonly string[]): string {
      return execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" });
    }

    calls("time", async (client) => {
      const converted = JSON.parse(await client.text("convert_time", { source_timezone: "Asia/Tokyo", time: "12:00", target_timezone: "Asia/Kolkata" })) as Readonly<Record<string, unknown>>;
      expect(converted["time_difference"]).to.equal("-3.5h");
      expect(JSON.stringify(converted["target"])).to.contain("T08:30:00");
      expect(await client.text("get_current_time", { timezone: "Nowhere/Land" })).to.match(/invalid timezone/i);
    });

    calls("git", async (client) => {
      const subject = `written at ${Date.now()}`;
      git("config", "user.name", "e2e");
      git("config", "user.email", "e2e@example.com");
      await writeFile(join(repository, "file.txt"), subject);
      expect(await client.text("git_status", { repo_path: repository })).to.contain("file.txt");
      await client.text("git_add", { repo_path: repository, files: ["file.txt"] });
      await client.text("git_commit", { repo_path: repository, message: subject });
      expect(await client.text("git_log", { repo_path: repository, max_count: 1 })).to.contain(subject);
      expect(git("log", "-1", "--format=%s").trim()).to.equal(subject);
      expect(await client.text("git_status", { repo_path: projectRoot })).to.match(/outside/i);
    });

    calls("fetch", async (client) => {
      expect(await client.text("fetch", { url: `${page.url}/public` })).to.contain("what stands at /public");
      expect(await client.text("fetch", { url: `${page.url}/private/x` })).to.match(/robots/i);
    });

    it("sqlite cannot start: 503 with the id, the reason and its last words in /status, the others go on", async () => {
      const answer = await until("503", async () => {
        const got = await rpc(mesh.gatewayUrl, "/sqlite", "initialize", { id: "sq" });
        return got.status === 503 ? got : undefined;
      }, 40_000);
      expect(answer.message).to.include({ jsonrpc: "2.0", id: "sq" });
      const told = await until("its last words in /status", async () => {
        const { servers } = (await mesh.status()) as unknown as { readonly servers: readonly { readonly id: string; readonly state: string }[] };
        const found = servers.find(({ id }) => id === "sqlite");
        return found?.state === "unhealthy" ? JSON.stringify(found) : undefined;
      }, 40_000);
      expect(told).to.contain("list_resources").and.match(/exit(ed)?.{0,20}1/);
      const client = await openedHere((generations[0] ?? expect.fail()).connect(mesh.gatewayUrl, "time"));
      expect(await client.toolNames()).to.include("convert_time");
    });
  });

  describe("behind npx", () => {
    it("the whole family comes and goes with its session", async () => {
      const folder = join(mesh.folder, "npx-files");
      await mkdir(folder);
      await mesh.serve({ npx: { type: "stdio", cmd: ["npx", "--offline", "-y", "@modelcontextprotocol/server-filesystem", folder], working_dir: projectRoot, env: { FAMILY: folder }, pool: { min: 0, max: 2 } } });
      await mesh.untilServed("npx");
      const [generation] = generations;
      const client = await generation?.connect(mesh.gatewayUrl, "npx");
      expect(await client?.toolNames()).to.include("read_text_file");
      expect(processesOf(folder).length).to.be.at.least(2);
      await client?.stop();
      await until("npx and all below it to be gone", () => processesOf(folder).length === 0);
      // And where the bridge cannot end it itself any more.
      const again = await openedHere((generation ?? expect.fail()).connect(mesh.gatewayUrl, "npx"));
      await again.toolNames();
      expect(processesOf(folder).length).to.be.at.least(2);
      await mesh.kill("bridge-1");
      await until("npx and all below it to be gone", () => processesOf(folder).length === 0);
      mesh.restart("bridge-1");
    });
  });
});

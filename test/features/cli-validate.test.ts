/** `mcp-mesh validate` on real files: everything wrong at once, each with its place. */

import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Problem } from "../../xds-server/model/model.js";
import { runMcpMesh } from "./run-mcp-mesh.js";

const good = "servers:\n  search:\n    endpoint: http://127.0.0.1:3001\n";
const bad = "servers:\n  search:\n    type: http\n    enpoint: http://127.0.0.1:3001\n  port:\n    endpoint: http://127.0.0.1:70000\n  fine:\n    cmd: [node, server.js]\n";

describe("mcp-mesh validate", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("says that a good registry is valid", async () => {
    writeFileSync(join(folder, "registry.yaml"), good);
    expect(await runMcpMesh(["validate"], { cwd: folder, env: { MCP_MESH_REGISTRY: "" } })).to.deep.equal({ exitCode: 0, stdout: "registry.yaml: valid, 1 server, 0 errors, 0 warnings\n", stderr: "" });
  });

  it("says the demo registry is valid", async () => {
    expect((await runMcpMesh(["validate"])).exitCode).to.equal(0);
  });

  it("says everything that is wrong at once, with file:line:column and what to do, and exits with 1", async () => {
    writeFileSync(join(folder, "registry.yaml"), bad);
    const { exitCode, stdout } = await runMcpMesh(["validate", "registry.yaml"], { cwd: folder });
    expect(exitCode).to.equal(1);
    expect(stdout).to.match(/registry\.yaml:4:5 {2}error {2}.*enpoint/).and.to.match(/did you mean endpoint/);
    expect(stdout).to.match(/registry\.yaml:6:\d+ {2}error {2}.*70000/);
    expect(stdout).to.match(/\nregistry\.yaml: not valid, 1 server, \d errors, 0 warnings\n$/);
    expect(stdout).not.to.include("\u001b");
  });

  it("--json says the same for programs", async () => {
    writeFileSync(join(folder, "registry.yaml"), bad);
    const { exitCode, stdout } = await runMcpMesh(["validate", "registry.yaml", "--json"], { cwd: folder });
    const answer = JSON.parse(stdout) as { valid: boolean; servers: readonly string[]; problems: readonly Problem[] };
    expect({ exitCode, valid: answer.valid, servers: answer.servers }).to.deep.equal({ exitCode: 1, valid: false, servers: ["fine"] });
    expect(new Set(answer.problems.map(({ serverId }) => serverId))).to.deep.equal(new Set(["search", "port"]));
  });

  it("reads several files and folders together, and finds an id that is in two", async () => {
    mkdirSync(join(folder, "more"));
    writeFileSync(join(folder, "one.yaml"), good);
    writeFileSync(join(folder, "more", "two.yaml"), good);
    const { exitCode, stdout } = await runMcpMesh(["validate", "one.yaml", "more"], { cwd: folder });
    expect(exitCode).to.equal(1);
    expect(stdout).to.include("one.yaml").and.to.include("two.yaml");
  });

  it("takes the registry from the variable that up takes it from", async () => {
    writeFileSync(join(folder, "mine.yaml"), good);
    expect((await runMcpMesh(["validate"], { cwd: folder, env: { MCP_MESH_REGISTRY: "mine.yaml" } })).stdout).to.include("mine.yaml: valid");
  });

  it("exits with 1 for a warning too", async () => {
    writeFileSync(join(folder, "mcp.json"), JSON.stringify({ mcpServers: { search: { url: "http://127.0.0.1:3001/mcp", icon: "x" } } }));
    const { exitCode, stdout } = await runMcpMesh(["validate", "mcp.json"], { cwd: folder });
    expect(stdout).to.include("mcp.json: not valid, 1 server, 0 errors, 1 warning");
    expect(exitCode).to.equal(1);
  });

  const broken: readonly (readonly [string, string | undefined])[] = [
    ["a file that is not there", undefined],
    ["an empty file", ""],
    ["YAML that cannot be parsed", "servers: [\n"],
    ["a binary file", "\u0000\u0001\u0002".repeat(100)],
  ];
  for (const [name, text] of broken) {
    it(`says what is wrong with ${name}`, async () => {
      if (text !== undefined) writeFileSync(join(folder, "registry.yaml"), text);
      const { exitCode, stdout, stderr } = await runMcpMesh(["validate", "registry.yaml"], { cwd: folder });
      expect(exitCode).to.equal(1);
      expect(stdout).to.match(/^registry\.yaml\S* {2}(error|warning) {2}\S/);
      expect(stderr).to.equal("");
    });
  }

  it("does not wait for a file that is not there, and does not say so", async () => {
    const { stdout } = await runMcpMesh(["validate", "none.yaml"], { cwd: folder });
    expect(stdout).to.match(/^none\.yaml {2}error {2}cannot be read: there is no such file or folder\n {4}name a file or a folder that is there\n/);
  });

  it("shows no secret", async () => {
    writeFileSync(join(folder, "registry.yaml"), "servers:\n  search:\n    endpoint: http://127.0.0.1:70000\n    headers: { authorization: \"${TOKEN}\" }\n");
    const { stdout } = await runMcpMesh(["validate", "registry.yaml"], { cwd: folder, env: { TOKEN: "do-not-show" } });
    expect(stdout).not.to.include("do-not-show");
  });
});

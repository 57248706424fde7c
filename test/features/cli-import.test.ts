/** `mcp-mesh import`: what clients and the MCP registry write becomes a registry that validates. */

import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { runMcpMesh } from "./run-mcp-mesh.js";

const client = `{
  // Comments are allowed.
  "mcpServers": {
    "memory": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"], "env": { "FILE": "/tmp/memory.json" } },
    "search": { "type": "http", "url": "https://mcp.example/mcp", "headers": { "Authorization": "Bearer \${TOKEN}" } },
  }
}`;
const serverJson = JSON.stringify({
  name: "io.example/weather",
  description: "The weather",
  remotes: [{ type: "streamable-http", url: "https://weather.example/mcp" }],
  packages: [{ registryType: "npm", identifier: "@example/weather", version: "1.0.0", transport: { type: "stdio" } }],
});

describe("mcp-mesh import", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(name: string, text: string, ...more: readonly string[]): ReturnType<typeof runMcpMesh> {
    writeFileSync(join(folder, name), text);
    return runMcpMesh(["import", name, ...more], { cwd: folder });
  }

  it("turns a client's configuration into a registry", async () => {
    const { exitCode, stdout } = await run("config.json", client);
    expect(exitCode).to.equal(0);
    expect(parse(stdout)).to.deep.equal({
      servers: {
        memory: { type: "stdio", cmd: ["npx", "-y", "@modelcontextprotocol/server-memory"], env_vars: { FILE: "/tmp/memory.json" } },
        search: { type: "http", endpoint: "https://mcp.example/mcp", headers: { Authorization: "Bearer ${TOKEN}" } },
      },
    });
  });

  it("turns a server.json into a registry, and warns on stderr of what is to be chosen", async () => {
    const { exitCode, stdout, stderr } = await run("server.json", serverJson);
    expect(exitCode).to.equal(0);
    const { servers } = parse(stdout) as { servers: Record<string, { endpoint?: string; enabled?: boolean }> };
    expect(servers["weather"]?.endpoint).to.equal("https://weather.example/mcp");
    expect(stderr).to.match(/warning {2}.*2 ways/);
  });

  it("writes a new file for its owner alone, which validates", async () => {
    const { exitCode, stdout } = await run("config.json", client, "--output", "registry.yaml");
    expect(exitCode).to.equal(0);
    expect(stdout).to.equal("registry.yaml: 2 servers, memory, search\n");
    expect(statSync(join(folder, "registry.yaml")).mode & 0o777).to.equal(0o600);
    expect((await runMcpMesh(["validate", "registry.yaml"], { cwd: folder, env: { TOKEN: "x" } })).exitCode).to.equal(0);
  });

  it("takes no other file's place", async () => {
    writeFileSync(join(folder, "registry.yaml"), "mine");
    const { exitCode, stderr } = await run("config.json", client, "--output", "registry.yaml");
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("registry.yaml is there already");
    expect(readFileSync(join(folder, "registry.yaml"), "utf8")).to.equal("mine");
  });

  it("--json gives entries and problems", async () => {
    const { stdout, stderr } = await run("config.json", client, "--json");
    const answer = JSON.parse(stdout) as { servers: object; problems: readonly unknown[] };
    expect(Object.keys(answer.servers)).to.deep.equal(["memory", "search"]);
    expect({ problems: answer.problems, stderr }).to.deep.equal({ problems: [], stderr: "" });
  });

  const wrong: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["broken JSON", "{"],
    ["no servers", "{}"],
    ["servers that are none", '{"mcpServers": {"a": 1}}'],
    ["a server.json without a name", '{"packages": []}'],
  ];
  for (const [name, text] of wrong) {
    it(`exits with 1 for ${name}, and says why on stderr`, async () => {
      const { exitCode, stdout, stderr } = await run("config.json", text);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: "" });
      expect(stderr).to.match(/^config\.json\S* {2}error {2}\S/m);
    });
  }

  it("exits with 1 for a file that is not there", async () => {
    const { exitCode, stderr } = await runMcpMesh(["import", "nowhere.json"], { cwd: folder });
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("nowhere.json cannot be read");
  });
});

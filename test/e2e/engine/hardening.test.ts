/** docker compose: what the files say, and what containers and images really are: nobody's root, read-only, bounded, with nothing left in them. */

import { readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../protos/project-root.js";
import { ask } from "../ask.js";
import { connectClient } from "../clients.js";
import { until } from "../until.js";
import { Compose, docker, needEngine, type Inspected } from "./compose.js";

const images = ["mcp-mesh/xds-server:0.1.0", "mcp-mesh/stdio-bridge:0.1.0", "mcp-mesh/demo-server:0.1.0"];

describe("docker compose: hardening", function () {
  this.timeout(300_000);
  let compose: Compose;
  let containers: readonly (Inspected & { readonly service: string })[];

  before(async function () {
    this.timeout(15 * 60_000);
    await needEngine(this);
    compose = await Compose.make();
    await compose.build();
    await compose.up();
    containers = await Promise.all((await compose.containers()).map(async ({ name, service }) => ({ ...(await compose.inspect(name)), service })));
  });
  after(async () => compose?.stop());

  it("compose takes the file without a warning, with every profile", async () => {
    expect(await compose.compose(["--profile", "*", "config", "--quiet"])).to.equal("");
  });

  it("each container runs as a plain user, without capabilities, with a root file system that cannot be written", () => {
    expect(containers).to.have.length(4);
    for (const { service, Config, HostConfig } of containers) {
      expect(Config.User, service).to.equal("1000:1000");
      expect(HostConfig.ReadonlyRootfs, service).to.equal(true);
      expect(HostConfig.CapDrop, service).to.deep.equal(["ALL"]);
      expect(HostConfig.SecurityOpt, service).to.include("no-new-privileges:true");
      expect(HostConfig.Privileged, service).to.equal(false);
    }
  });

  it("no container sees the engine's socket", () => {
    expect(containers.flatMap(({ Mounts }) => Mounts.filter(({ Source, Destination }) => /docker\.sock/.test(Source + Destination)))).to.deep.equal([]);
  });

  it("the host sees the gateway's port and no other, on loopback", () => {
    const published = containers.flatMap(({ service, NetworkSettings }) => Object.entries(NetworkSettings.Ports).filter(([, bound]) => bound !== null && bound.length > 0).map(([port, bound]) => ({ service, port, bound })));
    expect(published).to.deep.equal([{ service: "envoy", port: "8000/tcp", bound: [{ HostIp: "127.0.0.1", HostPort: new URL(compose.gatewayUrl).port }] }]);
  });

  it("an MCP server over HTTP does not reach xDS, status or the bridge", async () => {
    const reach = "const [h,p]=process.argv[1].split(':');const s=require('node:net').connect({host:h,port:p,timeout:3000},()=>{console.log('reached');process.exit()});s.on('error',(e)=>{console.log(e.code);process.exit()});s.on('timeout',()=>{console.log('silence');process.exit()})";
    for (const target of ["xds-server:18000", "xds-server:8001", "stdio-bridge:8080", "stdio-bridge:8081"]) {
      expect((await compose.compose(["exec", "--no-TTY", "everything", "node", "-e", reach, target])).trim(), target).to.be.oneOf(["ENOTFOUND", "EAI_AGAIN"]);
    }
  });

  for (const image of images) {
    it(`${image} says what it is, and checks its own health`, async () => {
      const [{ Config }] = JSON.parse(await docker(["image", "inspect", image])) as readonly [{ readonly Config: { readonly Labels: Readonly<Record<string, string>>; readonly User: string; readonly Healthcheck?: { readonly Test: readonly string[] }; readonly Entrypoint: readonly string[] } }];
      for (const label of ["title", "description", "licenses"]) expect(Config.Labels[`org.opencontainers.image.${label}`], label).to.be.a("string").that.is.not.empty;
      expect(Config.User).to.equal("1000:1000");
      expect(Config.Entrypoint[0]).to.equal("/usr/bin/tini");
      expect(Config.Healthcheck?.Test[0]).to.equal("CMD");
    });

    it(`${image} holds no compiler, no development packages and no source maps`, async () => {
      const look = "for t in gcc cc make g++ tsc; do command -v $t; done; ls -d /app/node_modules/typescript /app/node_modules/mocha /app/dist/test /app/test 2>/dev/null; find /app /demo -name '*.ts' -not -name '*.d.ts' -path '*mcp-mesh*' 2>/dev/null; find /app/dist -name '*.map' 2>/dev/null; ls /var/lib/apt/lists 2>/dev/null; true";
      expect((await docker(["run", "--rm", "--entrypoint", "sh", image, "-c", look])).trim()).to.equal("");
    });
  }

  it("the xds-server's image has the command mcp-mesh and no npm; the bridge's has node, npx, python, pip, uv and uvx", async () => {
    expect(await docker(["run", "--rm", "--entrypoint", "sh", "mcp-mesh/xds-server:0.1.0", "-c", "mcp-mesh --version; command -v npm npx; true"])).to.match(/^\d+\.\d+\.\d+\n$/);
    const said = await docker(["run", "--rm", "--entrypoint", "sh", "mcp-mesh/stdio-bridge:0.1.0", "-c", "for t in node npx python3 pip uv uvx; do command -v $t >/dev/null || echo no $t; done; pip --version; uvx --version"]);
    expect(said).to.match(/^pip [\s\S]*uvx? \d/);
  });

  it("the bridge runs servers from PyPI by uvx, as it runs those from npm by npx", async () => {
    // Where npm has been told of an authority of its own, in a network that looks into TLS, others need it too.
    const authority = (await compose.compose(["exec", "--no-TTY", "stdio-bridge", "npm", "config", "get", "cafile"])).trim();
    const trusted = authority === "null" || authority === "" ? {} : { SSL_CERT_FILE: authority };
    await appendFile(compose.registryFile, `\n  time:\n    cmd: [uvx, mcp-server-time@2026.10.19]\n    env_vars: ${JSON.stringify(trusted)}\n`);
    await until("the server to be there", async () => (await ask(compose.gatewayUrl, "/")).body.includes("/time"), 30_000);
    const client = await connectClient(compose.gatewayUrl, "/time");
    expect(await client.text("get_current_time", { timezone: "UTC" })).to.include("UTC");
    await client.stop();
  });
});

describe("Dockerfile", () => {
  const text = readFileSync(join(projectRoot, "Dockerfile"), "utf8");
  const instructions = text.replaceAll(/^#.*\n/gm, "").replaceAll("\\\n", " ").split("\n").filter((line) => line.trim() !== "");

  it("takes pinned bases only", () => {
    const stages = new Set<string>();
    for (const [, base = "", stage = ""] of text.matchAll(/^FROM (\S+) AS (\S+)$/gm)) {
      if (!stages.has(base)) expect(base).to.equal("${NODE_IMAGE}");
      stages.add(stage);
    }
    expect(stages.size).to.equal(instructions.filter((line) => line.startsWith("FROM ")).length);
    expect(text).to.match(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-[a-z-]+$/m);
  });

  it("says exactly what it runs, and installs nothing that is only recommended", () => {
    for (const line of instructions) {
      if (/^(ENTRYPOINT|CMD)/.test(line)) expect(line).to.match(/^(ENTRYPOINT|CMD) \[/);
      if (line.includes("HEALTHCHECK")) expect(line).to.include("CMD [");
      expect(line).not.to.match(/^ADD |curl|wget|sudo|:latest/);
      if (line.includes("apt-get install")) expect(line).to.include("--no-install-recommends").and.include("rm -rf /var/lib/apt/lists/*").and.include("apt-get update");
      if (/npm ci/.test(line)) expect(line).to.include("--no-audit");
      if (line.startsWith("WORKDIR")) expect(line).to.match(/^WORKDIR \//);
      // A secret in a build argument stays in the image's history.
      if (/^(ARG|ENV)/.test(line)) expect(line).not.to.match(/TOKEN|PASSWORD|SECRET/i);
    }
  });

  it("ends every image with a user who is not root", () => {
    for (const target of ["xds-server", "stdio-bridge", "demo-server"]) {
      const stage = text.slice(text.indexOf(` AS ${target}\n`)).split(/^FROM /m)[0] ?? "";
      expect([...stage.matchAll(/^USER (\S+)$/gm)].map(([, user]) => user)).to.deep.equal(["1000:1000"]);
    }
  });
});

/** The bridge's own health and metrics, and how it meets what it cannot start with. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { until } from "../e2e/until.js";
import { Bridge } from "../stdio-bridge/bridge.js";

describe("bridge: admin", () => {
  it("serves health and metrics on a port of their own", async () => {
    const bridge = await Bridge.start({ MCP_MESH_BRIDGE_ADMIN_PORT: "0" });
    await bridge.serve("odd");
    await bridge.open("odd");
    const listening = await bridge.logs.any((line) => line.msg === "listening");
    const admin = `http://127.0.0.1:${String(listening["adminPort"])}`;
    expect(await (await fetch(`${admin}/healthz`)).text()).to.equal("ok\n");
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).to.include('mcp_mesh_bridge_server_ready{server="odd"} 1').and.include('mcp_mesh_bridge_sessions{server="odd"} 1');
    expect((await fetch(`${admin}/other`)).status).to.equal(404);
    expect(await bridge.stop()).to.equal(0);
  });

  it("is ready once it runs what the xds-server wants, and stays so without it", async () => {
    const bridge = await Bridge.start({ MCP_MESH_BRIDGE_ADMIN_PORT: "0" });
    const listening = await bridge.logs.any((line) => line.msg === "listening");
    await bridge.serve("odd");
    await until("it to be ready", async () => (await readiness(listening["adminPort"])) === 200);
    bridge.xds.stop();
    expect(await readiness(listening["adminPort"])).to.equal(200);
    expect(await bridge.stop()).to.equal(0);
  });

  it("is not ready before the xds-server has said what there is to run", async () => {
    const child = spawn(process.execPath, [join(projectRoot, "dist/stdio-bridge/main.js")], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, MCP_MESH_XDS_ADDRESS: "127.0.0.1:1", MCP_MESH_BRIDGE_ADMIN_PORT: "0" } });
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      expect(await readiness((JSON.parse(line) as { readonly adminPort: number }).adminPort)).to.equal(503);
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });

  async function readiness(adminPort: unknown): Promise<number> {
    return (await fetch(`http://127.0.0.1:${String(adminPort)}/readyz`)).status;
  }

  it("tells the address by which it reaches the xds-server where it listens on every one", async () => {
    const bridge = await Bridge.start({ MCP_MESH_BRIDGE_HOST: "0.0.0.0" });
    const listening = await bridge.logs.any((line) => line.msg === "listening");
    expect(listening["reachedAt"]).to.deep.equal({ host: "127.0.0.1", port: listening["port"] });
    expect(await bridge.stop()).to.equal(0);
  });

  it("waits for an xds-server whose name nobody knows yet, and ends when it is asked to", async () => {
    const child = spawn(process.execPath, [join(projectRoot, "dist/stdio-bridge/main.js")], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, MCP_MESH_BRIDGE_HOST: "0.0.0.0", MCP_MESH_XDS_ADDRESS: "xds-server.invalid:18000", MCP_MESH_LOG_LEVEL: "debug" } });
    const output = text(child.stdout);
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number];
    expect(code).to.equal(0);
    expect(await output).to.include("ended before the xds-server was there");
  });

  async function run(env: Readonly<Record<string, string>>, ...flags: readonly string[]): Promise<{ code: number; output: string }> {
    const child = spawn(process.execPath, [join(projectRoot, "dist/stdio-bridge/main.js"), ...flags], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit") as Promise<[number]>]);
    return { code, output: stdout + stderr };
  }

  for (const { what, env, flags, says } of [
    { what: "a port out of range", env: {}, flags: ["--port", "70000"], says: 'port "70000" is not in 0..65535' },
    { what: "a variable that is no number", env: { MCP_MESH_MAX_REQUEST_BYTES: "many" }, flags: [], says: '"many" is not a number of 1 or more' },
    { what: "half of TLS", env: { MCP_MESH_XDS_CA: "package.json" }, flags: [], says: "belong together: give all three, or none" },
    { what: "a certificate that is not there", env: {}, flags: ["--xds-ca", "/no/ca", "--xds-cert", "/no/cert", "--xds-key", "/no/key"], says: "/no/ca" },
    { what: "an unknown flag", env: {}, flags: ["--prot", "1"], says: "Did you mean --port?" },
    { what: "an address without a port", env: {}, flags: ["--advertise", "bridge"], says: '"bridge" is not host:port' },
  ]) {
    it(`says what is wrong with ${what}, and ends with code 2`, async () => {
      const { code, output } = await run(env, ...flags);
      expect(output).to.include(says);
      expect(code).to.equal(2);
    });
  }

  it("says that its port is taken, and ends with code 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, output } = await run({}, "--port", String(port));
    other.close();
    expect(output).to.include(`cannot listen on 127.0.0.1:${port}`);
    expect(code).to.equal(1);
  });

  it("explains its flags", async () => {
    const { code, output } = await run({}, "--help");
    expect(code).to.equal(0);
    expect(output).to.include("--xds-address").and.include("MCP_MESH_XDS_ADDRESS");
  });
});

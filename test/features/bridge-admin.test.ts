/** The bridge's own health and metrics, and how it meets what it cannot start with. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
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

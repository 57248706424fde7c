/** What one process may use, and whom it runs as. */

import { expect } from "chai";
import { answerOf, Bridge, oddServer } from "../stdio-bridge/bridge.js";
import { metricsOf } from "../stdio-bridge/metrics-of.js";

const mib = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

describe("bridge: limits", () => {
  let bridge: Bridge;

  before(async () => {
    bridge = await Bridge.start({ MCP_MESH_BRIDGE_ADMIN_PORT: "0" });
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });

  for (const { who, inChild } of [{ who: "a process", inChild: false }, { who: "what a process has started", inChild: true }]) {
    it(`ends ${who} when it needs more memory than it may, and says why`, async () => {
      await bridge.serve("eater", { limits: { memory_bytes: 256 * mib } });
      const session = await bridge.open("eater");
      expect(await session.call("eat", { bytes: 32 * mib })).to.deep.equal({ eaten: 1 });
      const open = session.request("silence");
      await session.request("eat", { bytes: 300 * mib, inChild });
      const answer = await answerOf(await open);
      expect(answer.error?.message).to.equal("the server process was ended because it needed more than the 256 MiB that limits.memory allows");
      expect((await metricsOf(bridge)).get('mcp_mesh_bridge_processes_ended_total{server="eater",how="out_of_memory"}')).to.be.greaterThan(0);
      await (await bridge.open("eater")).delete();
    });
  }

  it("is unhealthy with the limit as the reason when no process can start within it", async () => {
    bridge.xds.put("tiny", { command: oddServer, limits: { memory_bytes: 1 * mib } });
    const report = await bridge.xds.server("tiny", ({ state }) => state === "UNHEALTHY");
    expect(report.reason).to.match(/needed more than the 1 MiB that limits.memory allows, 3 times in a row/);
  });

  it("serves a server whose limit of CPU it cannot keep, and says so", async () => {
    const cgroups = await bridge.logs.any((line) => line.msg.startsWith("cgroup v2: "));
    await bridge.serve("calm", { limits: { milli_cpus: 500 } });
    await (await bridge.open("calm")).delete();
    const { warnings } = await bridge.xds.server("calm", () => true);
    const keeps = ((cgroups["controllers"] ?? []) as readonly string[]).includes("cpu"); // As the bridge logs it.
    if (keeps) expect(warnings).to.deep.equal([]);
    else expect(warnings).to.have.length(1).and.have.nested.property("0").that.matches(/^limits.cpu is not kept: .*cgroup/);
  });

  it("runs a process as the user that it is told, or says what keeps it", async () => {
    bridge.xds.put("foreign", { command: oddServer, user: isRoot ? "65534:65533" : "0" });
    if (!isRoot) {
      const report = await bridge.xds.server("foreign", ({ state }) => state === "UNHEALTHY");
      expect(report.reason).to.include("the bridge itself must run as root");
      return;
    }
    await bridge.xds.ready("foreign");
    const session = await bridge.open("foreign");
    expect(await session.call("pid")).to.deep.include({ uid: 65534, gid: 65533, groups: [65533] });
    await session.delete();
  });

  it("is unhealthy when there is no such user", async () => {
    bridge.xds.put("nobody", { command: oddServer, user: "no-such-user" });
    const report = await bridge.xds.server("nobody", ({ state }) => state === "UNHEALTHY");
    expect(report.reason).to.equal('user "no-such-user" is not in /etc/passwd: create it on the bridge\'s machine, or give its number');
    expect(report.processes ?? 0).to.equal(0);
  });
});

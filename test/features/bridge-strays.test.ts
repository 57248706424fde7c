/** Processes that leave the group of the one that started them: none is left either, however their server or the bridge ends. */

import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { Bridge, isAlive, oddServer, until, type RawSession } from "../stdio-bridge/bridge.js";
import { metricsOf } from "../stdio-bridge/metrics-of.js";

/** Only /proc shows who has left. */
const sees = process.platform === "linux";

describe("bridge: strays", () => {
  let bridge: Bridge;

  beforeEach(async () => {
    bridge = await Bridge.start({ MCP_MESH_BRIDGE_ADMIN_PORT: "0" });
    await bridge.serve("odd");
  });
  afterEach(() => bridge.stop());

  async function startDaemon(session: RawSession, params: object = {}): Promise<number> {
    const { pid } = await session.call<{ pid: number }>("daemon", params);
    expect(isAlive(pid)).to.equal(true);
    return pid;
  }

  /** Without /proc a daemon lives on, and the test ends it. */
  async function expectGone(...pids: readonly number[]): Promise<void> {
    if (sees) return until(() => !pids.some(isAlive), "all are gone");
    for (const pid of pids) process.kill(pid, "SIGKILL");
  }

  it("ends a daemon with its session, and counts it", async () => {
    const session = await bridge.open("odd");
    const daemon = await startDaemon(session);
    await session.delete();
    await expectGone(daemon);
    if (sees) await until(async () => (await metricsOf(bridge)).get('mcp_mesh_bridge_orphans_found_total{server="odd",found="process_end"}') === 1, "it is counted");
  });

  it("ends a daemon when its server dies", async () => {
    const session = await bridge.open("odd");
    const daemon = await startDaemon(session);
    await (await session.request("crash", { code: 1 })).text();
    await expectGone(daemon);
  });

  it("ends a server that a wrapper has put into a session of its own", async () => {
    await bridge.serve("wrapped", { command: ["/bin/sh", "-c", 'exec 3<&0; setsid "$@" <&3 & wait', "wrapper", ...oddServer, "--outlive-stdin"] });
    const session = await bridge.open("wrapped");
    const { pid } = await session.call<{ pid: number }>("pid");
    await session.delete();
    await expectGone(pid);
  });

  it("ends the daemons of a bridge that is killed", async () => {
    const session = await bridge.open("odd");
    const { pid } = await session.call<{ pid: number }>("pid");
    const daemon = await startDaemon(session);
    bridge.child.kill("SIGKILL");
    await bridge.exited;
    await until(() => !isAlive(pid), "the server is gone");
    await expectGone(daemon);
  });

  it("ends the daemons of a bridge that ends", async () => {
    const daemon = await startDaemon(await bridge.open("odd"));
    expect(await bridge.stop()).to.equal(0);
    await expectGone(daemon);
  });

  it("ends a daemon that forgets whose it is, where there is a cgroup to remember it", async () => {
    const cgroups = await bridge.logs.any((line) => line.msg.startsWith("cgroup v2: "));
    const session = await bridge.open("odd");
    const daemon = await startDaemon(session, { forgets: true });
    await session.delete();
    if (cgroups.msg === "cgroup v2: usable") return until(() => !isAlive(daemon), "it is gone");
    // What nothing marks, and what belongs to no group that we know, cannot be told from a stranger.
    expect(isAlive(daemon)).to.equal(true);
    process.kill(daemon, "SIGKILL");
  });

  // Where nothing shows marks, nobody can find these.
  if (sees) it("ends what a bridge has left that was killed together with its guard", async () => {
    const session = await bridge.open("odd");
    const { pid } = await session.call<{ pid: number }>("pid");
    const daemon = await startDaemon(session);
    const guards = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && commandOf(name).includes(`.${bridge.child.pid ?? 0}.`) && commandOf(name).includes("guard.sh"));
    expect(guards).to.have.length(1);
    for (const guard of guards) process.kill(Number(guard), "SIGKILL");
    bridge.child.kill("SIGKILL");
    await bridge.exited;
    bridge.xds.stop();

    bridge = await Bridge.start();
    await until(() => !isAlive(pid) && !isAlive(daemon), "both are gone");
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return ""; // It is gone.
  }
}

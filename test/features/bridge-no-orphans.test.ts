/** No process outlives the bridge, however the bridge ends. */

import { expect } from "chai";
import { answerOf, Bridge, isAlive, oddServer, until } from "../stdio-bridge/bridge.js";

/** A session whose process has a child, both as stubborn as can be, and a warm spare beside it. */
async function startFamily(env: Readonly<Record<string, string>> = {}): Promise<{ bridge: Bridge; pids: readonly number[]; session: Awaited<ReturnType<Bridge["open"]>> }> {
  const bridge = await Bridge.start(env);
  await bridge.serve("odd", { command: [...oddServer, "--ignore-sigterm", "--outlive-stdin"], pool: { min: 1, max: 3 } });
  const session = await bridge.open("odd");
  const { pid } = await session.call<{ pid: number }>("pid");
  const { pid: grandchild } = await session.call<{ pid: number }>("fork");
  const { pid: spare } = (await bridge.logs.any((line) => line.msg === "server process started" && line["pid"] !== pid)) as unknown as { pid: number };
  const pids = [pid, grandchild, spare];
  expect(pids.every(isAlive)).to.equal(true);
  return { bridge, pids, session };
}

describe("bridge: no orphans", () => {
  it("leaves none after SIGKILL", async () => {
    const { bridge, pids } = await startFamily();
    bridge.child.kill("SIGKILL");
    await bridge.exited;
    await until(() => !pids.some(isAlive), "all are gone");
    bridge.xds.stop();
  });

  it("leaves none after SIGTERM, and tells the xds-server that it drains", async () => {
    const { bridge, pids } = await startFamily();
    bridge.child.kill("SIGTERM");
    await bridge.xds.reports.any((report) => report.draining === true);
    expect(await bridge.exited).to.equal(0);
    expect(pids.some(isAlive)).to.equal(false);
    bridge.xds.stop();
  });

  it("lets open requests end before it ends, serves who has not heard of its end, and then begins no new session", async () => {
    const bridge = await Bridge.start();
    await bridge.serve("odd");
    const session = await bridge.open("odd");
    const asking = session.request("ask", { method: "roots/list" }, { accept: "text/event-stream" });
    await asking;
    bridge.child.kill("SIGTERM");
    await bridge.xds.reports.any((report) => report.draining === true);
    await (await bridge.open("odd")).delete();
    // It reports no more: from then on others get what comes.
    await bridge.xds.reportsEnded.any(() => true);
    await bridge.logs.any((line) => line.msg.startsWith("handed over"));
    expect((await bridge.post("odd", '{"jsonrpc":"2.0","id":1,"method":"initialize"}')).status).to.equal(503);
    await session.send('{"jsonrpc":"2.0","id":0,"result":{}}');
    expect((await answerOf(await asking)).result).to.have.property("line");
    expect(await bridge.exited).to.equal(0);
    bridge.xds.stop();
  });

  it("answers what is still open when its patience is over", async () => {
    const bridge = await Bridge.start({ MCP_MESH_BRIDGE_DRAIN_SECONDS: "0.2" });
    await bridge.serve("odd");
    const session = await bridge.open("odd");
    const asking = session.request("silence");
    await session.call("pid");
    bridge.child.kill("SIGTERM");
    expect((await answerOf(await asking)).error?.message).to.include("the bridge is ending");
    expect(await bridge.exited).to.equal(0);
    bridge.xds.stop();
  });

  it("ends with its parent where it is told so", async () => {
    const { bridge, pids } = await startFamily({ MCP_MESH_EXIT_WITH_PARENT: "1" });
    bridge.child.stdin?.end();
    expect(await bridge.exited).to.equal(0);
    expect(pids.some(isAlive)).to.equal(false);
    bridge.xds.stop();
  });

  it("does not wait for who asks twice", async () => {
    const { bridge, pids, session } = await startFamily();
    const open = session.request("silence").catch(() => undefined);
    await session.call("pid");
    bridge.child.kill("SIGINT");
    await bridge.xds.reports.any((report) => report.draining === true);
    bridge.child.kill("SIGINT");
    expect(await bridge.exited).to.equal(1);
    await open;
    await until(() => !pids.some(isAlive), "all are gone");
    bridge.xds.stop();
  });
});

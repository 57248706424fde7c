/** Tests of one supervised child, with real processes. */

import { expect } from "chai";
import { once, EventEmitter } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { ChildSpec } from "../../../../xds-server/cli/up/plan.js";
import { SupervisedChild } from "../../../../xds-server/cli/up/supervised-child.js";

describe("supervised-child", () => {
  const children: SupervisedChild[] = [];
  afterEach(() => { for (const child of children.splice(0)) child.kill(); });

  function start(script: string, more: Partial<ChildSpec> & { readonly isReady?: boolean } = {}): { child: SupervisedChild; events: EventEmitter } {
    const events = new EventEmitter();
    const spec: ChildSpec = { name: "child", role: "bridge", program: process.execPath, args: ["-e", script], env: process.env, attemptsAtStart: 1, isChatty: false, ...more };
    const child = new SupervisedChild(spec, {
      onLine: (_spec, line) => events.emit("line", line),
      onRestart: (_spec, how, afterMs) => events.emit("restart", how, afterMs),
      onGiveUp: (_spec, how, lines) => events.emit("giveUp", how, lines),
      hasBeenReady: () => more.isReady ?? true,
    });
    children.push(child);
    return { child, events };
  }
  const forever = "console.log(process.pid); setInterval(() => undefined, 1e6)";

  it("is started again after it was killed, and says how it ended", async () => {
    const { events } = start(forever);
    const [first] = await once(events, "line") as [string];
    process.kill(Number(first), "SIGKILL");
    expect(await once(events, "restart")).to.deep.equal(["ended by SIGKILL", 100]);
    const [second] = await once(events, "line") as [string];
    expect(second).not.to.equal(first);
  });

  it("is not started again after it was stopped", async () => {
    const { child, events } = start(forever);
    const [pid] = await once(events, "line") as [string];
    events.on("restart", () => expect.fail("it was started again"));
    await child.stop();
    expect(() => process.kill(Number(pid), 0)).to.throw("ESRCH");
  });

  it("ends one that ignores SIGTERM when it is killed", async () => {
    const { child, events } = start(`process.on("SIGTERM", () => undefined); ${forever}`);
    const [pid] = await once(events, "line") as [string];
    const stopped = child.stop();
    child.kill();
    await stopped;
    expect(() => process.kill(Number(pid), 0)).to.throw("ESRCH");
  });

  it("gives up on what cannot come up, with its last words", async () => {
    const { events } = start('console.error("port is bad"); process.exit(3)', { isReady: false });
    expect(await once(events, "giveUp")).to.deep.equal(["ended with exit code 3", ["port is bad"]]);
  });

  it("gives up on a program that is not there", async () => {
    const { events } = start("", { isReady: false, program: "/nowhere/program" });
    const [how] = await once(events, "giveUp") as [string];
    expect(how).to.include("cannot be started").and.to.include("ENOENT");
  });

  it("takes what the child leaves in its group with it", async () => {
    const listening = createServer().listen(0, "127.0.0.1");
    await once(listening, "listening");
    const { port } = listening.address() as AddressInfo;
    const { child } = start(`
      require("node:child_process").spawn(process.execPath, ["-e", 'require("node:net").connect(${port}, "127.0.0.1")'], { stdio: "ignore" });
      setInterval(() => undefined, 1e6);
    `);
    const [grandchild] = await once(listening, "connection") as [Socket];
    // A process that is killed resets its connection, or ends it.
    grandchild.on("error", () => undefined).resume();
    await Promise.all([once(grandchild, "close"), child.stop()]);
    listening.close();
  });
});

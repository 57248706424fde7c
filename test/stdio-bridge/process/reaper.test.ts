/** Who is ended because his worker is no more, and who is not: with real processes, in a namespace that no bridge on this machine has. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { pino } from "pino";
import { readSelf } from "../../../stdio-bridge/process/process-list.js";
import { markVariable, writeProcessMark, type WorkerMark } from "../../../stdio-bridge/process/process-mark.js";
import { Reaper } from "../../../stdio-bridge/process/reaper.js";
import { Tally } from "../../../stdio-bridge/process/tally.js";
import { until } from "../bridge.js";

const self = readSelf();
const namespace = "1";

// Without /proc nobody is found.
if (self !== undefined) describe("reaper", () => {
  const worker: WorkerMark = { namespace, pid: process.pid, startTicks: self.startTicks, nonce: "aaaaaaaaaaaaaaaa" };
  /** The same id as ours, but begun at another time: an id that is used again. */
  const dead: WorkerMark = { ...worker, startTicks: "1", nonce: "bbbbbbbbbbbbbbbb" };
  const children: ChildProcess[] = [];
  let reaper: Reaper, tally: Tally;

  beforeEach(() => {
    tally = new Tally();
    reaper = new Reaper(worker, true, { kind: "none", why: "it is a test" }, pino({ level: "silent" }), tally);
  });
  afterEach(() => {
    reaper.stop();
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  function startMarked(mark: string): ChildProcess {
    const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore", env: { ...process.env, [markVariable]: mark } });
    children.push(child);
    return child;
  }

  it("ends what a worker has left that is no more, and counts it; what belongs to others it leaves alone", async () => {
    const mine = startMarked(reaper.admit().mark);
    const foreign = startMarked(writeProcessMark({ worker: { ...dead, namespace: "2" }, number: 1 }));
    const another = startMarked(writeProcessMark({ worker: { ...worker, nonce: "cccccccccccccccc" }, number: 1 }));
    const left = startMarked(writeProcessMark({ worker: dead, number: 1 }));
    const [, signal] = await once(left, "exit") as [number | null, string | null];
    expect(signal).to.equal("SIGTERM");
    for (const other of [mine, foreign, another]) expect([other.exitCode, other.signalCode]).to.deep.equal([null, null]);
    await until(() => tally.read("orphans_found").size > 0, "it is counted");
    expect(tally.read("orphans_found").get("left_behind")).to.equal(1);
  });

  it("ends who has left the group of a process of ours, and says how many there were", async () => {
    const { number, mark } = reaper.admit();
    const [one, two] = [startMarked(mark), startMarked(mark)];
    const ended = Promise.all([once(one, "exit"), once(two, "exit")]);
    expect(await reaper.endStrays(number, -1, undefined)).to.equal(2);
    await ended;
  });
});

/** A limit for work that may wait: it comes whatever is collected meanwhile, and leaves nothing behind. */

import { getEventListeners, once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { within } from "../../../stdio-bridge/session/time-limit.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void; // The flag brings this function into each new context.
const untilAborted = (stop: AbortSignal): Promise<unknown> => once(stop, "abort");

describe("work within a time limit", () => {
  it("is told when the time has passed, though nobody else holds the signal", async () => {
    const work = within(50, new AbortController().signal, untilAborted);
    await new Promise(setImmediate);
    collect();
    await work;
  });

  it("is told when whoever wants it has gone, before and meanwhile", async () => {
    const gone = new AbortController();
    const work = within(60_000, gone.signal, untilAborted);
    gone.abort();
    await work;
    expect(await within(60_000, gone.signal, (stop) => Promise.resolve(stop.aborted))).to.equal(true);
  });

  it("leaves nothing at the signal, whether it works or fails", async () => {
    const { signal } = new AbortController();
    expect(await within(60_000, signal, () => Promise.resolve("done"))).to.equal("done");
    await within(60_000, signal, () => Promise.reject(new Error("broken"))).catch(() => undefined);
    expect(getEventListeners(signal, "abort")).to.deep.equal([]);
  });
});

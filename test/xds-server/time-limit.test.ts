/** A time limit: it comes whatever is collected meanwhile, says whether it was late, and leaves nothing behind. */

import { getEventListeners, once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { startTimeLimit } from "../../xds-server/time-limit.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void; // The flag brings this function into each new context.

describe("a time limit", () => {
  it("comes though nobody else holds its signal, and is late then", async () => {
    const limit = startTimeLimit(50, new AbortController().signal);
    const over = once(limit.signal, "abort");
    collect();
    await over;
    expect(limit.isLate()).to.equal(true);
  });

  it("is over when it is stopped, before and meanwhile, and is not late then", () => {
    const stopping = new AbortController();
    const limit = startTimeLimit(60_000, stopping.signal);
    stopping.abort();
    expect([limit, startTimeLimit(60_000, stopping.signal)].map(({ signal, isLate, end }) => {
      end();
      return [signal.aborted, isLate()];
    })).to.deep.equal([[true, false], [true, false]]);
  });

  it("leaves nothing with the signal that could have stopped it", () => {
    const { signal } = new AbortController();
    startTimeLimit(60_000, signal).end();
    expect(getEventListeners(signal, "abort")).to.deep.equal([]);
  });
});

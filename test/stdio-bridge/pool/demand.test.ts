/** How demand is estimated: by how fast sessions came, and how long a start takes. */

import { expect } from "chai";
import { Demand } from "../../../stdio-bridge/pool/demand.js";

const limits = { memoryMs: 1_000, firstStartMs: 500, maxStartMs: 10_000 };

/** One arrival each `gapMs`, for `count` of them; the time of the last. */
function arrive(demand: Demand, count: number, gapMs: number): number {
  for (let i = 1; i <= count; i++) demand.noteArrival(i * gapMs);
  return count * gapMs;
}

describe("demand", () => {
  it("is nothing before anybody came", () => expect(new Demand(limits).expected(1_000)).to.equal(0));

  it("is what comes in the time of a start, when they come evenly", () => {
    const demand = new Demand(limits);
    const nowMs = arrive(demand, 200, 100);
    expect(demand.expected(nowMs)).to.be.closeTo(5, 0.5);
  });

  it("is forgotten with time", () => {
    const demand = new Demand(limits);
    const nowMs = arrive(demand, 200, 100);
    expect(demand.expected(nowMs + 10_000)).to.be.lessThan(0.01);
  });

  it("follows how long starts take, within bounds", () => {
    const [quick, slow] = [new Demand(limits), new Demand(limits)];
    for (let i = 0; i < 50; i++) {
      quick.noteStart(50);
      slow.noteStart(3_600_000);
    }
    const nowMs = arrive(quick, 200, 100);
    arrive(slow, 200, 100);
    expect(quick.expected(nowMs)).to.be.closeTo(0.5, 0.1);
    expect(slow.expected(nowMs)).to.be.closeTo(100, 10);
  });
});

/** What a pool does next, case by case, and what holds in every case. */

import { expect } from "chai";
import fc from "fast-check";
import { planPool, type PoolLimits, type PoolPlan, type PoolView } from "../../../stdio-bridge/pool/pool-policy.js";

const quiet: PoolView = { spares: 0, starting: 0, leased: 0, stopping: 0, waiting: 0, expected: 0, failures: 0, nextStartMs: 0 };
const nothing: PoolPlan = { start: 0, stop: 0, wakeMs: undefined };

describe("pool policy", () => {
  const cases: readonly { what: string; pool?: Partial<PoolView>; limits: PoolLimits; expected: Partial<PoolPlan> }[] = [
    { what: "starts the spares that are wanted", limits: { min: 2, max: 5 }, expected: { start: 2 } },
    { what: "counts those that are starting", pool: { starting: 1 }, limits: { min: 2, max: 5 }, expected: { start: 1 } },
    { what: "is content with its spares", pool: { spares: 2 }, limits: { min: 2, max: 5 }, expected: {} },
    { what: "keeps spares beside the leased", pool: { leased: 2 }, limits: { min: 2, max: 5 }, expected: { start: 2 } },
    { what: "does not go beyond the limit", pool: { leased: 4 }, limits: { min: 2, max: 5 }, expected: { start: 1 } },
    { what: "counts those on their way out", pool: { leased: 4, stopping: 1, waiting: 3 }, limits: { min: 2, max: 5 }, expected: {} },
    { what: "starts for those who wait", pool: { waiting: 2 }, limits: { min: 0, max: 5 }, expected: { start: 2 } },
    { what: "starts nothing where nobody waits and no spare is wanted", limits: { min: 0, max: 5 }, expected: {} },
    { what: "stops spares that nobody wants", pool: { spares: 3 }, limits: { min: 1, max: 5 }, expected: { stop: 2 } },
    { what: "stops all spares when it is closed", pool: { spares: 3, leased: 1 }, limits: { min: 0, max: 0 }, expected: { stop: 3 } },
    { what: "waits after a failure", pool: { failures: 1, nextStartMs: 1_500 }, limits: { min: 1, max: 5 }, expected: { wakeMs: 1_500 } },
    { what: "tries one at a time while starts fail", pool: { failures: 2, waiting: 4, nextStartMs: 900 }, limits: { min: 2, max: 5 }, expected: { start: 1 } },
    { what: "watches a spare before it starts another while starts fail", pool: { failures: 2, spares: 1 }, limits: { min: 2, max: 5 }, expected: {} },
    { what: "starts as many in advance as may be asked for while one starts", pool: { spares: 1, leased: 9, expected: 2.6 }, limits: { min: 1, max: 20 }, expected: { start: 2 } },
    { what: "starts no more in advance than a part of its limit", pool: { spares: 1, expected: 12 }, limits: { min: 1, max: 20 }, expected: { start: 4 } },
    { what: "starts nothing in advance where no spare is wanted", pool: { expected: 5 }, limits: { min: 0, max: 20 }, expected: {} },
    { what: "starts nothing in advance while starts fail", pool: { spares: 1, failures: 1, expected: 5 }, limits: { min: 1, max: 20 }, expected: {} },
    { what: "asks again whether spares beyond its minimum are still expected", pool: { spares: 3, expected: 2.9 }, limits: { min: 1, max: 20 }, expected: { wakeMs: 2_000 } },
    { what: "stops what it does not expect any more", pool: { spares: 3, expected: 0.4 }, limits: { min: 1, max: 20 }, expected: { stop: 2 } },
    { what: "tries on though nobody waits and no spare is wanted", pool: { failures: 3 }, limits: { min: 0, max: 5 }, expected: { start: 1 } },
  ];
  for (const { what, pool, limits, expected } of cases) {
    it(what, () => expect(planPool({ ...quiet, ...pool }, limits, 1_000)).to.deep.equal({ ...nothing, ...expected }));
  }

  it("never goes beyond the limit, never stops what it does not have, and never starts and stops at once", () => {
    const few = fc.nat({ max: 6 });
    const view = fc.record({ spares: few, starting: few, leased: few, stopping: few, waiting: few, expected: fc.double({ min: 0, max: 20, noNaN: true }), failures: few, nextStartMs: fc.nat({ max: 2_000 }) });
    fc.assert(fc.property(view, few, few, (pool, min, max) => {
      const { start, stop } = planPool(pool, { min, max }, 1_000);
      const alive = pool.spares + pool.starting + pool.leased + pool.stopping;
      expect(start).to.be.within(0, Math.max(0, max - alive));
      expect(stop).to.be.within(0, pool.spares);
      expect(start * stop).to.equal(0);
    }));
  });
});

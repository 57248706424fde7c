/** What happens next to processes that all sessions share, case by case, and what holds in every case. */

import { expect } from "chai";
import fc from "fast-check";
import { planShared, type SharedLimits, type SharedPlan, type SharedProcessView, type SharedView } from "../../../stdio-bridge/pool/shared-policy.js";

const limits: SharedLimits = { min: 1, max: 4, concurrency: 2, idleTimeoutMs: 1_000 };
const quiet: SharedView = { serving: [], starting: 0, retiring: 0, waiting: 0, isAsked: false };
const busy: SharedProcessView = { open: 2, idleMs: 0, isHeld: false };
const idle: SharedProcessView = { open: 0, idleMs: 1_000, isHeld: false };

describe("shared policy", () => {
  const cases: readonly { what: string; view?: Partial<SharedView>; limits?: Partial<SharedLimits>; expected: Partial<SharedPlan> }[] = [
    { what: "starts the least that is wanted", expected: { start: 1 } },
    { what: "counts those that are starting", view: { starting: 1 }, expected: {} },
    { what: "starts nothing where nothing is wanted", limits: { min: 0 }, expected: {} },
    { what: "starts one for who asks what the server is", limits: { min: 0 }, view: { isAsked: true }, expected: { start: 1 } },
    { what: "starts for what waits, as many as it takes", view: { serving: [busy], waiting: 3 }, expected: { start: 2 } },
    { what: "counts on those that are starting", view: { serving: [busy], starting: 1, waiting: 3 }, expected: { start: 1 } },
    { what: "does not go beyond the limit", view: { serving: [busy, busy, busy], waiting: 30 }, expected: { start: 1 } },
    { what: "counts those that are to go", view: { serving: [busy, busy, busy], retiring: 1, waiting: 30 }, expected: {} },
    { what: "gives back who is idle", view: { serving: [busy, idle] }, expected: { giveBack: [1] } },
    { what: "gives back the last one where none is wanted", limits: { min: 0 }, view: { serving: [idle] }, expected: { giveBack: [0] } },
    { what: "keeps the least that is wanted", view: { serving: [idle] }, expected: {} },
    { what: "keeps who has only just become idle", view: { serving: [busy, { ...idle, idleMs: 999 }] }, expected: {} },
    { what: "keeps who holds a subscription", view: { serving: [busy, { ...idle, isHeld: true }] }, expected: {} },
    { what: "gives back what a lower limit leaves over", limits: { max: 1 }, view: { serving: [busy, busy, busy], waiting: 5 }, expected: { giveBack: [1, 2] } },
  ];
  for (const { what, view, limits: given, expected } of cases) {
    it(what, () => expect(planShared({ ...quiet, ...view }, { ...limits, ...given })).to.deep.equal({ start: 0, giveBack: [], ...expected }));
  }

  it("never goes beyond the limit, never gives back a busy one within it, and serves whoever waits where there is room", () => {
    const few = fc.nat({ max: 5 });
    const process = fc.record({ open: few, idleMs: fc.nat({ max: 2_000 }), isHeld: fc.boolean() });
    const view = fc.record({ serving: fc.array(process, { maxLength: 5 }), starting: few, retiring: few, waiting: fc.nat({ max: 20 }), isAsked: fc.boolean() });
    fc.assert(fc.property(view, few, few, (pool, min, room) => {
      const max = Math.max(1, min + room);
      const { start, giveBack } = planShared(pool, { ...limits, min, max });
      const alive = pool.serving.length + pool.starting;
      expect(start).to.be.within(0, Math.max(0, max - alive - pool.retiring));
      if (pool.serving.length <= max) for (const index of giveBack) expect(pool.serving[index]?.open).to.equal(0);
      if (pool.waiting > 0 && pool.starting === 0 && alive + pool.retiring < max) expect(start).to.be.greaterThan(0);
    }));
  });
});

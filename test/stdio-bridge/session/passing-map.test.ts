/** A PassingMap does what a Map does. */

import { expect } from "chai";
import fc from "fast-check";
import { PassingMap } from "../../../stdio-bridge/session/passing-map.js";

describe("PassingMap", () => {
  it("holds what a Map would hold, in the same order, whatever is done to it", () => {
    const key = fc.integer({ min: 0, max: 5 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant("set" as const), key, value: fc.object() }),
      fc.record({ kind: fc.constant("delete" as const), key }),
      fc.record({ kind: fc.constant("clear" as const) }),
    );
    fc.assert(fc.property(fc.array(step), (steps) => {
      const [ours, map] = [new PassingMap<number, object>(), new Map<number, object>()];
      for (const one of steps) {
        if (one.kind === "set") for (const each of [ours, map]) each.set(one.key, one.value);
        else if (one.kind === "delete") for (const each of [ours, map]) each.delete(one.key);
        else for (const each of [ours, map]) each.clear();
        expect([...ours]).to.deep.equal([...map]);
        expect([...ours.values()]).to.deep.equal([...map.values()]);
        expect(ours.size).to.equal(map.size);
        for (let number = 0; number <= 5; number++) {
          expect(ours.has(number)).to.equal(map.has(number));
          expect(ours.get(number)).to.equal(map.get(number));
        }
      }
    }));
  });
});

/** Whose turn it is in a queue of many owners. */

import { expect } from "chai";
import fc from "fast-check";
import { FairQueue } from "../../../stdio-bridge/session/fair-queue.js";

function filled(items: readonly string[]): FairQueue<string, string> {
  const queue = new FairQueue<string, string>();
  for (const item of items) queue.push(item.charAt(0), item);
  return queue;
}

function drain(queue: FairQueue<string, string>): string[] {
  return Array.from({ length: queue.size }, () => queue.shift() ?? "");
}

describe("fair queue", () => {
  it("lets owners take turns, each in its own order", () => {
    expect(drain(filled(["a1", "a2", "a3", "b1", "c1", "c2"]))).to.deep.equal(["a1", "b1", "c1", "a2", "c2", "a3"]);
  });

  it("gives up what is taken out", () => {
    const queue = filled(["a1", "a2", "b1"]);
    expect([queue.remove("a", "a1"), queue.remove("a", "a1"), queue.remove("z", "z1")]).to.deep.equal([true, false, false]);
    expect(drain(queue)).to.deep.equal(["a2", "b1"]);
  });

  it("takes the newest of who has more than another would have", () => {
    const queue = filled(["a1", "a2", "a3", "b1"]);
    expect(queue.takeFromGreedier("c")).to.equal("a3");
    expect(queue.takeFromGreedier("b")).to.equal(undefined);
    expect(queue.takeFromGreedier("a")).to.equal(undefined);
    expect(queue.size).to.equal(3);
  });

  it("gives everything, and is empty", () => {
    const queue = filled(["a1", "b1"]);
    expect(queue.takeAll()).to.deep.equal(["a1", "b1"]);
    expect([queue.size, queue.shift()]).to.deep.equal([0, undefined]);
  });

  it("lets nobody wait for more than one of each other owner, and loses nothing", () => {
    fc.assert(fc.property(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 40 }), (owners) => {
      const items = owners.map((owner, index) => `${owner}${index}`);
      const served = drain(filled(items));
      expect([...served].sort()).to.deep.equal([...items].sort());
      const rounds = served.map((item, index) => served.slice(0, index).filter((earlier) => earlier.startsWith(item.charAt(0))).length);
      expect(rounds).to.deep.equal([...rounds].sort((a, b) => a - b));
    }));
  });
});

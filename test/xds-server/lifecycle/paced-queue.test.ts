/** The queue whose writers wait for its reader. */

import { expect } from "chai";
import { makePacedQueue, type PacedQueue } from "../../../xds-server/lifecycle/paced-queue.js";

interface Value { readonly id: number; readonly size: number }

describe("a paced queue", () => {
  let queue: PacedQueue<Value>;
  let pushed: number[];
  beforeEach(() => {
    queue = makePacedQueue<Value>({ values: 3, size: 100, sizeOf: ({ size }) => size });
    pushed = [];
  });
  const push = (id: number, size = 1): Promise<void> => queue.push({ id, size }).then(() => void pushed.push(id));
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  const limits: readonly (readonly [what: string, sizes: readonly number[], fits: number])[] = [
    ["so many wait", [1, 1, 1, 1, 1], 3],
    ["so much waits", [60, 40, 1], 2],
    ["the next would be too much", [60, 50], 1],
    ["one larger than all waits alone", [1_000, 1], 1],
  ];
  for (const [what, sizes, fits] of limits) {
    it(`lets writers wait where ${what}, and loses nothing`, async () => {
      const writing = Promise.all(sizes.map((size, id) => push(id, size))).then(queue.end);
      await settled();
      expect(pushed).to.deep.equal(sizes.slice(0, fits).map((_, id) => id));
      const taken: number[] = [];
      for await (const { id } of queue.values()) taken.push(id);
      await writing;
      expect(taken).to.deep.equal(sizes.map((_, id) => id));
    });
  }

  it("takes in a value for each that is taken out", async () => {
    const writing = Promise.all([0, 1, 2, 3, 4].map((id) => push(id)));
    const values = queue.values();
    await values.next();
    await settled();
    expect(pushed).to.deep.equal([0, 1, 2, 3]);
    queue.end();
    await writing;
  });

  for (const how of ["end", "fail"] as const) {
    it(`wakes writers at its ${how}`, async () => {
      const writing = Promise.all([0, 1, 2, 3].map((id) => push(id)));
      const why = new Error("that is why");
      if (how === "end") queue.end();
      else queue.fail(why);
      await writing;
      await push(4);
      const taken: number[] = [];
      const failure: unknown = await (async () => {
        for await (const { id } of queue.values()) taken.push(id);
      })().catch((error: unknown) => error);
      expect(taken).to.deep.equal([0, 1, 2]);
      expect(failure).to.equal(how === "end" ? undefined : why);
    });
  }
});

/** Joining streams: nothing before all have spoken, the newest of each after, bursts as one, and an end for every reason. */

import { EventEmitter, once } from "node:events";
import { expect } from "chai";
import { latest } from "../../xds-server/latest.js";

/** A stream that is fed by hand. */
class Feed<T> {
  readonly #events = new EventEmitter();
  readonly #values: T[] = [];
  #isEnded = false;
  #failure: Error | undefined;
  isRead = false;

  give(...values: T[]): void { this.#values.push(...values); this.#events.emit("news"); }
  end(): void { this.#isEnded = true; this.#events.emit("news"); }
  fail(error: Error): void { this.#failure = error; this.#events.emit("news"); }

  readonly views = async function* (this: Feed<T>, stop: AbortSignal): AsyncGenerator<T> {
    this.isRead = true;
    try {
      while (!stop.aborted) {
        const value = this.#values.shift();
        if (value !== undefined) yield value;
        else if (this.#failure !== undefined) throw this.#failure;
        else if (this.#isEnded) return;
        else await once(this.#events, "news", { signal: stop }).catch(() => undefined);
      }
    } finally {
      this.isRead = false;
    }
  }.bind(this);
}

describe("latest", () => {
  let letters: Feed<string>;
  let numbers: Feed<number>;
  let stop: AbortController;

  beforeEach(() => {
    letters = new Feed();
    numbers = new Feed();
    stop = new AbortController();
  });
  afterEach(() => stop.abort());

  const join = (): AsyncGenerator<[string, number]> => latest<[string, number]>([letters.views, numbers.views], 0, stop.signal);

  it("says nothing before every stream has spoken", async () => {
    const joined = join();
    const first = joined.next();
    letters.give("a", "b");
    await new Promise((resolve) => setImmediate(resolve));
    numbers.give(1);
    expect((await first).value).to.deep.equal(["b", 1]);
  });

  it("gives the newest of all after every change", async () => {
    letters.give("a");
    numbers.give(1);
    const joined = join();
    await joined.next();
    numbers.give(2);
    expect((await joined.next()).value).to.deep.equal(["a", 2]);
    letters.give("b");
    expect((await joined.next()).value).to.deep.equal(["b", 2]);
  });

  it("takes together what came while nobody asked", async () => {
    letters.give("a");
    numbers.give(1);
    const joined = join();
    await joined.next();
    letters.give("b", "c", "d");
    numbers.give(2, 3);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await joined.next()).value).to.deep.equal(["d", 3]);
  });

  it("ends when it is stopped, and lets the streams go", async () => {
    letters.give("a");
    numbers.give(1);
    const joined = join();
    await joined.next();
    const next = joined.next();
    stop.abort();
    expect(await next).to.deep.equal({ done: true, value: undefined });
    expect([letters.isRead, numbers.isRead]).to.deep.equal([false, false]);
  });

  it("ends with the first stream that ends", async () => {
    const joined = join();
    const next = joined.next();
    letters.end();
    expect((await next).done).to.equal(true);
    expect(numbers.isRead).to.equal(false);
  });

  it("throws what a stream throws", async () => {
    const joined = join();
    const next = joined.next();
    numbers.fail(new Error("the disk is gone"));
    const error: unknown = await next.then(() => undefined, (reason: unknown) => reason);
    expect(error).to.be.an("error").with.property("message", "the disk is gone");
  });
});

/** The watch that survives everything, against a small real API server that does what API servers do. */

import { expect } from "chai";
import { KubernetesError } from "../../../xds-server/kubernetes/kubernetes-error.js";
import { pauseMs, watchObjects, type WatchedObject } from "../../../xds-server/kubernetes/watch-objects.js";
import { closedAfterEach } from "../../e2e/life.js";
import { until } from "../../e2e/until.js";
import { FakeKubernetes, refuse, type Misbehave } from "./fake-kubernetes.js";

const path = "/api/v1/namespaces/mcp/services";

describe("watching Kubernetes objects", function () {
  this.timeout(20_000);
  const opened = closedAfterEach();

  class Watching {
    names: readonly string[] = [];
    /** The codes of troubles, with "-" where one was over. */
    readonly troubles: string[] = [];
    readonly changes: (readonly string[])[] = [];
    readonly fake: FakeKubernetes;
    readonly #over = new AbortController();
    #running: Promise<void> = Promise.resolve();

    constructor(fake: FakeKubernetes) {
      this.fake = fake;
    }

    async start(query: Readonly<Record<string, string>> = {}): Promise<this> {
      const api = await this.fake.connect();
      this.#running = watchObjects<WatchedObject>({
        api,
        path,
        query,
        onChange: (objects, changed) => {
          this.names = [...objects.keys()].map((key) => key.split("/")[1] ?? "").sort();
          this.changes.push([...changed].sort());
        },
        onTrouble: (error) => {
          const told = error?.code ?? "-";
          if (told !== "-" || (this.troubles.at(-1) ?? "-") !== "-") this.troubles.push(told);
        },
        stop: this.#over.signal,
        random: () => 0,
      });
      return this;
    }

    untilNames(...names: readonly string[]): Promise<unknown> {
      return until(`the names ${names.join(", ")}`, () => this.names.join() === names.join());
    }

    /** It has to end when it is asked to, and not before. */
    async stop(): Promise<void> {
      this.#over.abort();
      await this.#running;
    }
  }

  async function startFake(...names: readonly string[]): Promise<FakeKubernetes> {
    const fake = await opened(new FakeKubernetes().start());
    for (const name of names) fake.set(path, name, {});
    return fake;
  }

  const watching = async (fake: FakeKubernetes): Promise<Watching> => opened(new Watching(fake).start());

  /** So many times, then as it should. */
  function times(count: number, misbehave: Misbehave): Misbehave {
    let left = count;
    return (asked, response) => {
      if (left === 0 || !misbehave(asked, response)) return false;
      left -= 1;
      return true;
    };
  }

  it("lists, then follows what comes, changes and goes", async () => {
    const fake = await startFake("a", "b");
    const seen = await watching(fake);
    await seen.untilNames("a", "b");
    fake.set(path, "c", {});
    fake.set(path, "a", undefined);
    await seen.untilNames("b", "c");
    expect(seen.changes).to.deep.equal([["mcp/a", "mcp/b"], ["mcp/c"], ["mcp/a"]]);
    expect(seen.troubles).to.deep.equal([]);
  });

  it("takes long lists page by page", async () => {
    const names = Array.from({ length: 1_201 }, (_, index) => `s${index}`);
    const seen = await watching(await startFake(...names));
    await until("all of them", () => seen.names.length === names.length);
    expect(seen.fake.asked.filter(({ isWatch }) => !isWatch).map(({ query }) => query.get("continue"))).to.deep.equal([null, "500", "1000"]);
  });

  it("a page that came too late is made up for by a list without pages", async () => {
    const names = Array.from({ length: 700 }, (_, index) => `s${index}`);
    const fake = await startFake(...names);
    fake.misbehave = (asked, response) => {
      if (!asked.query.has("continue")) return false;
      refuse(response, 410, "Expired", "the provided continue parameter is too old");
      return true;
    };
    const seen = await watching(fake);
    await until("all of them", () => seen.names.length === names.length);
    expect(seen.troubles).to.deep.equal([]);
  });

  it("an expired watch is a new list, and no trouble", async () => {
    const fake = await startFake("a");
    const seen = await watching(fake);
    await until("a watch", () => fake.watchCount === 1);
    await fake.down();
    fake.set(path, "b", {});
    fake.set(path, "a", undefined);
    fake.forgetHistory();
    await fake.start();
    await seen.untilNames("b");
    expect(new Set(seen.troubles)).to.deep.equal(new Set(["unreachable", "-"]));
  });

  it("a watch that expires again and again is a trouble with pauses, not a busy loop", async () => {
    const fake = await startFake("a");
    fake.misbehave = times(4, (asked, response) => {
      if (!asked.isWatch) return false;
      refuse(response, 410, "Expired", "too old resource version");
      return true;
    });
    const seen = await watching(fake);
    await until("a watch", () => fake.watchCount === 1);
    // The first is how things are; each later one is told before the pause that follows it.
    expect(seen.troubles.filter((code) => code !== "-")).to.deep.equal(["gone", "gone", "gone"]);
    expect(seen.troubles.at(-1)).to.equal("-");
  });

  it("an expiry that is told inside of the watch is one, too", async () => {
    const fake = await startFake("a");
    const seen = await watching(fake);
    await until("a watch", () => fake.watchCount === 1);
    fake.tell(`${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, message: "too old resource version" } })}\n`);
    await until("another list", () => fake.asked.filter(({ isWatch }) => !isWatch).length === 2);
    fake.cutWatches();
    fake.set(path, "b", {});
    await seen.untilNames("a", "b");
  });

  for (const { what, code, misbehave } of [
    { what: "too many requests", code: "too_many_requests", misbehave: (response) => refuse(response, 429, "TooManyRequests", "wait", { "retry-after": "0" }) },
    { what: "no right to watch", code: "forbidden", misbehave: (response) => refuse(response, 403, "Forbidden", "services is forbidden") },
    { what: "a fault of the API server", code: "api_error", misbehave: (response) => refuse(response, 500, "InternalError", "etcd") },
    { what: "an answer that is no JSON", code: "unreachable", misbehave: (response) => void response.end("<html>") },
    { what: "a connection that breaks", code: "unreachable", misbehave: (response) => void response.destroy() },
  ] satisfies readonly { readonly what: string; readonly code: string; readonly misbehave: (response: Parameters<Misbehave>[1]) => void }[]) {
    it(`${what} is told, tried again and over when it is over`, async () => {
      const fake = await startFake("a");
      fake.misbehave = times(2, (asked, response) => {
        if (asked.isWatch) return false;
        misbehave(response);
        return true;
      });
      const seen = await watching(fake);
      await seen.untilNames("a");
      expect(seen.troubles).to.deep.equal([code, code, "-"]);
    });
  }

  it("a watch that may not be although the list may be is told", async () => {
    const fake = await startFake("a");
    fake.misbehave = (asked, response) => {
      if (asked.isWatch) refuse(response, 403, "Forbidden", "may not watch");
      return asked.isWatch;
    };
    const seen = await watching(fake);
    await until("it to be told", () => seen.troubles.at(-1) === "forbidden");
    expect(seen.names).to.deep.equal(["a"]);
    fake.misbehave = () => false;
    await until("it to be over", () => seen.troubles.at(-1) === "-");
  });

  it("a stream that is cut in the middle of an event goes on where it was", async () => {
    const fake = await startFake("a");
    const seen = await watching(fake);
    await until("a watch", () => fake.watchCount === 1);
    fake.set(path, "b", {});
    await seen.untilNames("a", "b");
    fake.tell('{"type":"MODIF');
    fake.cutWatches();
    await until("the cut to be noticed", () => fake.watchCount === 0);
    fake.set(path, "c", {});
    await seen.untilNames("a", "b", "c");
    const versions = fake.asked.filter(({ isWatch }) => isWatch).map(({ query }) => Number(query.get("resourceVersion")));
    expect(versions).to.deep.equal([2, 3]);
    expect(fake.asked.filter(({ isWatch }) => !isWatch)).to.have.length(1);
  });

  it("a line that is no event does not end it", async () => {
    const fake = await startFake("a");
    const seen = await watching(fake);
    await until("a watch", () => fake.watchCount === 1);
    fake.tell("what?\n");
    await until("it to be told", () => seen.troubles.includes("api_error"));
    fake.set(path, "b", {});
    await seen.untilNames("a", "b");
  });

  it("a watch that ends as soon as it has begun is a trouble", async () => {
    const fake = await startFake("a");
    fake.misbehave = times(2, (asked, response) => {
      if (asked.isWatch) response.end();
      return asked.isWatch;
    });
    const seen = await watching(fake);
    await until("a watch", () => fake.watchCount === 1);
    expect(seen.troubles.filter((code) => code !== "-")).to.deep.equal(["unreachable", "unreachable"]);
  });

  it("a bookmark moves on where the next watch begins", async () => {
    const fake = await startFake("a");
    const seen = await watching(fake);
    await until("a watch", () => fake.watchCount === 1);
    fake.tell(`${JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: "77" } } })}\n`);
    fake.tell("cut here\n");
    await until("another watch", () => fake.asked.filter(({ isWatch }) => isWatch).length === 2);
    expect(fake.asked.at(-1)?.query.get("resourceVersion")).to.equal("77");
    expect(seen.names).to.deep.equal(["a"]);
  });

  it("ends at once when it is asked to, also while nobody answers", async () => {
    const fake = await startFake("a");
    fake.misbehave = () => true;
    const seen = await watching(fake);
    await until("it to ask", () => fake.asked.length === 1);
    await seen.stop();
  });

  it("pauses grow up to a bound, and are as long as the API server asks for, within reason", () => {
    const error = (retryAfterMs?: number): KubernetesError => new KubernetesError("too_many_requests", "wait", retryAfterMs === undefined ? {} : { retryAfterMs });
    expect([0, 1, 2, 5, 6, 60].map((failures) => pauseMs(failures, error(), 1))).to.deep.equal([100, 200, 400, 3_200, 5_000, 5_000]);
    expect(pauseMs(0, error(), 0)).to.equal(50);
    expect(pauseMs(0, error(7_000), 0)).to.equal(7_000);
    expect(pauseMs(0, error(1e9), 0)).to.equal(60_000);
  });
});

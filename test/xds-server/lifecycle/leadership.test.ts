/** Who of several holds the Lease, and how soon one that may have lost it stops. */

import { expect } from "chai";
import { pino } from "pino";
import type { KubernetesApi, KubernetesRequest } from "../../../xds-server/kubernetes/kubernetes-api.js";
import { KubernetesError } from "../../../xds-server/kubernetes/kubernetes-error.js";
import { runLeadership, type LeaderState } from "../../../xds-server/lifecycle/creation/leadership.js";
import { until } from "../../e2e/until.js";

const times = { leaseMs: 1_000, renewDeadlineMs: 300, retryMs: 40, askMs: 200 };

interface Stored { readonly metadata: { readonly name: string; readonly resourceVersion: string }; readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number } }

/** One Lease, as the API server keeps it. */
class FakeLease {
  lease: Stored | undefined;
  #version = 0;

  /** `isDown` is asked before every answer. */
  api(isDown: () => boolean): KubernetesApi {
    return {
      url: "http://fake",
      namespace: "own",
      ask: async (request) => {
        if (isDown()) throw new KubernetesError("unreachable", "down");
        return this.#answer(request);
      },
      async *lines() { /* Nobody watches a Lease. */ },
    };
  }

  #answer({ method = "GET", body }: KubernetesRequest): unknown {
    const given = body as Stored | undefined;
    switch (method) {
      case "GET":
        if (this.lease === undefined) throw new KubernetesError("not_found", "no Lease");
        return this.lease;
      case "POST":
        if (this.lease !== undefined) throw new KubernetesError("conflict", "is there");
        break;
      default:
        if (given?.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) throw new KubernetesError("conflict", "changed meanwhile");
    }
    if (given === undefined) throw new Error("nothing was written");
    this.lease = { ...given, metadata: { ...given.metadata, resourceVersion: String(++this.#version) } };
    return this.lease;
  }
}

interface Candidate { readonly terms: AbortSignal[]; isDown: boolean; state?: LeaderState; readonly ended: Promise<void>; leads(): boolean; stop(): void }

describe("leadership", () => {
  const open: Candidate[] = [];

  afterEach(async () => {
    for (const candidate of open.splice(0)) {
      candidate.stop();
      await candidate.ended;
    }
  });

  function stand(store: FakeLease, identity: string): Candidate {
    const stopping = new AbortController();
    const terms: AbortSignal[] = [];
    const candidate: Candidate = {
      terms,
      isDown: false,
      ended: Promise.resolve(),
      leads: () => terms.at(-1)?.aborted === false,
      stop: () => stopping.abort(),
    };
    const ended = runLeadership({
      api: store.api(() => candidate.isDown),
      namespace: "mesh", name: "mesh", identity, times,
      now: () => performance.now(), date: () => new Date(), random: () => 0.5, log: pino({ level: "silent" }),
      onElected: (term) => void terms.push(term),
      onState: (state) => (candidate.state = state),
    }, stopping.signal);
    const standing = Object.assign(candidate, { ended });
    open.push(standing);
    return standing;
  }

  it("of two that come at once, one leads, and the other knows who", async () => {
    const store = new FakeLease();
    const [one, other] = [stand(store, "one"), stand(store, "other")];
    await until("a leader", () => one.leads() || other.leads());
    const [leader, follower, name] = one.leads() ? [one, other, "one"] : [other, one, "other"];
    await until("the other to follow", () => follower.state?.kind === "following");
    expect(follower.state).to.deep.equal({ kind: "following", leader: name });
    expect([leader.leads(), follower.leads()]).to.deep.equal([true, false]);
  });

  it("a leader that cannot renew stops by itself, before anybody else begins", async () => {
    const store = new FakeLease();
    const one = stand(store, "one");
    await until("one to lead", () => one.leads());
    const other = stand(store, "other");
    let together = false;
    one.isDown = true;
    await until("the other to lead", () => {
      together ||= one.leads() && other.leads();
      return other.leads();
    });
    expect(together).to.equal(false);
    expect(one.terms[0]?.aborted).to.equal(true);
    one.isDown = false;
    await until("one to follow", () => one.state?.kind === "following");
    expect(store.lease?.spec).to.include({ holderIdentity: "other", leaseTransitions: 1 });
  });

  it("a leader that is back in time goes on, with another term", async () => {
    const store = new FakeLease();
    const one = stand(store, "one");
    await until("one to lead", () => one.leads());
    one.isDown = true;
    await until("its term to end", () => !one.leads());
    one.isDown = false;
    await until("another term", () => one.leads());
    expect(store.lease?.spec.leaseTransitions).to.equal(0);
  });

  it("one that ends gives the Lease back, so that nobody waits for its end", async () => {
    const store = new FakeLease();
    const one = stand(store, "one");
    await until("one to lead", () => one.leads());
    one.stop();
    await one.ended;
    expect(one.leads()).to.equal(false);
    expect(store.lease?.spec.holderIdentity).to.equal("");
    const other = stand(store, "other");
    await until("the other to lead", () => other.leads());
  });

  it("while nobody can be asked, nobody leads, and why is told", async () => {
    const store = new FakeLease();
    const one = stand(store, "one");
    one.isDown = true;
    await until("the reason", () => one.state?.kind === "unknown" || undefined);
    expect(one.terms).to.deep.equal([]);
  });
});

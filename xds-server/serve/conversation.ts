/** One stream: a request, a snapshot or the passing of time in, replies out, in make-before-break order. */

import { typeUrls, type EncodedResource, type Snapshot, type TypeUrl } from "../snapshot/snapshot.js";
import { typeVersion } from "../snapshot/type-version.js";
import { takeDeltaRequest, toDeltaReply } from "./delta.js";
import type { DeltaRequest, Protocol, Reply, SotwRequest } from "./discovery.js";
import type { SnapshotChanges } from "./snapshot-changes.js";
import { GivenResources, recallSotw, takeSotwRequest, toSotwReply } from "./sotw.js";
import { Subscription, type Admission } from "./subscription.js";
import { additionOrder, isServedType, leadingTo, leadingToClusters, ledToBy } from "./type-order.js";

export type StreamEvent =
  | DeltaRequest
  | SotwRequest
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot; readonly changes: SnapshotChanges }
  | { readonly kind: "time" };

export interface ConversationOptions {
  /** Absent: there is none yet. */
  readonly snapshot?: Snapshot | undefined;
  /**
   * How long routes wait for a client to accept their clusters: Envoy accepts when the last cluster of a response is
   * warm, which one slow cluster may delay for long. Also how long a client that has come back may take to ask for
   * its scopes.
   */
  readonly patienceMs: number;
}

const nothing: ReadonlyMap<string, EncodedResource> = new Map();

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #subscriptions = new Map(additionOrder.map((typeUrl) => [typeUrl, new Subscription(typeUrl)]));
  readonly #given = new Map(additionOrder.map((typeUrl) => [typeUrl, new GivenResources()]));
  /** The types to be compared with the snapshot before this turn ends. */
  readonly #unsettled = new Set<TypeUrl>();
  #protocol: Protocol = "delta";
  #nowMs = 0;
  #startedAtMs: number | undefined;
  #snapshot: Snapshot | undefined;
  #nonces = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#snapshot = options.snapshot;
  }

  take(event: StreamEvent, nowMs: number): readonly Reply[] {
    this.#nowMs = nowMs;
    this.#startedAtMs ??= nowMs;
    switch (event.kind) {
      case "delta":
      case "sotw": this.#takeRequest(event); break;
      case "snapshot": this.#takeSnapshot(event.snapshot, event.changes); break;
      case "time":
        this.#reconsider(additionOrder);
        this.#retryListeners();
        break;
    }
    return this.#replies();
  }

  /** The types asked for, in their order. */
  subscriptions(): readonly Subscription[] {
    return [...this.#subscriptions.values()].filter((subscription) => subscription.isBegun);
  }

  isInSync(subscription: Subscription): boolean {
    return this.#isKnown(subscription.typeUrl) && subscription.isInSync;
  }

  /** Whether there are resources of the type. */
  has(typeUrl: TypeUrl): boolean {
    return this.#resources(typeUrl).size > 0;
  }

  /** In how long a "time" event may change something. */
  get wakeInMs(): number | undefined {
    const { retryAtMs } = this.#of(typeUrls.listener);
    const times = [this.#patienceEndsInMs, retryAtMs === undefined ? undefined : Math.max(1, retryAtMs - this.#nowMs)].filter((inMs) => inMs !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  get #patienceEndsInMs(): number | undefined {
    if (!additionOrder.some((typeUrl) => this.#of(typeUrl).hasWaiting)) return undefined;
    const starts = [this.#of(typeUrls.cluster).outstandingSinceMs, this.#isReturning ? this.#startedAtMs : undefined];
    const waits = starts.filter((startMs) => startMs !== undefined).map((startMs) => startMs + this.#options.patienceMs - this.#nowMs);
    // Patience that has run out changes nothing a second time.
    const ahead = waits.filter((inMs) => inMs > 0);
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }

  #takeRequest(request: DeltaRequest | SotwRequest): void {
    this.#protocol = request.kind;
    // A client may know types that we do not serve: it is not told anything about them, and all others go on.
    if (!isServedType(request.typeUrl)) return;
    const subscription = this.#of(request.typeUrl);
    const resources = this.#resources(request.typeUrl);
    const isAnswered = request.kind === "delta"
      ? takeDeltaRequest(subscription, request, resources.keys(), this.#nowMs)
      : takeSotwRequest(subscription, this.#givenOf(request.typeUrl), request, resources.keys(), this.#nowMs);
    this.#unsettled.add(request.typeUrl);
    // A client that no longer wants a cluster does not have its routes wait for it.
    const mayWantLess = request.kind === "sotw" || request.unsubscribe.length > 0;
    if (request.typeUrl === typeUrls.cluster && (isAnswered || mayWantLess)) this.#reconsider(leadingToClusters);
  }

  #takeSnapshot(snapshot: Snapshot, changes: SnapshotChanges): void {
    this.#snapshot = snapshot;
    for (const [typeUrl, names] of changes) {
      const subscription = this.#of(typeUrl);
      const resources = this.#resources(typeUrl);
      if (names === "all") subscription.lookAtAll(resources.keys());
      else for (const name of names) subscription.look(name, resources.has(name));
      this.#unsettled.add(typeUrl);
    }
    // What is held back may lead elsewhere now.
    this.#reconsider(additionOrder);
  }

  #reconsider(which: readonly TypeUrl[]): void {
    for (const typeUrl of which) {
      if (!this.#of(typeUrl).hasHeldBack) continue;
      this.#of(typeUrl).reconsider();
      this.#unsettled.add(typeUrl);
    }
  }

  /** Whether a listener can be had hangs on the machine, too: a port that is in use now may be free in a moment. */
  #retryListeners(): void {
    const listeners = this.#of(typeUrls.listener);
    if (listeners.retryAtMs === undefined || listeners.retryAtMs > this.#nowMs) return;
    listeners.tryAgain(this.#nowMs);
    this.#unsettled.add(typeUrls.listener);
  }

  #replies(): readonly Reply[] {
    const replies: Reply[] = [];
    for (let typeUrl = this.#nextUnsettled(); typeUrl !== undefined; typeUrl = this.#nextUnsettled()) {
      this.#unsettled.delete(typeUrl);
      const reply = this.#reply(typeUrl);
      if (reply !== undefined) replies.push(reply);
      if (this.#hasLetGo(typeUrl)) this.#reconsider(ledToBy(typeUrl).filter((next) => this.#mayRemove(next)));
    }
    return replies;
  }

  #nextUnsettled(): TypeUrl | undefined {
    return additionOrder.find((typeUrl) => this.#unsettled.has(typeUrl));
  }

  #reply(typeUrl: TypeUrl): Reply | undefined {
    const subscription = this.#of(typeUrl);
    // A type that is not known yet: the client keeps what it has.
    if (!subscription.isBegun || !this.#isKnown(typeUrl)) return undefined;
    const resources = this.#resources(typeUrl);
    const given = this.#givenOf(typeUrl);
    if (given.wasLeftWith !== "") recallSotw(subscription, given, resources, this.#version(typeUrl));
    const due = subscription.takeDue(resources, {
      mayAdd: (resource) => this.#mayAdd(resource),
      mayRemove: this.#mayRemove(typeUrl),
      isOnDemand: (name) => this.#isOnDemand(typeUrl, name),
    });
    if (due === undefined) return undefined;
    this.#nonces += 1;
    const nonce = String(this.#nonces);
    subscription.noteSent(nonce, due, this.#nowMs);
    if (typeUrl === typeUrls.cluster) this.#oweEndpoints(due.changed);
    return this.#protocol === "delta"
      ? toDeltaReply(subscription, nonce, due)
      : toSotwReply(subscription, given, nonce, due, resources, this.#version(typeUrl));
  }

  /**
   * Envoy holds a changed cluster back, and its answer with it, for 15 s unless the endpoints come after the cluster,
   * even if they are the same (envoyproxy/envoy#13009).
   */
  #oweEndpoints(clusters: readonly EncodedResource[]): void {
    for (const { references = [] } of clusters) {
      for (const { typeUrl, name } of references) if (typeUrl === typeUrls.endpoints) this.#of(typeUrl).owe(name);
    }
    this.#unsettled.add(typeUrls.endpoints);
  }

  /** As late as the latest of the clusters it leads to. */
  #mayAdd(resource: EncodedResource): Admission {
    const admissions = this.#clustersBehind(resource).map((name) => this.#mayLeadTo(name));
    return admissions.find((one) => one === "blocked") ?? admissions.find((one) => one === "later") ?? "now";
  }

  #mayLeadTo(clusterName: string): Admission {
    const clusters = this.#of(typeUrls.cluster);
    const cluster = this.#resources(typeUrls.cluster).get(clusterName);
    if (cluster === undefined || !clusters.wants(clusterName) || clusters.holds(clusterName)) return "now";
    if (clusters.leavesOut(clusterName, this.#isOnDemand(typeUrls.cluster, clusterName))) return "now";
    if (clusters.hasRefused(cluster)) return "blocked";
    return clusters.isOnItsWaySince(clusterName, this.#nowMs - this.#options.patienceMs) ? "now" : "later";
  }

  /** A scope leads to clusters through its routes. */
  #clustersBehind({ references = [] }: EncodedResource): readonly string[] {
    return references.flatMap(({ typeUrl, name }) => {
      if (typeUrl === typeUrls.cluster) return [name];
      const routes = typeUrl === typeUrls.routes ? this.#resources(typeUrl).get(name) : undefined;
      return routes === undefined ? [] : this.#clustersBehind(routes);
    });
  }

  /** The state of the world has no way to say that there is more than what is sent. */
  #isOnDemand(typeUrl: TypeUrl, name: string): boolean {
    const eager = this.#snapshot?.eagerClusters;
    return eager !== undefined && typeUrl === typeUrls.cluster && this.#protocol === "delta" && !eager.has(name);
  }

  #mayRemove(typeUrl: TypeUrl): boolean {
    return leadingTo(typeUrl).every((earlier) => this.#hasLetGo(earlier));
  }

  /** The client holds nothing of this type any more that is to be removed. */
  #hasLetGo(typeUrl: TypeUrl): boolean {
    const subscription = this.#of(typeUrl);
    if (!subscription.isBegun) return typeUrl !== typeUrls.scope || !this.#isReturning;
    return this.#isKnown(typeUrl) && subscription.isSettled && !this.#unsettled.has(typeUrl);
  }

  /** The client was connected before, and may not yet have said which scopes it holds. */
  get #isReturning(): boolean {
    if (this.#of(typeUrls.scope).isBegun || this.#nowMs - (this.#startedAtMs ?? this.#nowMs) >= this.#options.patienceMs) return false;
    return additionOrder.some((typeUrl) => this.#of(typeUrl).hasHistory);
  }

  #isKnown(typeUrl: TypeUrl): boolean {
    return this.#snapshot?.byType.has(typeUrl) === true;
  }

  #resources(typeUrl: TypeUrl): ReadonlyMap<string, EncodedResource> {
    return this.#snapshot?.byType.get(typeUrl) ?? nothing;
  }

  #version(typeUrl: TypeUrl): string {
    return this.#snapshot === undefined || !this.#isKnown(typeUrl) ? "" : typeVersion(this.#snapshot, typeUrl);
  }

  #of(typeUrl: TypeUrl): Subscription {
    return present(this.#subscriptions.get(typeUrl));
  }

  #givenOf(typeUrl: TypeUrl): GivenResources {
    return present(this.#given.get(typeUrl));
  }
}

/** The maps above have every type from the beginning. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a resource type is not in the order of types");
  return value;
}

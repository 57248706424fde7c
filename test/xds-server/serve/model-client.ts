/** A client that follows the rules as Envoy does, for random conversations: it checks on its way what must always hold. */

import { expect } from "chai";
import type { Conversation, StreamEvent } from "../../../xds-server/serve/conversation.js";
import type { DeltaRequest, Protocol, Reply } from "../../../xds-server/serve/discovery.js";
import { typeUrls, type TypeUrl } from "../../../xds-server/snapshot/snapshot.js";

const { cluster, endpoints, listener, scope, routes } = typeUrls;
const wholeTypes: readonly TypeUrl[] = [cluster, listener, scope];

/** A resource whose version says so is refused. */
const isBad = (version: string): boolean => version.startsWith("bad");

type Unsent = { readonly typeUrl: TypeUrl; readonly nonce?: string; readonly refusal?: string; readonly subscribe?: readonly string[]; readonly unsubscribe?: readonly string[] };

/** Envoy does the first with clusters, the second with scopes, the third with endpoints. */
export type Refusing = "names the bad and takes the others" | "names the bad and takes nothing" | "names and takes nothing";

export class ModelClient {
  readonly #protocol: Protocol;
  readonly #refusing: Refusing;
  readonly held = new Map<TypeUrl, Map<string, string>>([cluster, endpoints, listener, scope, routes].map((typeUrl) => [typeUrl, new Map()]));
  #conversation: Conversation;
  #inbox: Reply[] = [];
  #outbox: Unsent[] = [];
  readonly #outstanding = new Set<TypeUrl>();
  readonly #asked = new Set<TypeUrl>();
  readonly #wantedNames = new Map<TypeUrl, ReadonlySet<string>>();
  readonly #lastNonce = new Map<TypeUrl, string>();
  /** Clusters whose endpoints are yet to come after them. Until they have, the response with the cluster is not answered. */
  readonly #warming = new Set<string>();
  #clusterAnswer: Unsent | undefined;
  /** Asked for by name, besides all. */
  readonly #touched = new Set<string>();
  /** From the first time that clusters had to be asked for: scopes may be there without theirs. */
  #mayLackClusters = false;
  /** Scopes and routes whose cluster has been there: it must not be lost before them. */
  readonly #reached = new Set<string>();

  constructor(protocol: Protocol, refusing: Refusing, conversation: Conversation) {
    this.#protocol = protocol;
    this.#refusing = refusing;
    this.#conversation = conversation;
    this.#ask();
  }

  get isIdle(): boolean {
    return this.#inbox.length === 0 && this.#outbox.length === 0;
  }

  /** A request for this server has come: Envoy asks for the cluster, once and for all, where it does not have it. */
  touch(name: string): void {
    if (this.#protocol === "sotw" || this.#touched.has(name) || this.#of(cluster).has(name)) return;
    this.#touched.add(name);
    this.#outbox.push({ typeUrl: cluster, subscribe: [name] });
  }

  /** Delta only: the other protocol does not tell a server of clusters that are gone. */
  reconnect(conversation: Conversation): void {
    this.#conversation = conversation;
    this.#inbox = [];
    this.#outbox = [];
    this.#outstanding.clear();
    this.#asked.clear();
    this.#lastNonce.clear();
    this.#warming.clear();
    this.#clusterAnswer = undefined;
    this.#ask();
  }

  hear(event: StreamEvent): void {
    if (event.kind === "snapshot" && event.snapshot.eagerClusters !== undefined) this.#mayLackClusters = true;
    for (const reply of this.#conversation.take(event, 0)) {
      expect(this.#outstanding.has(reply.typeUrl), `two unanswered responses of ${reply.typeUrl}`).to.equal(false);
      this.#outstanding.add(reply.typeUrl);
      this.#inbox.push(reply);
    }
  }

  sendNext(): void {
    const next = this.#outbox.shift();
    if (next === undefined) return;
    // An answer names all that is wanted anyway.
    const isNeedless = this.#protocol === "sotw" && this.#outbox.some(({ typeUrl, nonce }) => typeUrl === next.typeUrl && nonce !== undefined);
    if (isNeedless) return;
    if (next.nonce !== undefined) this.#outstanding.delete(next.typeUrl);
    this.hear(this.#protocol === "delta" ? this.#toDelta(next) : this.#toSotw(next));
  }

  receiveNext(): void {
    const reply = this.#inbox.shift();
    if (reply === undefined) return;
    this.#lastNonce.set(reply.typeUrl, reply.nonce);
    const bad = reply.resources.filter(({ version }) => isBad(version));
    if (bad.length === 0 || this.#refusing === "names the bad and takes the others") this.#apply(reply);
    if (reply.typeUrl === cluster) this.#follow(cluster, endpoints);
    if (reply.typeUrl === scope) this.#follow(scope, routes);
    if (reply.typeUrl === endpoints) for (const name of [...reply.resources.map((one) => one.name), ...reply.removed]) this.#warming.delete(name);
    this.#check();
    const message = this.#refusing === "names and takes nothing" ? "no" : `Error adding/updating: ${bad.map(({ name }) => name).join(", ")}: no`;
    this.#answer({ typeUrl: reply.typeUrl, nonce: reply.nonce, ...(bad.length === 0 ? {} : { refusal: message }) });
  }

  /** Envoy waits 15 s for endpoints. It should have to only where there are none to be had. */
  timeOut(there: ReadonlyMap<string, unknown>): void {
    for (const name of this.#warming) if (!there.has(name)) this.#warming.delete(name);
    this.#answerClusters();
  }

  #ask(): void {
    for (const typeUrl of [cluster, endpoints, listener, scope, routes]) {
      this.#outbox.push({ typeUrl, subscribe: wholeTypes.includes(typeUrl) ? this.#wantedBesidesAll(typeUrl) : [...this.#wanted(typeUrl)] });
    }
  }

  #wantedBesidesAll(typeUrl: TypeUrl): readonly string[] {
    return typeUrl === cluster && this.#touched.size > 0 ? ["*", ...this.#touched] : [];
  }

  #apply(reply: Reply): void {
    const held = this.#of(reply.typeUrl);
    const isWhole = this.#protocol === "sotw" && wholeTypes.includes(reply.typeUrl);
    const named = new Set(reply.resources.map(({ name }) => name));
    const gone = isWhole ? [...held.keys()].filter((name) => !named.has(name)) : reply.removed;
    for (const name of gone) held.delete(name);
    for (const { name, version } of reply.resources) {
      const isChanged = held.get(name) !== version;
      if (isBad(version)) continue;
      held.set(name, version);
      if (reply.typeUrl === cluster && isChanged) this.#warming.add(name);
    }
  }

  /** From a cluster follow endpoints, from a scope routes: the client asks for those, and drops the others. */
  #follow(from: TypeUrl, to: TypeUrl): void {
    const wanted = this.#of(from);
    const held = this.#of(to);
    const before = this.#wanted(to);
    const subscribe = [...wanted.keys()].filter((name) => !before.has(name));
    const unsubscribe = [...before].filter((name) => !wanted.has(name));
    for (const name of unsubscribe) {
      held.delete(name);
      this.#warming.delete(name);
    }
    this.#wantedNames.set(to, new Set(wanted.keys()));
    if (subscribe.length + unsubscribe.length > 0) this.#outbox.push({ typeUrl: to, subscribe, unsubscribe });
  }

  #wanted(typeUrl: TypeUrl): ReadonlySet<string> {
    return this.#wantedNames.get(typeUrl) ?? new Set();
  }

  #answer(answer: Unsent): void {
    if (answer.typeUrl === cluster) this.#clusterAnswer = answer;
    else this.#outbox.push(answer);
    this.#answerClusters();
  }

  #answerClusters(): void {
    if (this.#clusterAnswer === undefined || this.#warming.size > 0) return;
    this.#outbox.push(this.#clusterAnswer);
    this.#clusterAnswer = undefined;
  }

  /** What leads somewhere leads to something that is there. */
  #check(): void {
    for (const name of this.#reached) if (!this.#of(scope).has(name) && !this.#of(routes).has(name)) this.#reached.delete(name);
    for (const typeUrl of [scope, routes]) {
      for (const name of this.#of(typeUrl).keys()) {
        const isThere = this.#of(cluster).has(name);
        if (isThere) this.#reached.add(name);
        expect(isThere || (this.#mayLackClusters && !this.#reached.has(name)), `${typeUrl} ${name} without its cluster`).to.equal(true);
      }
    }
  }

  #toDelta({ typeUrl, nonce = "", refusal, subscribe = [], unsubscribe = [] }: Unsent): DeltaRequest {
    const isFirst = !this.#asked.has(typeUrl);
    this.#asked.add(typeUrl);
    const initialVersions = isFirst ? Object.fromEntries(this.#of(typeUrl)) : {};
    return { kind: "delta", typeUrl, subscribe, unsubscribe, initialVersions, nonce, ...(refusal === undefined ? {} : { refusal }) };
  }

  #toSotw({ typeUrl, nonce, refusal }: Unsent): StreamEvent {
    const names = wholeTypes.includes(typeUrl) ? [] : [...this.#wanted(typeUrl)];
    const common = { kind: "sotw" as const, typeUrl, names, version: "", nonce: nonce ?? this.#lastNonce.get(typeUrl) ?? "" };
    return refusal === undefined ? common : { ...common, refusal };
  }

  #of(typeUrl: TypeUrl): Map<string, string> {
    const held = this.held.get(typeUrl);
    if (held === undefined) throw new Error(`${typeUrl} is not a type of this client`);
    return held;
  }
}

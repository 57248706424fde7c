/** What an older client wants to hear of, as one `subscriptions/listen` at its process: replaced when that changes, so that nothing is told twice or missed. */

import { rawOf, type NotificationEnvelope } from "../jsonrpc/envelope.js";
import type { Offers } from "../jsonrpc/elder-initialize.js";
import { isEmpty, readAgreedResources, withoutSubscription, type Filter } from "../jsonrpc/listening.js";
import { memberOf, textAt } from "../jsonrpc/member.js";
import { backoffMs } from "../process/backoff.js";
import type { Listening, SharedRequest } from "./shared-request.js";

export interface ElderSubscriptionsNeeds {
  readonly offers: () => Offers;
  readonly toRequest: (filter: Filter, listening: Listening) => SharedRequest;
  /** What becomes of it is told by `noteEnd`, it may be at once. */
  readonly submit: (request: SharedRequest) => void;
  /** Ends what was begun by it. */
  readonly cancel: (request: SharedRequest) => void;
  /** To the client. */
  readonly give: (message: Buffer) => void;
}

/** Absent: it was subscribed to; else why not. */
export type OnSubscribed = (refusal: string | undefined) => void;

interface Listen {
  readonly request: SharedRequest;
  /** The resources that it asks to hear of. */
  readonly uris: ReadonlySet<string>;
  acknowledgedMs: number | undefined;
}

interface Waiter { readonly uri: string; readonly tell: OnSubscribed }

export class ElderSubscriptions {
  private readonly needs: ElderSubscriptionsNeeds;
  /** The URI's bytes by its text. */
  private readonly wanted = new Map<string, Buffer>();
  /** The one by which the client hears; the one that is to take its place is `next`, until it is acknowledged. */
  private current: Listen | undefined;
  private next: Listen | undefined;
  private isStale = false;
  private waiters: Waiter[] = [];
  /** In a row, without one that was heard by for a while. */
  private losses = 0;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(needs: ElderSubscriptionsNeeds) {
    this.needs = needs;
  }

  /** Something happens at the process, so this is a moment to listen, if there is anything to hear. */
  ensure(): void {
    if (this.current === undefined && this.next === undefined && this.timer === undefined && !isEmpty(this.filter)) this.refresh();
  }

  subscribe(uri: string, raw: Buffer, onSubscribed: OnSubscribed): void {
    if (this.current?.uris.has(uri) === true && this.wanted.has(uri)) return onSubscribed(undefined);
    if (!this.wanted.has(uri) && this.wanted.size >= maxUris) return onSubscribed(`${maxUris} resources are subscribed to already`);
    this.wanted.set(uri, raw);
    this.waiters.push({ uri, tell: onSubscribed });
    this.refresh();
  }

  unsubscribe(uri: string): void {
    if (this.wanted.delete(uri)) this.refresh();
  }

  /** The request is over: its process has gone, or has answered or refused it. */
  noteEnd(request: SharedRequest, why: string): void {
    const lost = [this.next, this.current].find((listen) => listen?.request === request);
    if (lost === undefined) return;
    if (lost === this.current) this.current = undefined;
    else this.next = undefined;
    if (lost.acknowledgedMs === undefined) this.settle(lost.uris, () => why);
    else if (performance.now() - lost.acknowledgedMs > backoff.maxMs) this.losses = 0;
    // Those who came later were not among what was asked for.
    if (this.waiters.length > 0) return this.refresh();
    if (this.current !== undefined || this.next !== undefined || this.timer !== undefined || this.isOver) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      // Of changed lists it is enough to hear when the next request has found a process; of resources somebody wants to hear in any case.
      if (this.wanted.size > 0) this.ensure();
    }, this.losses++ === 0 ? 0 : backoffMs(this.losses, backoff, Math.random()));
  }

  stop(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    const listens = [this.current, this.next];
    this.current = this.next = undefined;
    for (const listen of listens) if (listen !== undefined) this.needs.cancel(listen.request);
  }

  private get filter(): Filter {
    const { toolsListChanged, promptsListChanged, resourcesListChanged } = this.needs.offers();
    return { toolsListChanged, promptsListChanged, resourcesListChanged, resources: [...this.wanted.values()] };
  }

  private refresh(): void {
    if (this.isOver) return;
    // One change at a time: what is wanted by then is asked for when this one has been acknowledged.
    this.isStale = this.next !== undefined;
    if (this.isStale) return;
    const { filter } = this;
    if (isEmpty(filter)) return this.replace(undefined);
    const request = this.needs.toRequest(filter, { holdsProcess: filter.resources.length > 0, hear: (message, envelope) => this.hear(listen, message, envelope) });
    const listen: Listen = { request, uris: new Set(this.wanted.keys()), acknowledgedMs: undefined };
    this.next = listen;
    this.needs.submit(request);
  }

  private hear(listen: Listen, message: Buffer, envelope: NotificationEnvelope): void {
    if (envelope.method === "notifications/subscriptions/acknowledged") return this.acknowledged(listen, message);
    // While two overlap the older one is heard until the newer one is acknowledged, and the newer one from then on: the process tells both of all that follows.
    if (listen === this.current) this.needs.give(withoutSubscription(message));
  }

  private acknowledged(listen: Listen, message: Buffer): void {
    if (listen !== this.next) return;
    this.next = undefined;
    listen.acknowledgedMs = performance.now();
    this.replace(listen);
    const agreed = readAgreedResources(message);
    this.settle(listen.uris, (uri) => (agreed.includes(uri) ? undefined : "the server does not tell of changes of this resource"));
    if (this.isStale) this.refresh();
  }

  private replace(listen: Listen | undefined): void {
    const before = this.current;
    this.current = listen;
    if (before !== undefined) this.needs.cancel(before.request);
  }

  /** Those who wait for one of these resources learn what became of it; what was not agreed to is not asked for again. */
  private settle(uris: ReadonlySet<string>, refusalOf: (uri: string) => string | undefined): void {
    const [settled, waiting] = [this.waiters.filter(({ uri }) => uris.has(uri)), this.waiters.filter(({ uri }) => !uris.has(uri))];
    this.waiters = waiting;
    for (const { uri, tell } of settled) {
      const refusal = refusalOf(uri);
      if (refusal !== undefined) this.wanted.delete(uri);
      tell(refusal);
    }
  }
}

/** Of the params of `resources/subscribe` and `unsubscribe`. */
export function readSubscribedUri(message: Buffer): { readonly uri: string; readonly raw: Buffer } | undefined {
  const span = memberOf(message, ["params", "uri"]);
  const uri = textAt(message, span);
  return span === undefined || uri === undefined ? undefined : { uri, raw: Buffer.from(rawOf(message, span)) };
}

const maxUris = 1_000;
const backoff = { firstMs: 200, maxMs: 30_000 };

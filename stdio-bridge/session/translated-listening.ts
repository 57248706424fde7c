/** A `subscriptions/listen` to processes of an older revision: their news of lists, and resources that are subscribed to for it. */

import { honoured, readListening, toAcknowledgement, withSubscription, type Listening } from "../jsonrpc/as-modern.js";
import { rawOf, readEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { toListenEnd } from "../jsonrpc/modern-result.js";
import type { ModernAsk, ModernCall } from "./passed-call.js";
import type { Caller } from "./pending.js";
import type { SharedHost } from "./shared-host.js";
import type { Asker, SharedRequest } from "./shared-request.js";

export interface TranslatedListeningNeeds {
  readonly host: SharedHost;
  /** What a process said to `initialize`. */
  readonly initialized: Buffer;
  readonly onEnd: (listening: TranslatedListening) => void;
}

export class TranslatedListening implements Asker, ModernCall {
  readonly lasts = true;
  private readonly needs: TranslatedListeningNeeds;
  private readonly id: Buffer;
  private readonly caller: Caller;
  private readonly wanted: Listening | undefined;
  /** Subscriptions that no process has answered yet. */
  private readonly open = new Set<SharedRequest>();
  private readonly agreed: Buffer[] = [];
  /** News from before the acknowledgement, which comes first. */
  private early: Buffer[] | undefined = [];
  private isOver = false;

  constructor({ message, envelope, caller }: ModernAsk, needs: TranslatedListeningNeeds) {
    this.needs = needs;
    this.id = rawOf(message, envelope.id);
    this.caller = caller;
    const wanted = readListening(message);
    this.wanted = wanted === undefined ? undefined : honoured(wanted, needs.initialized);
  }

  begin(): void {
    if (this.wanted === undefined) return this.refuse(errorCodes.invalidParams, "params.notifications must say what to listen for");
    const { resources } = this.wanted;
    if (resources.length > maxResources) return this.refuse(errorCodes.invalidParams, `${resources.length} resources are more than the ${maxResources} that one request may listen for`);
    for (const uri of resources) this.open.add(this.toSubscribe(uri));
    // A copy: answers that come at once are taken out.
    for (const request of [...this.open]) this.needs.host.submit(request);
    this.acknowledgeIfKnown();
  }

  withdraw(): boolean {
    return false;
  }

  abandon(): void {
    if (this.isOver) return;
    for (const request of this.open) this.needs.host.withdraw(request);
    this.end();
  }

  dismiss(): void {
    if (this.isOver) return;
    this.abandon();
    this.caller.answer(toListenEnd(this.id), "result");
  }

  answered(request: SharedRequest, _message: Buffer, outcome: "result" | "error"): void {
    // One that has left needs no subscription any more.
    if (!this.isOver) this.needs.host.noteAnswer(request, outcome);
    this.conclude(request, outcome === "result");
  }

  failed(request: SharedRequest): void {
    this.conclude(request, false);
  }

  refused(request: SharedRequest): void {
    this.conclude(request, false);
  }

  askedBy(): string {
    return "a client that listens is not asked for anything";
  }

  cancelledBy(): boolean {
    return false;
  }

  lost(): void {
    // The host subscribes again at another process.
  }

  give(message: Buffer): string | undefined {
    if (this.isOver || !this.wants(message)) return undefined;
    if (this.early === undefined) this.tell(message);
    // A copy: the message lies in a buffer that is used again.
    else if (this.early.length < maxEarly) this.early.push(Buffer.from(message));
    return undefined;
  }

  private wants(message: Buffer): boolean {
    const envelope = readEnvelope(message);
    if (envelope.kind !== "notification") return false;
    // The host gives only those of resources that were subscribed to.
    if (envelope.method === "notifications/resources/updated") return true;
    return this.wanted?.kinds.some((kind) => envelope.method === `notifications/${kind}/list_changed`) === true;
  }

  private tell(message: Buffer): void {
    this.caller.stream(withSubscription(message, this.id));
  }

  private toSubscribe(uri: Buffer): SharedRequest {
    const message = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":0,"method":"resources/subscribe","params":{"uri":'), uri, Buffer.from("}}")]);
    const envelope = readEnvelope(message);
    if (envelope.kind !== "request") throw new Error("a request of our own is none");
    return { asker: this, key: "", id: rawOf(message, envelope.id), token: undefined, message, envelope, uri, caller: nobody, place: { kind: "waiting", timer: undefined } };
  }

  private conclude(request: SharedRequest, isAgreed: boolean): void {
    request.place = { kind: "done" };
    if (!this.open.delete(request)) return;
    if (isAgreed && request.uri !== undefined) this.agreed.push(request.uri);
    if (!this.isOver) this.acknowledgeIfKnown();
  }

  private acknowledgeIfKnown(): void {
    if (this.open.size > 0 || this.wanted === undefined || this.early === undefined) return;
    const agreed = { kinds: this.wanted.kinds, resources: this.agreed };
    this.caller.stream(toAcknowledgement(this.id, agreed));
    const early = this.early;
    this.early = undefined;
    for (const message of early) this.tell(message);
    // Nothing that could ever be told.
    if (agreed.kinds.length === 0 && agreed.resources.length === 0) this.dismiss();
  }

  private refuse(code: number, message: string): void {
    this.end();
    this.caller.answer(toErrorMessage(this.id, { code, message }), "error");
  }

  private end(): void {
    this.isOver = true;
    this.needs.host.leave(this);
    this.needs.onEnd(this);
  }
}

const maxResources = 1_000;
const maxEarly = 100;

/** The answers to subscriptions are heard by their asker. */
const nobody: Caller = { isOpen: false, canStream: false, stream: () => undefined, answer: () => undefined, refuse: () => undefined };

/** The session of an older client at processes that know no sessions, only 2026-07-28: what the client said once goes with each request. */

import type { Logger } from "pino";
import { readOffers, toInitializeAnswer, type ElderTerms, type Offers } from "../jsonrpc/elder-initialize.js";
import { modernVersion } from "../jsonrpc/discover.js";
import { rawOf, readEnvelope, type NotificationEnvelope, type RequestEnvelope, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { toListen, type Filter } from "../jsonrpc/listening.js";
import { memberOf, textAt } from "../jsonrpc/member.js";
import { readElderClient, toModernRequest, toRequestMeta, type ElderClient } from "../jsonrpc/modern-request.js";
import type { Member } from "../jsonrpc/splice.js";
import type { LeaseRefusal } from "../pool/pool.js";
import { ClientLine } from "./client-line.js";
import type { AskOutcome, ClientSession, Listener, TellOutcome } from "./client-session.js";
import { ElderCalls, type AttemptOf, type ElderTimes } from "./elder-calls.js";
import { ElderSubscriptions, readSubscribedUri } from "./elder-subscriptions.js";
import type { Identity } from "./identity.js";
import type { Caller } from "./pending.js";
import type { RequestHost } from "./request-host.js";
import type { SessionLimits } from "./session.js";
import type { Asker, Listening, SharedRequest } from "./shared-request.js";

export type Learnt =
  | { readonly kind: "learnt"; readonly terms: ElderTerms }
  | { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string };

export interface ElderNeeds {
  readonly host: RequestHost;
  /** What the server says of itself; absent while it is not known. */
  readonly terms: ElderTerms | undefined;
  /** Finds that out. `stop`: the session is over. */
  readonly learn: (stop: AbortSignal) => Promise<Learnt>;
  readonly limits: SessionLimits;
  readonly times: ElderTimes;
  readonly log: Logger;
  readonly onOver: (session: ElderSession, how: "forgotten" | "ended") => void;
}

/** A request of a session that was brought back, which came before it was known what the server is. */
interface EarlyRequest { readonly message: Buffer; readonly envelope: RequestEnvelope; readonly caller: Caller }

export class ElderSession implements ClientSession, Asker {
  readonly identity: Identity;
  /** May change between requests: a session is bound to no process. */
  host: RequestHost;
  private readonly needs: ElderNeeds;
  private terms: ElderTerms | undefined;
  private early: EarlyRequest[] = [];
  private readonly over = new AbortController();
  private readonly subscriptions: ElderSubscriptions;
  private readonly calls: ElderCalls;
  private readonly line: ClientLine;
  private client: ElderClient = readElderClient(Buffer.from("{}"));
  /** As the client has set it: its text, and as it stands in JSON. */
  private level: string | undefined;
  private logLevel: Buffer | undefined;
  private meta: readonly Member[] = toRequestMeta(this.client, undefined);
  private knownOffers: Offers | undefined;
  private slowStreams = 0;

  constructor(identity: Identity, needs: ElderNeeds) {
    this.identity = identity;
    this.needs = needs;
    this.host = needs.host;
    this.terms = needs.terms;
    if (identity.beginning !== undefined) this.know(readElderClient(Buffer.concat([PARAMS, identity.beginning.params, CLOSE])));
    this.line = new ClientLine(needs.limits.outbox, () => this.calls.callers());
    this.calls = new ElderCalls({
      host: () => this.host,
      toAttempt: (of, message) => this.toAttempt(of, message),
      capabilities: () => this.client.capabilities,
      give: (message) => this.give(message),
      limits: needs.limits, times: needs.times, log: needs.log,
      lastNumber: identity.isRebuilt ? Math.floor(Math.random() * 2 ** 40) : 0,
    });
    this.subscriptions = new ElderSubscriptions({
      offers: () => this.offers,
      toRequest: (filter, listening) => this.toListenRequest(filter, listening),
      submit: (request) => this.host.submit(request),
      cancel: (request) => this.calls.abandon(request, "it is not wanted any more"),
      give: (message) => this.tellClient(message),
    });
  }

  get id(): string {
    return this.identity.id;
  }

  get isRebuilt(): boolean {
    return this.identity.isRebuilt;
  }

  get openRequests(): number {
    return this.calls.size + this.early.length;
  }

  idleMs(nowMs: number): number {
    return this.line.idleMs(nowMs);
  }

  leftMs(nowMs: number): number {
    return this.line.leftMs(nowMs);
  }

  ask(message: Buffer, envelope: RequestEnvelope, caller: Caller): AskOutcome {
    if (this.isOver) return "ended";
    this.line.noteHeard();
    if (this.terms === undefined) return this.askLater({ message, envelope, caller });
    const id = Buffer.from(rawOf(message, envelope.id));
    const { method } = envelope;
    if (isAbsent(method)) return refuseWith(caller, id, errorCodes.methodNotFound, `method ${method} does not exist: the server speaks ${modernVersion}, and this session an older revision`);
    switch (method) {
      case "initialize": return this.initialize(message, id, caller, this.terms);
      case "ping": return accept(caller, id);
      case "logging/setLevel": return this.setLevel(message, id, caller);
      case "resources/subscribe":
      case "resources/unsubscribe": return this.subscribe(message, method, id, caller);
      default: return this.pass(message, envelope, id, caller);
    }
  }

  tell(message: Buffer, envelope: NotificationEnvelope | ResponseEnvelope): TellOutcome {
    if (this.isOver) return "ended";
    this.line.noteHeard();
    if (envelope.kind === "response") this.calls.receiveAnswer(message, envelope);
    else if (envelope.method === "notifications/cancelled") this.calls.cancel(message, envelope);
    else if (envelope.method === "notifications/initialized") this.subscriptions.ensure();
    // Of anything else a process of 2026-07-28 knows nothing: it asks for roots when it needs them, and for progress never.
    return "sent";
  }

  listen(listener: Listener): boolean {
    return !this.isOver && this.line.listen(listener);
  }

  unlisten(listener: Listener): void {
    this.line.unlisten(listener);
  }

  slow(): void {
    if (++this.slowStreams === 1) this.host.pause?.();
  }

  flowing(): void {
    if (--this.slowStreams === 0) this.host.resume?.();
  }

  end(why: string): void {
    this.close(why, "ended");
  }

  forget(why: string): void {
    this.close(why, "forgotten");
  }

  /** Its process is another one now, which may not have what the one before had. */
  renewed(): void {
    for (const list of ["tools", "prompts", "resources"] as const) {
      if (this.offers[`${list}ListChanged`]) this.tellClient(Buffer.from(`{"jsonrpc":"2.0","method":"notifications/${list}/list_changed"}`));
    }
  }

  private close(why: string, how: "forgotten" | "ended"): void {
    if (this.isOver) return;
    this.over.abort();
    this.needs.log.debug({ why }, how === "ended" ? "a session has ended" : "a session is forgotten");
    this.needs.onOver(this, how);
    this.subscriptions.stop();
    for (const early of this.takeEarly()) this.refuse(early, `the session has ended: ${why}`);
    this.calls.endAll(why);
    this.host.leave(this);
    this.line.close();
  }

  answered(attempt: SharedRequest, message: Buffer, outcome: "result" | "error"): void {
    this.line.noteAnswered();
    if (attempt.listening !== undefined) return this.noteListenEnd(attempt, outcome === "error" ? (textAt(message, memberOf(message, ["error", "message"])) ?? "the server refused it") : "the server has ended it");
    if (!this.calls.has(attempt)) return;
    this.subscriptions.ensure();
    this.calls.answered(attempt, message, outcome);
  }

  failed(attempt: SharedRequest, what: string): void {
    if (attempt.listening !== undefined) return this.noteListenEnd(attempt, what);
    this.calls.failed(attempt, what);
  }

  refused(attempt: SharedRequest, what: string): void {
    if (attempt.listening !== undefined) return this.noteListenEnd(attempt, what);
    this.calls.refused(attempt, what);
  }

  dismissed(attempt: SharedRequest): void {
    this.noteListenEnd(attempt, "its process was given back");
  }

  askedBy(): string | undefined {
    return "a server of 2026-07-28 asks by what it answers, and not by requests of its own";
  }

  cancelledBy(): boolean {
    return false;
  }

  lost(): void {
    // What was open at the process is told of one by one, and the process has asked nothing that is still to be answered to it.
  }

  give(message: Buffer): string | undefined {
    return this.line.give(message);
  }

  private get isOver(): boolean {
    return this.over.signal.aborted;
  }

  private get offers(): Offers {
    return (this.knownOffers ??= this.terms === undefined ? undefined : readOffers(this.terms.discovered)) ?? NO_OFFERS;
  }

  private know(client: ElderClient): void {
    this.client = client;
    this.meta = toRequestMeta(client, this.logLevel);
  }

  private tellClient(message: Buffer): void {
    const refusal = this.give(message);
    if (refusal !== undefined) this.needs.log.debug({ refusal }, "a notification could not be given to the client");
  }

  private askLater(early: EarlyRequest): AskOutcome {
    if (this.early.length >= this.needs.limits.maxOpenRequests) return "too_many_requests";
    this.early.push(early);
    // Nothing in it is expected to fail, and a bug must not become a silent hang.
    if (this.early.length === 1) void this.learn();
    return "sent";
  }

  private async learn(): Promise<void> {
    const learnt = await this.needs.learn(this.over.signal);
    if (this.isOver) return;
    if (learnt.kind === "learnt") {
      this.terms = learnt.terms;
      this.renewed();
    }
    for (const early of this.takeEarly()) {
      const outcome = learnt.kind === "refused" ? learnt.what : this.ask(early.message, early.envelope, early.caller);
      if (outcome !== "sent") this.refuse(early, outcome);
    }
    this.subscriptions.ensure();
  }

  private takeEarly(): readonly EarlyRequest[] {
    const { early } = this;
    this.early = [];
    return early;
  }

  private refuse({ message, envelope, caller }: EarlyRequest, what: string): void {
    caller.refuse(toErrorMessage(rawOf(message, envelope.id), { code: errorCodes.unavailable, message: `the request was not run: ${what}` }), "no_room");
  }

  private initialize(message: Buffer, id: Buffer, caller: Caller, terms: ElderTerms): AskOutcome {
    const answer = toInitializeAnswer(id, message, terms);
    this.identity.noteInitialize(message);
    this.identity.noteAgreed(answer, elderMark);
    this.know(readElderClient(message));
    caller.answer(answer, "result");
    return "sent";
  }

  private setLevel(message: Buffer, id: Buffer, caller: Caller): AskOutcome {
    if (!this.offers.logging) return refuseWith(caller, id, errorCodes.methodNotFound, "the server offers no logging");
    const span = memberOf(message, ["params", "level"]);
    const level = textAt(message, span);
    if (span === undefined || level === undefined || !levels.includes(level)) return refuseWith(caller, id, errorCodes.invalidParams, `level is none of ${levels.join(", ")}`);
    this.level = level;
    this.logLevel = Buffer.from(rawOf(message, span));
    this.know(this.client);
    return accept(caller, id);
  }

  private subscribe(message: Buffer, method: "resources/subscribe" | "resources/unsubscribe", id: Buffer, caller: Caller): AskOutcome {
    if (!this.offers.subscribe) return refuseWith(caller, id, errorCodes.methodNotFound, "the server offers no subscriptions to resources");
    const read = readSubscribedUri(message);
    if (read === undefined) return refuseWith(caller, id, errorCodes.invalidParams, "params.uri must be a string");
    if (method === "resources/unsubscribe") {
      this.subscriptions.unsubscribe(read.uri);
      return accept(caller, id);
    }
    this.subscriptions.subscribe(read.uri, read.raw, (refusal) => {
      if (refusal === undefined) accept(caller, id);
      else caller.answer(toErrorMessage(id, { code: errorCodes.unavailable, message: `cannot subscribe: ${refusal}` }), "error");
    });
    return "sent";
  }

  private pass(message: Buffer, envelope: RequestEnvelope, id: Buffer, caller: Caller): AskOutcome {
    const refusal = this.calls.refusalOf(id);
    if (refusal !== undefined) return refusal;
    const token = envelope.progressToken === undefined ? undefined : Buffer.from(rawOf(message, envelope.progressToken));
    this.line.noteAsked(caller);
    this.calls.begin(id, token, caller, toModernRequest(message, this.meta));
    return "sent";
  }

  private toAttempt(of: AttemptOf, message: Buffer): SharedRequest {
    // A request before, and still one with members added to its parameters.
    const envelope = readEnvelope(message) as RequestEnvelope;
    return { asker: this, key: of.key, id: of.id, token: of.token, caller: of.caller, message, envelope, uri: undefined, logs: this.level, place: { kind: "waiting", timer: undefined } };
  }

  private toListenRequest(filter: Filter, listening: Listening): SharedRequest {
    const message = toListen(filter, this.meta);
    return { ...this.toAttempt({ key: "", id: NO_ID, token: undefined, caller: nobody }, message), lasts: true, listening };
  }

  private noteListenEnd(request: SharedRequest, why: string): void {
    request.place = { kind: "done" };
    if (!this.isOver) this.subscriptions.noteEnd(request, why);
  }
}

/** In the id of a session: it can be begun again only as one of these. */
const elderMark = `/${modernVersion}`;

/** The session was one of these where its id was made. */
export function isTranslated(revision: string): boolean {
  return revision.endsWith(elderMark);
}

const levels: readonly string[] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
const RESULT = Buffer.from('{"jsonrpc":"2.0","result":{},"id":'), CLOSE = Buffer.from("}");
const NO_ID = Buffer.from("0"), PARAMS = Buffer.from('{"params":');
const NO_OFFERS: Offers = { toolsListChanged: false, promptsListChanged: false, resourcesListChanged: false, subscribe: false, logging: false };
/** Of a request that the bridge makes itself. */
const nobody: Caller = { isOpen: false, canStream: false, stream: () => undefined, answer: () => undefined, refuse: () => undefined };

/** What one of the two eras has under this name the other has not, or means something else by it. */
function isAbsent(method: string): boolean {
  return method.startsWith("tasks/") || method === "server/discover" || method === "subscriptions/listen";
}

function accept(caller: Caller, id: Buffer): AskOutcome {
  caller.answer(Buffer.concat([RESULT, id, CLOSE]), "result");
  return "sent";
}

function refuseWith(caller: Caller, id: Buffer, code: number, message: string): AskOutcome {
  caller.answer(toErrorMessage(id, { code, message }), "error");
  return "sent";
}

/** One client's session with processes that it shares with others: what is its own, and nobody else's. */

import type { Logger } from "pino";
import { rawOf, type NotificationEnvelope, type RequestEnvelope, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { memberOf, withEdits } from "../jsonrpc/member.js";
import { idKey, withId } from "../jsonrpc/message-id.js";
import { ClientLine } from "./client-line.js";
import type { AskOutcome, ClientSession, Listener, TellOutcome } from "./client-session.js";
import type { Identity } from "./identity.js";
import { PassingMap } from "./passing-map.js";
import type { Caller } from "./pending.js";
import type { SessionLimits } from "./session.js";
import type { SharedHost } from "./shared-host.js";
import type { AskedProcess, Asker, SharedRequest } from "./shared-request.js";

/** A request of a process that the client has not answered yet. */
interface ServerRequest {
  readonly process: AskedProcess;
  /** The bytes as the process wrote them. */
  readonly id: Buffer;
  readonly token: Buffer | undefined;
}

export interface SharedSessionNeeds {
  readonly limits: SessionLimits;
  readonly log: Logger;
  readonly onOver: (session: SharedSession, how: "forgotten" | "ended") => void;
}

export class SharedSession implements ClientSession, Asker {
  readonly identity: Identity;
  /** May change between requests: a session is bound to no process. */
  host: SharedHost;
  private readonly needs: SharedSessionNeeds;
  private readonly limits: SessionLimits;
  private readonly log: Logger;
  private readonly requests = new PassingMap<string, SharedRequest>();
  private readonly serverRequests = new Map<number, ServerRequest>();
  private lastServerNumber = 0;
  private readonly line: ClientLine;
  /** What the client said that it can do for a server. */
  private capabilities: Readonly<Record<string, unknown>> = {};
  private isEnded = false;

  constructor(identity: Identity, host: SharedHost, needs: SharedSessionNeeds) {
    this.identity = identity;
    this.host = host;
    this.needs = needs;
    this.limits = needs.limits;
    this.log = needs.log;
    this.line = new ClientLine(needs.limits.outbox, () => this.callers());
    if (identity.beginning !== undefined) this.capabilities = readCapabilities(identity.beginning.params);
  }

  get id(): string {
    return this.identity.id;
  }

  get revision(): string | undefined {
    return this.identity.beginning?.revision;
  }

  get isRebuilt(): boolean {
    return this.identity.isRebuilt;
  }

  get openRequests(): number {
    return this.requests.size;
  }

  idleMs(nowMs: number): number {
    return this.line.idleMs(nowMs);
  }

  leftMs(nowMs: number): number {
    return this.line.leftMs(nowMs);
  }

  ask(message: Buffer, envelope: RequestEnvelope, caller: Caller): AskOutcome {
    if (this.isEnded) return "ended";
    this.line.noteHeard();
    const id = rawOf(message, envelope.id);
    switch (envelope.method) {
      case "initialize":
        this.begin(id, message, caller);
        return "sent";
      case "ping":
        // That the processes live is looked after here; a ping need not start one.
        caller.answer(Buffer.concat([RESULT, id, CLOSE]), "result");
        return "sent";
      default:
    }
    const key = idKey(id);
    if (this.requests.has(key)) return "duplicate_id";
    if (this.requests.size >= this.limits.maxOpenRequests) return "too_many_requests";
    const request: SharedRequest = {
      asker: this, key, id, message, envelope, caller,
      token: envelope.progressToken === undefined ? undefined : rawOf(message, envelope.progressToken),
      uri: isAboutSubscription(envelope.method) ? readUri(message) : undefined,
      place: { kind: "waiting", timer: undefined },
    };
    this.requests.set(key, request);
    this.line.noteAsked(caller);
    this.host.submit(request);
    return "sent";
  }

  tell(message: Buffer, envelope: NotificationEnvelope | ResponseEnvelope): TellOutcome {
    if (this.isEnded) return "ended";
    this.line.noteHeard();
    if (envelope.kind === "response") return this.passAnswer(message, envelope);
    switch (envelope.method) {
      case "notifications/cancelled": return this.cancel(message, envelope);
      case "notifications/progress": return this.passProgress(message, envelope);
      default:
        // The processes were initialised long ago, and what changes at one client changes nothing for the others.
        return "sent";
    }
  }

  listen(listener: Listener): boolean {
    return !this.isEnded && this.line.listen(listener);
  }

  unlisten(listener: Listener): void {
    this.line.unlisten(listener);
  }

  /** A process that others use too does not wait for one client: what its stream cannot hold cuts it off. */
  slow(): void {
    this.log.debug("a client of shared processes reads slowly");
  }

  flowing(): void {
    this.log.debug("a client of shared processes reads again");
  }

  end(why: string): void {
    this.close(why, "ended");
  }

  forget(why: string): void {
    this.close(why, "forgotten");
  }

  answered(request: SharedRequest, message: Buffer, outcome: "result" | "error"): void {
    this.line.noteAnswered();
    this.host.noteAnswer(request, outcome);
    this.finish(request);
    request.caller.answer(message, outcome);
  }

  failed(request: SharedRequest, what: string): void {
    this.finish(request);
    request.caller.answer(toErrorMessage(request.id, { code: errorCodes.unavailable, message: what }), "error");
  }

  refused(request: SharedRequest, what: string): void {
    this.finish(request);
    request.caller.refuse(toErrorMessage(request.id, { code: errorCodes.unavailable, message: `the request was not run: ${what}` }), "no_room");
  }

  askedBy(process: AskedProcess, message: Buffer, envelope: RequestEnvelope): string | undefined {
    const [capability = ""] = envelope.method.split("/");
    if (this.capabilities[capability] === undefined) return `the client does not offer ${capability}`;
    if (this.serverRequests.size >= this.limits.maxServerRequests) return `the client owes ${this.serverRequests.size} answers already`;
    const number = ++this.lastServerNumber;
    const ours = Buffer.from(String(number), "latin1");
    const { id, progressToken } = envelope;
    const translated = progressToken === undefined ? withId(message, id, ours) : withEdits(message, { span: id, raw: ours }, { span: progressToken, raw: ours });
    const refusal = this.give(translated);
    if (refusal !== undefined) return refusal;
    this.serverRequests.set(number, {
      process,
      id: Buffer.from(rawOf(message, id)),
      token: progressToken === undefined ? undefined : Buffer.from(rawOf(message, progressToken)),
    });
    return undefined;
  }

  cancelledBy(process: AskedProcess, message: Buffer, envelope: NotificationEnvelope): boolean {
    if (envelope.requestId === undefined) return false;
    const key = idKey(rawOf(message, envelope.requestId));
    for (const [number, request] of this.serverRequests) {
      if (request.process !== process || idKey(request.id) !== key) continue;
      this.serverRequests.delete(number);
      this.give(withId(message, envelope.requestId, Buffer.from(String(number), "latin1")));
      return true;
    }
    return false;
  }

  lost(process: AskedProcess): void {
    for (const [number, request] of this.serverRequests) if (request.process === process) this.serverRequests.delete(number);
  }

  /** To the stream that belongs to no request, else over the latest open one, else kept. */
  give(message: Buffer): string | undefined {
    return this.line.give(message);
  }

  private *callers(): Iterable<Caller> {
    for (const { caller } of this.requests.values()) yield caller;
  }

  private begin(id: Buffer, message: Buffer, caller: Caller): void {
    const answer = this.host.answerInitialize(id, message);
    this.identity.noteInitialize(message);
    this.identity.noteAgreed(answer);
    const params = memberOf(message, ["params"]);
    this.capabilities = params === undefined ? {} : readCapabilities(rawOf(message, params));
    caller.answer(answer, "result");
  }

  private close(why: string, how: "forgotten" | "ended"): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.log.debug({ why }, how === "ended" ? "a session has ended" : "a session is forgotten");
    this.needs.onOver(this, how);
    this.host.leave(this);
    for (const { process, id } of this.serverRequests.values()) process.tell(toErrorMessage(id, { code: errorCodes.unavailable, message: "the client has gone" }));
    this.serverRequests.clear();
    for (const request of [...this.requests.values()]) {
      this.abandon(request);
      this.failed(request, `the session has ended: ${why}`);
    }
    this.line.close();
  }

  private finish(request: SharedRequest): void {
    request.place = { kind: "done" };
    if (this.requests.get(request.key) === request) this.requests.delete(request.key);
  }

  private cancel(message: Buffer, envelope: NotificationEnvelope): TellOutcome {
    const request = envelope.requestId === undefined ? undefined : this.requests.get(idKey(rawOf(message, envelope.requestId)));
    if (request === undefined || envelope.requestId === undefined) return "sent";
    const { place } = request;
    if (place.kind === "sent") place.process.tell(withId(message, envelope.requestId, Buffer.from(String(place.number), "latin1")));
    this.release(request);
    this.failed(request, "the request was cancelled by the client");
    return "sent";
  }

  /** Nobody awaits the answer any more: the process is told so. */
  private abandon(request: SharedRequest): void {
    const { place } = request;
    if (place.kind === "waiting") this.host.withdraw(request);
    else if (place.kind === "sent") place.process.cancel(place.number, "the session has ended");
  }

  private release(request: SharedRequest): void {
    const { place } = request;
    if (place.kind === "waiting") this.host.withdraw(request);
    else if (place.kind === "sent") place.process.forget(place.number);
  }

  private passAnswer(message: Buffer, envelope: ResponseEnvelope): TellOutcome {
    const number = envelope.id === undefined ? NaN : Number(idKey(rawOf(message, envelope.id)));
    const request = this.serverRequests.get(number);
    if (request === undefined || envelope.id === undefined) {
      this.log.debug({ bytes: message.length }, "an answer from the client to no open request was dropped");
      return "sent";
    }
    const sent = request.process.tell(withId(message, envelope.id, request.id));
    if (sent === "not_reading") return "not_reading";
    this.serverRequests.delete(number);
    return "sent";
  }

  private passProgress(message: Buffer, envelope: NotificationEnvelope): TellOutcome {
    const number = envelope.progressToken === undefined ? NaN : Number(idKey(rawOf(message, envelope.progressToken)));
    const request = this.serverRequests.get(number);
    if (request?.token !== undefined && envelope.progressToken !== undefined) request.process.tell(withId(message, envelope.progressToken, request.token));
    return "sent";
  }
}

const RESULT = Buffer.from('{"jsonrpc":"2.0","result":{},"id":'), CLOSE = Buffer.from("}");
const OPEN_BRACE = 0x7b, QUOTE = 0x22;

function isAboutSubscription(method: string): boolean {
  return method === "resources/subscribe" || method === "resources/unsubscribe";
}

function readUri(message: Buffer): Buffer | undefined {
  const uri = memberOf(message, ["params", "uri"]);
  return uri === undefined || message[uri.start] !== QUOTE ? undefined : Buffer.from(rawOf(message, uri));
}

function readCapabilities(params: Buffer): Readonly<Record<string, unknown>> {
  const capabilities = memberOf(params, ["capabilities"]);
  if (capabilities === undefined || params[capabilities.start] !== OPEN_BRACE) return {};
  return JSON.parse(params.toString("utf8", capabilities.start, capabilities.end)) as Record<string, unknown>; // An object, by its brace.
}

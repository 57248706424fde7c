/** One client's session with a process of its own: questions and answers both ways, and who hears what. */

import type { Logger } from "pino";
import { rawOf, type Envelope, type NotificationEnvelope, type RequestEnvelope, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { idKey, withId } from "../jsonrpc/message-id.js";
import type { Lease, Tenant } from "../pool/pool.js";
import type { TornMessage } from "../process/process-output.js";
import { describeExit, type ProcessExit } from "../process/process-exit.js";
import type { AskOutcome, ClientSession, Listener, TellOutcome } from "./client-session.js";
import { Outbox, type OutboxLimits } from "./outbox.js";
import { PendingRequests, type Caller, type PendingRequest } from "./pending.js";

export interface SessionLimits {
  /** Requests of the client that may be open at once. */
  readonly maxOpenRequests: number;
  /** Requests of the process that the client may owe an answer to. */
  readonly maxServerRequests: number;
  readonly outbox: OutboxLimits;
}

export const sessionLimits: SessionLimits = {
  maxOpenRequests: 1_000,
  maxServerRequests: 1_000,
  outbox: { maxMessages: 100, maxBytes: 1024 * 1024 },
};

export class Session implements ClientSession, Tenant {
  readonly id: string;
  private readonly lease: Lease;
  private readonly limits: SessionLimits;
  private readonly log: Logger;
  private readonly onEnd: (session: Session) => void;
  private readonly pending = new PendingRequests();
  /** Requests of the process that the client has not answered yet: their ids' bytes as the process wrote them. */
  private readonly serverRequests = new Map<string, Buffer>();
  private readonly outbox: Outbox;
  private listener: Listener | undefined;
  /** Streams on which more waits for the client than should. */
  private slowStreams = 0;
  private isEnded = false;
  private lastUsedMs: number;
  /** The client has closed its stream, and nothing came from it since. */
  private hasLeft = false;

  constructor(id: string, lease: Lease, limits: SessionLimits, log: Logger, onEnd: (session: Session) => void) {
    this.id = id;
    this.lease = lease;
    this.limits = limits;
    this.log = log;
    this.onEnd = onEnd;
    this.outbox = new Outbox(limits.outbox);
    this.lastUsedMs = performance.now();
  }

  get openRequests(): number {
    return this.pending.size;
  }

  /** Neither a request nor a stream for so long. Of requests whose client has gone nobody awaits the answer. */
  idleMs(nowMs: number): number {
    return this.listener !== undefined || this.pending.isAwaited ? 0 : nowMs - this.lastUsedMs;
  }

  /**
   * For how long the client seems to be gone: most clients close their stream when they end, and few say more.
   * It may still come back, so this is no reason to end a session that is in nobody's way.
   */
  leftMs(nowMs: number): number {
    return this.hasLeft ? this.idleMs(nowMs) : 0;
  }

  /** A request of the client; the answer goes to `caller` in all cases but those that the outcome tells of. */
  ask(message: Buffer, envelope: RequestEnvelope, caller: Caller): AskOutcome {
    if (this.isEnded) return "ended";
    this.noteUse();
    const id = rawOf(message, envelope.id);
    const key = idKey(id);
    if (this.pending.has(key)) return "duplicate_id";
    if (this.pending.size >= this.limits.maxOpenRequests) return "too_many_requests";
    const sent = this.lease.send(message);
    if (sent !== "sent") return sent === "gone" ? "ended" : "not_reading";
    this.pending.add({
      key,
      // A copy: the id lies in the body, which would be kept alive with it.
      id: Buffer.from(id),
      method: envelope.method,
      tokenKey: envelope.progressToken === undefined ? undefined : idKey(rawOf(message, envelope.progressToken)),
      caller,
    });
    if (caller.canStream) for (const kept of this.outbox.takeAll()) caller.stream(kept);
    return "sent";
  }

  /** A notification of the client, or its answer to a request of the process. */
  tell(message: Buffer, envelope: NotificationEnvelope | ResponseEnvelope): TellOutcome {
    if (this.isEnded) return "ended";
    this.noteUse();
    if (envelope.kind === "response") return this.passAnswer(message, envelope);
    const sent = this.lease.send(message);
    if (sent !== "sent") return sent === "gone" ? "ended" : "not_reading";
    if (envelope.method === "notifications/cancelled" && envelope.requestId !== undefined) this.forgetCancelled(idKey(rawOf(message, envelope.requestId)));
    return "sent";
  }

  /** False when there is a stream already. */
  listen(listener: Listener): boolean {
    if (this.isEnded || this.listener !== undefined) return false;
    this.listener = listener;
    this.noteUse();
    for (const kept of this.outbox.takeAll()) listener.send(kept);
    return true;
  }

  /** The client has closed its stream. */
  unlisten(listener: Listener): void {
    if (this.listener !== listener) return;
    this.listener = undefined;
    this.noteUse();
    this.hasLeft = true;
  }

  /** A stream to the client is full, until `flowing`: then the process waits, rather than memory fill up. */
  slow(): void {
    if (++this.slowStreams === 1) this.lease.pause();
  }

  flowing(): void {
    if (--this.slowStreams === 0) this.lease.resume();
  }

  /** `why` completes "the session has ended: …" for those who still wait. */
  end(why: string): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.log.debug({ why, pid: this.lease.pid }, "a session has ended");
    this.onEnd(this);
    this.lease.release();
    this.failPending(`the session has ended: ${why}`);
    this.listener?.close();
    this.listener = undefined;
  }

  receive(message: Buffer, envelope: Envelope): void {
    switch (envelope.kind) {
      case "response": return this.receiveAnswer(message, envelope);
      case "request": return this.receiveRequest(message, envelope);
      case "notification": return this.receiveNotification(message, envelope);
      case "batch":
      case "invalid":
        this.log.warn({ kind: envelope.kind, bytes: message.length }, "a message from the server process that is none of the protocol was dropped");
    }
  }

  receiveTorn(torn: TornMessage): void {
    if (torn.id === undefined) return;
    const what = `a message of ${torn.bytes} bytes is longer than the server's max_message_bytes allows`;
    if (torn.kind === "request") this.lease.send(toErrorMessage(torn.id, { code: errorCodes.invalidRequest, message: what }));
    if (torn.kind !== "response") return;
    const request = this.pending.take(idKey(torn.id));
    if (request !== undefined) this.fail(request, `the answer was dropped: ${what}`);
  }

  processEnded(exit: ProcessExit): void {
    this.failPending(`the server process ${describeExit(exit)}`);
    this.end("its server process is gone");
  }

  private noteUse(): void {
    this.lastUsedMs = performance.now();
    this.hasLeft = false;
  }

  private receiveAnswer(message: Buffer, envelope: ResponseEnvelope): void {
    const request = envelope.id === undefined ? undefined : this.pending.take(idKey(rawOf(message, envelope.id)));
    if (request === undefined || envelope.id === undefined) {
      this.log.debug({ bytes: message.length }, "an answer from the server process to no open request was dropped");
      return;
    }
    this.lastUsedMs = performance.now();
    request.caller.answer(withId(message, envelope.id, request.id), envelope.outcome);
    // A session that was not begun is none: the client was given no id for it.
    if (request.method === "initialize" && envelope.outcome === "error") this.end("initialize was refused");
  }

  private receiveRequest(message: Buffer, envelope: RequestEnvelope): void {
    const id = rawOf(message, envelope.id);
    const refuse = (what: string): void => void this.lease.send(toErrorMessage(id, { code: errorCodes.unavailable, message: what }));
    if (this.serverRequests.size >= this.limits.maxServerRequests) return refuse(`the client owes ${this.serverRequests.size} answers already`);
    const key = idKey(id);
    this.serverRequests.set(key, Buffer.from(id));
    const refusal = this.route(message);
    if (refusal === undefined) return;
    this.serverRequests.delete(key);
    refuse(refusal);
  }

  private receiveNotification(message: Buffer, envelope: NotificationEnvelope): void {
    if (envelope.method === "notifications/progress" && envelope.progressToken !== undefined) {
      const caller = this.pending.withToken(idKey(rawOf(message, envelope.progressToken)))?.caller;
      if (caller?.canStream === true) return caller.stream(message);
    }
    if (envelope.method === "notifications/cancelled" && envelope.requestId !== undefined) this.serverRequests.delete(idKey(rawOf(message, envelope.requestId)));
    const refusal = this.route(message);
    if (refusal !== undefined) this.log.debug({ method: envelope.method, refusal }, "a notification could not be given to the client");
  }

  /** To the stream that belongs to no request, else over the latest open one; absent, or why it cannot be. */
  private route(message: Buffer): string | undefined {
    if (this.listener !== undefined) {
      this.listener.send(message);
      return undefined;
    }
    const request = this.pending.latestStreaming();
    if (request !== undefined) {
      request.caller.stream(message);
      return undefined;
    }
    if (this.pending.isAwaited) return "the client accepts no stream over which it could be asked";
    return this.outbox.keep(message) ? undefined : "the client has no stream open, and too much waits for it already";
  }

  private passAnswer(message: Buffer, envelope: ResponseEnvelope): TellOutcome {
    const key = envelope.id === undefined ? undefined : idKey(rawOf(message, envelope.id));
    const id = key === undefined ? undefined : this.serverRequests.get(key);
    if (key === undefined || id === undefined || envelope.id === undefined) {
      // As after a request that the process has cancelled: the answer was on its way, and nobody is to blame.
      this.log.debug({ bytes: message.length }, "an answer from the client to no open request was dropped");
      return "sent";
    }
    const sent = this.lease.send(withId(message, envelope.id, id));
    if (sent === "sent") this.serverRequests.delete(key);
    return sent === "gone" ? "ended" : sent;
  }

  /** To a cancelled request comes no answer any more, so nobody is left to wait for it. */
  private forgetCancelled(key: string): void {
    const request = this.pending.get(key);
    if (request === undefined || request.method === "initialize") return;
    this.pending.take(key);
    this.fail(request, "the request was cancelled by the client");
  }

  private failPending(what: string): void {
    for (const request of this.pending.takeAll()) this.fail(request, what);
  }

  private fail(request: PendingRequest, what: string): void {
    request.caller.answer(toErrorMessage(request.id, { code: errorCodes.unavailable, message: what }), "error");
  }
}

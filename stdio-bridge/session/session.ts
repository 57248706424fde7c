/** One client's session with a process of its own, or one after the other: questions and answers both ways, and who hears what. */

import type { Logger } from "pino";
import { rawOf, type Envelope, type NotificationEnvelope, type RequestEnvelope, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { idKey, withId } from "../jsonrpc/message-id.js";
import type { Lease, LeaseRefusal, Tenant } from "../pool/pool.js";
import type { TornMessage } from "../process/process-output.js";
import { describeExit, type ProcessExit } from "../process/process-exit.js";
import type { Tally } from "../process/tally.js";
import { ClientLine } from "./client-line.js";
import type { AskOutcome, ClientSession, Listener, TellOutcome } from "./client-session.js";
import type { Identity } from "./identity.js";
import { listChangesOf } from "./list-changes.js";
import type { OutboxLimits } from "./outbox.js";
import { PendingRequests, type Caller, type PendingRequest, type RefusalReason } from "./pending.js";
import { isReplayed, Replay } from "./replay.js";
import { Revival, type LeaseProcess } from "./revival.js";
import { ServerRequests } from "./server-requests.js";

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

export interface SessionNeeds {
  readonly limits: SessionLimits;
  readonly log: Logger;
  readonly tally: Tally;
  readonly leaseProcess: LeaseProcess;
  /** When its process is gone: the session goes on with another, is forgotten here, or ends. */
  readonly onLoss: () => "go_on" | "forget" | "end";
  readonly onOver: (session: Session, how: "forgotten" | "ended") => void;
}

/** A message that waits for a process. */
interface Waiting {
  readonly message: Buffer;
  /** Where it is one. */
  readonly request: PendingRequest | undefined;
}

export class Session implements ClientSession, Tenant {
  readonly identity: Identity;
  private readonly needs: SessionNeeds;
  private readonly limits: SessionLimits;
  private readonly log: Logger;
  /** Absent while the session has no process: the next message brings one. */
  private lease: Lease | undefined;
  private revival: Revival | undefined;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private readonly replay = new Replay();
  private readonly pending = new PendingRequests();
  private readonly serverRequests: ServerRequests;
  private readonly line: ClientLine;
  /** Streams on which more waits for the client than should. */
  private slowStreams = 0;
  private isEnded = false;

  /** `lease`: its first process; absent where it is brought back by its id. */
  constructor(identity: Identity, lease: Lease | undefined, needs: SessionNeeds) {
    this.identity = identity;
    this.lease = lease;
    this.needs = needs;
    this.limits = needs.limits;
    this.log = needs.log;
    this.serverRequests = new ServerRequests(identity.isRebuilt);
    this.line = new ClientLine(needs.limits.outbox, () => this.pending.callers());
  }

  get id(): string {
    return this.identity.id;
  }

  get isRebuilt(): boolean {
    return this.identity.isRebuilt;
  }

  get openRequests(): number {
    return this.pending.size;
  }

  idleMs(nowMs: number): number {
    return this.line.idleMs(nowMs);
  }

  /** The client may still come back, so this is no reason to take the process of a session that is in nobody's way. */
  leftMs(nowMs: number): number {
    return this.lease === undefined ? 0 : this.line.leftMs(nowMs);
  }

  /** A request of the client; the answer goes to `caller` in all cases but those that the outcome tells of. */
  ask(message: Buffer, envelope: RequestEnvelope, caller: Caller): AskOutcome {
    if (this.isEnded) return "ended";
    this.line.noteHeard();
    const id = rawOf(message, envelope.id);
    const key = idKey(id);
    if (this.pending.has(key)) return "duplicate_id";
    if (this.pending.size >= this.limits.maxOpenRequests) return "too_many_requests";
    const request: PendingRequest = {
      key,
      // A copy: the id lies in the body, which would be kept alive with it.
      id: Buffer.from(id),
      method: envelope.method,
      tokenKey: envelope.progressToken === undefined ? undefined : idKey(rawOf(message, envelope.progressToken)),
      replayed: isReplayed(envelope.method) ? message : undefined,
      caller,
    };
    const outcome = this.send(message, request);
    if (outcome !== "sent") return outcome;
    if (envelope.method === "initialize") this.identity.noteInitialize(message);
    this.pending.add(request);
    this.line.noteAsked(caller);
    return "sent";
  }

  /** A notification of the client, or its answer to a request of the process. */
  tell(message: Buffer, envelope: NotificationEnvelope | ResponseEnvelope): TellOutcome {
    if (this.isEnded) return "ended";
    this.line.noteHeard();
    if (envelope.kind === "response") return this.passAnswer(message, envelope);
    const key = envelope.method === "notifications/cancelled" && envelope.requestId !== undefined ? idKey(rawOf(message, envelope.requestId)) : undefined;
    const isDue = this.lease !== undefined || !meantForLostProcess.has(envelope.method);
    const outcome = isDue ? this.send(message, undefined) : "sent";
    if (outcome === "sent" && key !== undefined) this.forgetCancelled(key);
    return outcome;
  }

  listen(listener: Listener): boolean {
    return !this.isEnded && this.line.listen(listener);
  }

  unlisten(listener: Listener): void {
    this.line.unlisten(listener);
  }

  /** A stream to the client is full, until `flowing`: then the process waits, rather than memory fill up. */
  slow(): void {
    if (++this.slowStreams === 1) this.lease?.pause();
  }

  flowing(): void {
    if (--this.slowStreams === 0) this.lease?.resume();
  }

  /** `why` completes "the session has ended: …" for those who still wait. */
  end(why: string): void {
    this.close(why, "ended");
  }

  forget(why: string): void {
    this.close(why, "forgotten");
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
    if (torn.kind === "request") this.lease?.send(toErrorMessage(torn.id, { code: errorCodes.invalidRequest, message: what }));
    if (torn.kind !== "response") return;
    const request = this.pending.take(idKey(torn.id));
    if (request !== undefined) this.fail(request, `the answer was dropped: ${what}`);
  }

  processEnded(exit: ProcessExit): void {
    const what = `the server process ${describeExit(exit)}`;
    const waiting = new Set(this.waiting.map(({ request }) => request));
    this.lease = undefined;
    this.serverRequests.lose();
    // What it was asked has perhaps been done, so it is never asked again.
    for (const request of this.pending.takeWhere((request) => !waiting.has(request))) this.fail(request, what);
    const fate = this.identity.beginning === undefined ? "end" : this.needs.onLoss();
    if (fate === "end") return this.end("its server process is gone");
    if (fate === "forget") return this.forget("its server process is gone, and the next one is shared");
    this.log.info(`${what}: the session goes on with another when its client has something for it`);
    if (this.waiting.length > 0) this.revive();
  }

  private close(why: string, how: "forgotten" | "ended"): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.log.debug({ why, pid: this.lease?.pid }, how === "ended" ? "a session has ended" : "a session is forgotten");
    this.needs.onOver(this, how);
    this.revival?.stop();
    this.lease?.release();
    this.waiting = [];
    for (const request of this.pending.takeWhere(() => true)) this.fail(request, `the session has ended: ${why}`);
    this.line.close();
  }

  /** To the process; kept until there is one where there is none. */
  private send(message: Buffer, request: PendingRequest | undefined): TellOutcome {
    const sent = this.lease?.send(message) ?? "gone";
    if (sent !== "gone") return sent;
    // The end of a process may be seen here before it is told of.
    if (this.identity.beginning === undefined || this.needs.onLoss() !== "go_on") return "ended";
    if (this.waitingBytes > maxWaitingBytes) return "not_reading";
    this.waiting.push({ message, request });
    this.waitingBytes += message.length;
    if (this.lease === undefined) this.revive();
    return "sent";
  }

  private revive(): void {
    const { beginning } = this.identity;
    if (this.revival !== undefined || beginning === undefined) return;
    this.revival = new Revival(this.needs.leaseProcess, beginning, this, {
      onRevived: (lease, answer) => this.goOn(lease, answer),
      onRefused: (why, what) => this.refuseWaiting(why, what),
      onOther: (what) => this.beOver(what),
    });
    // Nothing in it is expected to fail, and a bug must not become a silent hang.
    void this.revival.start();
  }

  private goOn(lease: Lease, answer: Buffer): void {
    const { waiting } = this;
    this.lease = lease;
    this.revival = undefined;
    this.waiting = [];
    this.waitingBytes = 0;
    this.needs.tally.add("sessions_revived");
    this.log.debug({ pid: lease.pid, waiting: waiting.length }, "a session goes on with another process");
    if (this.slowStreams > 0) lease.pause();
    for (const message of this.replay.messages("mcp-mesh-replay-")) lease.send(message);
    for (const { message, request } of waiting) this.sendWaiting(lease, message, request);
    for (const message of listChangesOf(answer)) this.line.give(message);
  }

  private sendWaiting(lease: Lease, message: Buffer, request: PendingRequest | undefined): void {
    // Cancelled in the meantime, or asked by a client that has gone: it was not run, and need not be.
    if (request !== undefined && this.pending.get(request.key) !== request) return;
    if (request !== undefined && !request.caller.isOpen && !request.caller.canStream) return void this.pending.take(request.key);
    const sent = lease.send(message);
    if (sent === "sent" || request === undefined) return;
    this.pending.take(request.key);
    this.refuse(request, "the server process does not read its input", "no_room");
  }

  private refuseWaiting(why: LeaseRefusal, what: string): void {
    this.revival = undefined;
    this.waiting = [];
    this.waitingBytes = 0;
    this.log.debug({ why, what }, "a session has no process to go on with");
    for (const request of this.pending.takeWhere(() => true)) this.refuse(request, `the request was not run, for its session has no process: ${what}`, "no_room");
  }

  /** It cannot be begun again, so its client has to begin another. */
  private beOver(what: string): void {
    this.log.info({ what }, "a session cannot go on");
    for (const request of this.pending.takeWhere(() => true)) this.refuse(request, `session not found: it cannot go on, for ${what}; begin a new one with initialize`, "session_ended");
    this.end(what);
  }

  private refuse(request: PendingRequest, what: string, why: RefusalReason): void {
    const code = why === "session_ended" ? errorCodes.sessionNotFound : errorCodes.unavailable;
    request.caller.refuse(toErrorMessage(request.id, { code, message: what }), why);
  }

  private receiveAnswer(message: Buffer, envelope: ResponseEnvelope): void {
    const request = envelope.id === undefined ? undefined : this.pending.take(idKey(rawOf(message, envelope.id)));
    if (request === undefined || envelope.id === undefined) {
      this.log.debug({ bytes: message.length }, "an answer from the server process to no open request was dropped");
      return;
    }
    this.line.noteAnswered();
    if (request.replayed !== undefined && envelope.outcome === "result") this.replay.note(request.method, request.replayed);
    if (request.method === "initialize" && envelope.outcome === "result") this.identity.noteAgreed(message);
    request.caller.answer(withId(message, envelope.id, request.id), envelope.outcome);
    // A session that was not begun is none: the client was given no id for it.
    if (request.method === "initialize" && envelope.outcome === "error") this.end("initialize was refused");
  }

  private receiveRequest(message: Buffer, envelope: RequestEnvelope): void {
    const refuse = (what: string): void => void this.lease?.send(toErrorMessage(rawOf(message, envelope.id), { code: errorCodes.unavailable, message: what }));
    if (this.serverRequests.size >= this.limits.maxServerRequests) return refuse(`the client owes ${this.serverRequests.size} answers already`);
    const { key, translated } = this.serverRequests.add(message, envelope.id);
    const refusal = this.line.give(translated);
    if (refusal === undefined) return;
    this.serverRequests.take(key);
    refuse(refusal);
  }

  private receiveNotification(message: Buffer, envelope: NotificationEnvelope): void {
    if (envelope.method === "notifications/progress" && envelope.progressToken !== undefined) {
      const caller = this.pending.withToken(idKey(rawOf(message, envelope.progressToken)))?.caller;
      if (caller?.canStream === true) return caller.stream(message);
    }
    const isCancel = envelope.method === "notifications/cancelled" && envelope.requestId !== undefined;
    const refusal = this.line.give(isCancel ? this.serverRequests.cancel(message, envelope.requestId) : message);
    if (refusal !== undefined) this.log.debug({ method: envelope.method, refusal }, "a notification could not be given to the client");
  }

  private passAnswer(message: Buffer, envelope: ResponseEnvelope): TellOutcome {
    const key = envelope.id === undefined ? undefined : idKey(rawOf(message, envelope.id));
    const id = key === undefined ? undefined : this.serverRequests.get(key);
    if (key === undefined || id === undefined || envelope.id === undefined || this.lease === undefined) {
      // As after a request that the process has cancelled, or that died with it: the answer was on its way, and nobody is to blame.
      this.log.debug({ bytes: message.length }, "an answer from the client to no open request was dropped");
      return "sent";
    }
    const sent = this.lease.send(withId(message, envelope.id, id));
    if (sent === "not_reading") return sent;
    this.serverRequests.take(key);
    return "sent";
  }

  /** To a cancelled request comes no answer any more, so nobody is left to wait for it. */
  private forgetCancelled(key: string): void {
    const request = this.pending.get(key);
    if (request === undefined || request.method === "initialize") return;
    this.pending.take(key);
    this.fail(request, "the request was cancelled by the client");
  }

  private fail(request: PendingRequest, what: string): void {
    request.caller.answer(toErrorMessage(request.id, { code: errorCodes.unavailable, message: what }), "error");
  }
}

/** What is said of a process's own doing, or what the next one is told by us anyway. */
const meantForLostProcess: ReadonlySet<string> = new Set(["notifications/cancelled", "notifications/initialized", "notifications/progress", "notifications/roots/list_changed"]);
/** As much as a process that does not read is given. */
const maxWaitingBytes = 16 * 1024 * 1024;

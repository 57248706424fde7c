/** One process that all sessions share: it is initialised once, and knows each request under a number of our own. */

import type { Logger } from "pino";
import { rawOf, type Envelope, type NotificationEnvelope, type RequestEnvelope, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { subscriptionOf } from "../jsonrpc/listening.js";
import { memberOf, withEdits } from "../jsonrpc/member.js";
import { withId } from "../jsonrpc/message-id.js";
import type { Lease, Tenant } from "../pool/pool.js";
import type { SendOutcome } from "../process/mcp-process.js";
import { describeExit, type ProcessExit } from "../process/process-exit.js";
import { PassingMap } from "./passing-map.js";
import type { TornMessage } from "../process/process-output.js";
import type { AskedProcess, Asker, SharedRequest } from "./shared-request.js";

export interface SharedProcessEvents {
  /** It can take requests. `answer` is what it said to `initialize`. */
  readonly onServing: (process: SharedProcess, answer: Buffer) => void;
  readonly onRefused: (process: SharedProcess, what: string) => void;
  /** It could not be initialised, refused or ended. */
  readonly onUnbegun?: () => void;
  /** A request less is open. */
  readonly onFreed: (process: SharedProcess) => void;
  /** What is for more sessions than one. */
  readonly onNews: (process: SharedProcess, message: Buffer, envelope: NotificationEnvelope) => void;
  readonly onEnd: (process: SharedProcess) => void;
}

export interface SharedProcessTimes {
  /** To answer `initialize`. */
  readonly initializeMs: number;
  /** One that has lived for so long after that works. */
  readonly provenMs: number;
  /** For so long a cancelled request may still be what the process asks for. */
  readonly lingerMs: number;
}

/** How a process is spoken to. */
export interface Dialect {
  /** It is asked `initialize` before anything else; one of 2026-07-28 knows no such thing. */
  readonly initialises: boolean;
  /** `params` of a `notifications/cancelled` besides the request's id: `,"name":value`. */
  readonly cancelParams: string;
}

export const elderDialect: Dialect = { initialises: true, cancelParams: "" };

export const sharedProcessTimes: SharedProcessTimes = { initializeMs: 60_000, provenMs: 5_000, lingerMs: 30_000 };

export class SharedProcess implements Tenant, AskedProcess {
  readonly isJudge = true;
  /** Never that of another process of this worker. */
  readonly serial = ++lastSerial;
  private readonly lease: Lease;
  private readonly log: Logger;
  private readonly events: SharedProcessEvents;
  private readonly times: SharedProcessTimes;
  private state: "initializing" | "serving" | "retiring" | "gone" = "initializing";
  private readonly requests = new PassingMap<number, SharedRequest>();
  /** Requests that the bridge made itself. */
  private readonly own = new Map<number, (message: Buffer, envelope: ResponseEnvelope) => void>();
  /** Who has cancelled a request that the process may still be busy with, until when. */
  private readonly lingering = new Map<Asker, number>();
  private lastNumber = 0;
  private hasWorked = false;
  private heldUntilMs = 0;
  private kept = 0;
  private idleSinceMs = performance.now();
  private readonly dialect: Dialect;
  /** Of the requests, those that last. */
  private lasting = 0;
  private retainers = 0;
  private timer: NodeJS.Timeout | undefined;
  private proof: NodeJS.Timeout | undefined;
  /** Requests that clients have sent. */
  served = 0;

  constructor(lease: Lease, log: Logger, times: SharedProcessTimes, events: SharedProcessEvents, dialect = elderDialect) {
    this.lease = lease;
    this.log = log;
    this.times = times;
    this.events = events;
    this.dialect = dialect;
    if (!dialect.initialises) {
      // Whoever made this process has to know of it before it serves.
      queueMicrotask(() => this.serve(NOTHING));
      return;
    }
    this.timer = setTimeout(() => this.refuse(`it did not answer initialize within ${times.initializeMs} ms`), times.initializeMs);
    this.askItself(`"initialize","params":${initializeParams}`, (message, envelope) => this.initialized(message, envelope));
  }

  /** Requests that keep it busy. */
  get open(): number {
    return this.requests.size - this.lasting;
  }

  /** Something of it is needed even while it is busy with nothing. */
  get isHeld(): boolean {
    if (this.retainers > 0) return true;
    if (this.lasting > 0) for (const { listening } of this.requests.values()) if (listening?.holdsProcess === true) return true;
    return false;
  }

  get isServing(): boolean {
    return this.state === "serving";
  }

  get isStarting(): boolean {
    return this.state === "initializing";
  }

  /** A request waits for its client. Others are to go elsewhere, so that it stays certain whose the next question is. */
  get isKeeping(): boolean {
    return this.kept > 0;
  }

  keep(change: 1 | -1): void {
    this.kept += change;
  }

  idleMs(nowMs: number): number {
    return this.requests.size > 0 || nowMs < this.heldUntilMs ? 0 : nowMs - this.idleSinceMs;
  }

  /** Somebody may come back to it, so it is kept for so long though it has nothing to do. */
  hold(ms: number): void {
    this.heldUntilMs = performance.now() + ms;
  }

  ask(request: SharedRequest): SendOutcome {
    const number = ++this.lastNumber;
    const { message, envelope } = request;
    const id = Buffer.from(String(number), "latin1");
    const sent = this.lease.send(
      envelope.progressToken === undefined ? withId(message, envelope.id, id) : withEdits(message, { span: envelope.id, raw: id }, { span: envelope.progressToken, raw: id }),
    );
    if (sent !== "sent") return sent;
    request.place = { kind: "sent", process: this, number };
    this.requests.set(number, request);
    if (request.lasts === true) this.lasting++;
    this.served++;
    if (!this.hasWorked && this.dialect.initialises) this.work();
    return sent;
  }

  tell(message: Buffer): SendOutcome {
    return this.lease.send(message);
  }

  askItself(methodAndParams: string, onAnswer: (message: Buffer, envelope: ResponseEnvelope) => void = () => undefined): void {
    const number = ++this.lastNumber;
    this.own.set(number, onAnswer);
    this.lease.send(Buffer.from(`{"jsonrpc":"2.0","id":${number},"method":${methodAndParams}}`, "latin1"));
  }

  retain(): void {
    this.retainers++;
  }

  letGo(): void {
    this.retainers--;
    this.goIfDone();
  }

  pause(): void {
    this.lease.pause();
  }

  resume(): void {
    this.lease.resume();
  }

  cancel(number: number, reason: string): void {
    this.tell(Buffer.from(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${number},"reason":${JSON.stringify(reason)}${this.dialect.cancelParams}}}`));
    this.forget(number);
  }

  /** The open request that is known to the process by this number, as the process writes it. */
  requestOf(raw: Buffer): SharedRequest | undefined {
    return this.requests.get(toNumber(raw));
  }

  forget(number: number): void {
    const request = this.take(number);
    // One of 2026-07-28 asks nobody, so all that may still come of it is what a request without logs is not given.
    if (request === undefined || request.lasts === true || (!this.dialect.initialises && request.logs === undefined)) return;
    const nowMs = performance.now();
    // Those that were noted first run out first.
    for (const [asker, untilMs] of this.lingering) {
      if (untilMs >= nowMs) break;
      this.lingering.delete(asker);
    }
    this.lingering.delete(request.asker);
    this.lingering.set(request.asker, nowMs + this.times.lingerMs);
  }

  /** Takes no more, and goes when its last request is answered. */
  retire(): void {
    if (this.state === "gone") return;
    this.state = "retiring";
    for (const [number, request] of [...this.requests]) {
      if (request.lasts !== true) continue;
      this.cancel(number, "the server process is replaced");
      request.asker.dismissed?.(request);
    }
    this.goIfDone();
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
    const request = this.take(toNumber(torn.id));
    request?.asker.failed(request, `the answer was dropped: ${what}`);
  }

  processEnded(exit: ProcessExit): void {
    const wasStarting = this.isStarting;
    this.leave();
    const what = `the server process ${describeExit(exit)}`;
    const requests = [...this.requests.values()];
    this.requests.clear();
    this.lasting = 0;
    for (const request of requests) request.asker.failed(request, what);
    if (wasStarting) this.events.onUnbegun?.();
    if (wasStarting) this.log.warn(`${what} before it had answered initialize`);
    this.events.onEnd(this);
  }

  private initialized(message: Buffer, envelope: ResponseEnvelope): void {
    if (envelope.outcome === "error" || memberOf(message, ["result", "protocolVersion"]) === undefined) {
      return this.refuse("it refused initialize");
    }
    clearTimeout(this.timer);
    this.lease.send(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
    // A copy: the message lies in a buffer that is used again.
    this.serve(Buffer.from(message));
  }

  private serve(answer: Buffer): void {
    if (this.state === "gone") return;
    this.proof = setTimeout(() => this.work(), this.times.provenMs);
    this.idleSinceMs = performance.now();
    if (this.state === "initializing") this.state = "serving";
    this.events.onServing(this, answer);
    this.goIfDone();
  }

  private refuse(what: string): void {
    if (!this.isStarting) return;
    this.leave();
    this.lease.release();
    this.events.onRefused(this, what);
    this.events.onUnbegun?.();
  }

  private leave(): void {
    this.state = "gone";
    clearTimeout(this.timer);
    clearTimeout(this.proof);
  }

  private work(): void {
    this.hasWorked = true;
    this.lease.worked();
  }

  private take(number: number): SharedRequest | undefined {
    const request = this.requests.get(number);
    if (request === undefined) return undefined;
    this.remove(number, request);
    this.events.onFreed(this);
    if (this.state === "retiring") this.goIfDone();
    return request;
  }

  private remove(number: number, request: SharedRequest): void {
    this.requests.delete(number);
    if (request.lasts === true) this.lasting--;
    if (this.requests.size === 0) this.idleSinceMs = performance.now();
  }

  private goIfDone(): void {
    if (this.state !== "retiring" || this.requests.size > 0 || this.retainers > 0) return;
    this.leave();
    this.lease.release();
    this.events.onEnd(this);
  }

  private receiveAnswer(message: Buffer, envelope: ResponseEnvelope): void {
    const number = envelope.id === undefined ? NaN : toNumber(rawOf(message, envelope.id));
    const request = this.requests.get(number);
    if (!this.hasWorked && !this.dialect.initialises) this.work();
    if (request !== undefined && envelope.id !== undefined) {
      this.remove(number, request);
      request.asker.answered(request, withId(message, envelope.id, request.id), envelope.outcome);
      this.events.onFreed(this);
      if (this.state === "retiring") this.goIfDone();
      return;
    }
    const onAnswer = this.own.get(number);
    this.own.delete(number);
    if (onAnswer !== undefined) return onAnswer(message, envelope);
    this.log.debug({ bytes: message.length }, "an answer from the server process to no open request was dropped");
  }

  private receiveRequest(message: Buffer, envelope: RequestEnvelope): void {
    if (envelope.method === "ping") return void this.lease.send(Buffer.concat([RESULT, rawOf(message, envelope.id), CLOSE]));
    const asker = this.soleAsker();
    const refusal = asker === undefined ? "it is not certain which of the clients that share this process the request is for" : asker.askedBy(this, message, envelope);
    if (refusal === undefined) return;
    this.log.debug({ method: envelope.method, refusal }, "a request of the server process was refused");
    this.lease.send(toErrorMessage(rawOf(message, envelope.id), { code: errorCodes.unavailable, message: refusal }));
  }

  private receiveNotification(message: Buffer, envelope: NotificationEnvelope): void {
    if (envelope.method !== "notifications/progress") {
      if (this.dialect.initialises || !this.tellListening(message, envelope)) this.events.onNews(this, message, envelope);
      return;
    }
    const request = envelope.progressToken === undefined ? undefined : this.requests.get(toNumber(rawOf(message, envelope.progressToken)));
    if (request?.token === undefined || envelope.progressToken === undefined) return;
    const restored = withId(message, envelope.progressToken, request.token);
    if (request.caller.canStream) request.caller.stream(restored);
    else request.asker.give(restored);
  }

  /** True where it belongs to a request that listens, or to one that lasts no more: it was on its way when that was cancelled. */
  private tellListening(message: Buffer, envelope: NotificationEnvelope): boolean {
    const { method, requestId } = envelope;
    const isEnd = method === "notifications/cancelled" && requestId !== undefined;
    const number = isEnd ? toNumber(rawOf(message, requestId)) : subscriptionOf(message);
    if (number === undefined) return false;
    const request = this.requests.get(number);
    if (request === undefined) return true;
    if (request.listening === undefined) return false;
    if (!isEnd) request.listening.hear(message, envelope);
    else {
      this.take(number);
      request.asker.failed(request, "the process has ended it");
    }
    return true;
  }

  /** The one session that the process can be busy with; absent where there is none, or where it could be several. */
  soleAsker(isCandidate: (request: SharedRequest) => boolean = isBusy): Asker | undefined {
    let sole: Asker | undefined;
    for (const request of this.requests.values()) {
      const { asker } = request;
      if (!isCandidate(request)) continue;
      if (sole !== undefined && sole !== asker) return undefined;
      sole = asker;
    }
    if (this.lingering.size === 0 || sole === undefined) return sole;
    const nowMs = performance.now();
    for (const [asker, untilMs] of this.lingering) {
      if (untilMs < nowMs) this.lingering.delete(asker);
      else if (asker !== sole) return undefined;
    }
    return sole;
  }
}

/**
 * What is offered to the process for all clients: sampling and elicitation go to the client whose call needs them,
 * or are refused where that has none. No roots: a process that works on the roots of one client would work on them for all.
 */
const initializeParams = JSON.stringify({
  protocolVersion: "2025-11-25",
  capabilities: { sampling: {}, elicitation: {} },
  clientInfo: { name: "mcp-mesh-stdio-bridge", version: "1" },
});

let lastSerial = 0;
const NOTHING = Buffer.alloc(0);
const RESULT = Buffer.from('{"jsonrpc":"2.0","result":{},"id":'), CLOSE = Buffer.from("}");

function isBusy({ lasts }: SharedRequest): boolean {
  return lasts !== true;
}

/** Our own numbers as the process writes them; NaN for what was never ours, as a string. */
function toNumber(raw: Buffer): number {
  let number = 0;
  for (const byte of raw) {
    if (byte < 0x30 || byte > 0x39) return raw[0] === 0x22 ? NaN : Number(raw.toString("latin1"));
    number = number * 10 + byte - 0x30;
  }
  return number;
}

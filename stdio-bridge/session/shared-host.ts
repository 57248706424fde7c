/** The processes that all sessions of one server share: which takes which request, who waits, and what all of them hear. */

import type { Logger } from "pino";
import type { NotificationEnvelope } from "../jsonrpc/envelope.js";
import { planShared } from "../pool/shared-policy.js";
import type { LeaseRefusal, Pool } from "../pool/pool.js";
import { backoffMs } from "../process/backoff.js";
import { closed, Introduction, type Known, type ReturnedSession } from "./introduction.js";
import { RequestQueue } from "./request-queue.js";
import { elderDialect, SharedProcess, type Dialect, type SharedProcessTimes } from "./shared-process.js";
import type { Asker, SharedRequest } from "./shared-request.js";
import { SharedWishes } from "./shared-wishes.js";

export interface SharedSettings {
  readonly min: number;
  readonly max: number;
  readonly concurrency: number;
  /** A process is replaced after so many requests; 0: never. */
  readonly maxRequests: number;
  readonly idleTimeoutMs: number;
  readonly queueMax: number;
  readonly queueTimeoutMs: number;
}

/** What differs between hosts of processes with sessions and of those of 2026-07-28. */
export interface HostDialect {
  readonly speech: Dialect;
  /** A process could not be initialised. */
  readonly onUnbegun?: () => void;
  /** Takes what a process says to nobody in particular, in the place of the host. */
  readonly spread?: (process: SharedProcess, message: Buffer, envelope: NotificationEnvelope) => void;
}

export class SharedHost {
  private readonly pool: Pool;
  private settings: SharedSettings;
  private readonly times: SharedProcessTimes;
  private readonly log: Logger;
  /** Of all sessions, for news that concern all. */
  private readonly everyone: () => Iterable<Asker>;
  private readonly dialect: HostDialect;
  private readonly processes = new Set<SharedProcess>();
  private leasing = 0;
  private readonly queue: RequestQueue;
  private wishes = new SharedWishes();
  private readonly introduction = new Introduction();
  private refusals = 0;
  private notBeforeMs = 0;
  private readonly stopLeasing = new AbortController();
  private isClosed = false;

  constructor(pool: Pool, settings: SharedSettings, times: SharedProcessTimes, log: Logger, everyone: () => Iterable<Asker>, dialect: HostDialect = { speech: elderDialect }) {
    this.pool = pool;
    this.queue = new RequestQueue(pool.tally);
    this.settings = settings;
    this.times = times;
    this.log = log;
    this.everyone = everyone;
    this.dialect = dialect;
    this.settle();
  }

  get queueLength(): number {
    return this.queue.size + this.introduction.awaitedBy;
  }

  /** Requests that processes are busy with. */
  get openRequests(): number {
    let open = 0;
    for (const process of this.processes) open += process.open;
    return open;
  }

  /** A process that still takes requests which belong to it alone. */
  find(serial: number): SharedProcess | undefined {
    for (const process of this.processes) if (process.serial === serial) return process;
    return undefined;
  }

  /** Others wait for a place in the pool: one that has nothing to do makes room. */
  yieldOne(): void {
    for (const process of this.processes) {
      if (process.isServing && process.idleMs(performance.now()) > 0 && !process.isHeld && !this.wishes.holds(process)) return process.retire();
    }
  }

  /** Resolves when it is known what the server is: after the first process, at once. */
  known(stop: AbortSignal): Promise<Known> {
    const { queueMax, queueTimeoutMs } = this.settings;
    const { answer, awaitedBy } = this.introduction;
    if (answer !== undefined) return Promise.resolve({ kind: "known" });
    if (this.isClosed) return Promise.resolve(closed);
    if (this.pool.state.kind === "unhealthy") return Promise.resolve({ kind: "refused", why: "cannot_start", what: this.pool.state.reason });
    if (awaitedBy >= queueMax + this.room()) return Promise.resolve({ kind: "refused", why: "queue_full", what: `${awaitedBy} sessions wait already` });
    const known = this.introduction.wait(queueTimeoutMs, stop);
    this.settle();
    return known;
  }

  /** A session of another worker goes on here, or of this one after it was forgotten. */
  greet(session: ReturnedSession): void {
    this.introduction.greet(session);
  }

  /** What the first process said to `initialize`, once it is known. */
  get initialized(): Buffer | undefined {
    return this.introduction.answer;
  }

  /** To a client's `initialize`. */
  answerInitialize(id: Buffer, message: Buffer): Buffer {
    return this.introduction.answerTo(id, message);
  }

  /** To the process with the fewest open requests, else into the queue. Whatever comes of it, the asker hears. */
  submit(request: SharedRequest): void {
    const { method } = request.envelope;
    if (request.uri !== undefined) {
      if (method === "resources/unsubscribe" && this.wishes.unsubscribeAmongOthers(request.uri, request.asker)) {
        return request.asker.answered(request, Buffer.concat([RESULT, request.id, CLOSE]), "result");
      }
      const process = this.wishes.processOf(request.uri);
      if (process?.isServing === true && process.ask(request) === "sent") return;
    }
    if (this.queue.size === 0 && this.tryToSend(request)) return;
    this.enqueue(request);
  }

  /** The answer to a request has come, before its client has it. */
  noteAnswer(request: SharedRequest, outcome: "result" | "error"): void {
    if (outcome === "error" || request.place.kind !== "sent") return;
    this.wishes.noteGranted(request, request.place.process, this.processes);
  }

  /** True when it was still waiting, and has never reached a process. */
  withdraw(request: SharedRequest): boolean {
    return this.queue.withdraw(request);
  }

  /** The session is gone. */
  leave(asker: Asker): void {
    this.wishes.leave(asker);
    this.introduction.leave(asker);
  }

  resize(settings: SharedSettings): void {
    this.settings = settings;
    this.settle();
  }

  /** Another command is in force: what waits goes there, and each process goes when its requests are answered. */
  handOver(successor: SharedHost): void {
    this.isClosed = true;
    this.stopLeasing.abort();
    for (const session of this.introduction.takeUngreeted()) successor.greet(session);
    successor.inherit(this.wishes);
    for (const process of [...this.processes]) process.retire();
    this.introduction.refuse(closed);
    for (const request of this.queue.takeAll()) successor.submit(request);
  }

  /** Nothing new comes here: each process goes when its requests are answered. */
  retireAll(): void {
    this.isClosed = true;
    this.stopLeasing.abort();
    for (const process of [...this.processes]) process.retire();
    this.refuseAll("closed", "the server's command is being changed");
  }

  /** What the sessions of a host before have asked of its processes. */
  private inherit(wishes: SharedWishes): void {
    this.wishes = wishes;
    wishes.moveTo(this.processes);
    this.sweep();
  }

  /** Now and then: what no event tells of. */
  sweep(): void {
    const process = this.leastBusy(Infinity);
    if (process !== undefined) this.wishes.subscribeAnew(process);
    this.settle();
  }

  /** No new sessions; those that are there go on. */
  close(): void {
    this.introduction.refuse(closed);
  }

  stop(): void {
    this.isClosed = true;
    this.stopLeasing.abort();
    this.refuseAll("closed", "the server is being stopped");
  }

  /** Brings the processes to what the policy wants. */
  settle(): void {
    if (this.isClosed) return;
    if (this.pool.state.kind === "unhealthy") return this.refuseAll("cannot_start", this.pool.state.reason);
    const nowMs = performance.now();
    const all = [...this.processes];
    const serving = all.filter((process) => process.isServing);
    const starting = all.filter((process) => process.isStarting).length;
    const plan = planShared(
      {
        serving: serving.map((process) => ({ open: process.open, idleMs: process.idleMs(nowMs), isHeld: process.isHeld || this.wishes.holds(process) })),
        starting: starting + this.leasing,
        retiring: all.length - serving.length - starting,
        waiting: this.queue.size,
        isAsked: this.introduction.awaitedBy > 0,
      },
      this.settings,
    );
    if (nowMs >= this.notBeforeMs) for (let i = 0; i < plan.start; i++) void this.startProcess();
    for (const index of plan.giveBack) serving[index]?.retire();
  }

  private async startProcess(): Promise<void> {
    this.leasing++;
    const outcome = await this.pool.lease((lease) => {
      this.leasing--;
      const process: SharedProcess = new SharedProcess(lease, this.log, this.times, {
        onServing: (_, answer) => this.serve(process, answer),
        onRefused: (_, what) => this.noteRefusal(process, what),
        onUnbegun: () => this.dialect.onUnbegun?.(),
        onFreed: () => this.dispatch(),
        onNews: (_, message, envelope) => (this.dialect.spread === undefined ? this.spread(process, message, envelope) : this.dialect.spread(process, message, envelope)),
        onEnd: () => this.lose(process),
      }, this.dialect.speech);
      this.processes.add(process);
      return process;
    }, this.stopLeasing.signal);
    if (outcome.kind === "leased") return;
    this.leasing--;
    if (outcome.why === "cannot_start") this.refuseAll(outcome.why, outcome.what);
  }

  private serve(process: SharedProcess, answer: Buffer): void {
    this.refusals = 0;
    if (!this.isClosed) this.wishes.tellAll(process);
    this.introduction.note(answer);
    if (this.isClosed) return process.retire();
    this.dispatch();
  }

  private noteRefusal(process: SharedProcess, what: string): void {
    this.processes.delete(process);
    this.log.warn({ what }, "a server process cannot be initialised");
    this.notBeforeMs = performance.now() + backoffMs(++this.refusals, initializeBackoff, Math.random());
    this.refuseAll("cannot_start", what);
  }

  private lose(process: SharedProcess): void {
    this.processes.delete(process);
    for (const asker of this.everyone()) asker.lost(process);
    this.wishes.lose(process);
    this.sweep();
  }

  private leastBusy(concurrency: number): SharedProcess | undefined {
    let least: SharedProcess | undefined, leastKeeping: SharedProcess | undefined;
    for (const process of this.processes) {
      if (!process.isServing || process.open >= concurrency) continue;
      if (process.isKeeping) {
        if (leastKeeping === undefined || process.open < leastKeeping.open) leastKeeping = process;
      } else if (least === undefined || process.open < least.open) least = process;
    }
    return least ?? (leastKeeping !== undefined && this.pool.hasRoom && this.processes.size < this.settings.max ? undefined : leastKeeping);
  }

  private tryToSend(request: SharedRequest): boolean {
    const process = this.leastBusy(this.settings.concurrency);
    if (process === undefined) return false;
    const { answer } = this.introduction;
    // A process has no level where each request says its own.
    if (request.logs !== undefined && answer !== undefined && this.dialect.speech.initialises) this.wishes.openLogs(process, request.logs, answer);
    if (process.ask(request) !== "sent") return false;
    const { maxRequests } = this.settings;
    if (maxRequests > 0 && process.served >= maxRequests) {
      process.retire();
      this.settle();
    }
    return true;
  }

  private room(): number {
    return Math.max(0, this.settings.max - [...this.processes].filter((process) => !process.isStarting).length) * this.settings.concurrency;
  }

  private enqueue(request: SharedRequest): void {
    const { queueMax, queueTimeoutMs, max } = this.settings;
    if (this.isClosed) return this.refuse(request, closed.what);
    if (this.pool.state.kind === "unhealthy") return this.refuse(request, this.pool.state.reason);
    // Who waits only for a process to start is not in the queue, which is for those who wait for others to end.
    const refused = this.queue.push(request, queueMax + this.room(), queueTimeoutMs, () => this.refuse(request, `no process had room within ${queueTimeoutMs} ms: all ${max} are busy`));
    if (refused !== undefined) this.refuse(refused, `all ${max} processes are busy and ${queueMax} requests wait already`);
    this.settle();
  }

  private refuse(request: SharedRequest, what: string): void {
    this.pool.tally.add("requests_refused");
    request.asker.refused(request, what);
  }

  /** There is room: whose turn it is goes. */
  private dispatch(): void {
    while (this.queue.size > 0 && this.leastBusy(this.settings.concurrency) !== undefined) {
      const request = this.queue.shift();
      if (request === undefined) return;
      if (!this.tryToSend(request)) return this.enqueue(request);
    }
  }

  private refuseAll(why: LeaseRefusal, what: string): void {
    this.introduction.refuse({ kind: "refused", why, what });
    for (const request of this.queue.takeAll()) this.refuse(request, what);
  }

  /** To those whom it concerns, and to nobody on suspicion. */
  private spread(process: SharedProcess, message: Buffer, envelope: NotificationEnvelope): void {
    if (envelope.method === "notifications/cancelled") {
      for (const asker of this.everyone()) if (asker.cancelledBy(process, message, envelope)) return;
      return;
    }
    for (const asker of this.wishes.hearersOf(process, message, envelope, this.everyone)) {
      const refusal = asker.give(message);
      if (refusal !== undefined) this.log.debug({ method: envelope.method, refusal }, "a notification could not be given to a client");
    }
  }
}

const initializeBackoff = { firstMs: 200, maxMs: 30_000 };
const RESULT = Buffer.from('{"jsonrpc":"2.0","result":{},"id":'), CLOSE = Buffer.from("}");

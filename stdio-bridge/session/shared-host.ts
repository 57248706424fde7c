/** The processes that all sessions of one server share: which takes which request, who waits, and what all of them hear. */

import type { Logger } from "pino";
import { rawOf, readEnvelope, type NotificationEnvelope } from "../jsonrpc/envelope.js";
import { memberOf } from "../jsonrpc/member.js";
import { logLevels } from "../jsonrpc/modern-claims.js";
import { withId } from "../jsonrpc/message-id.js";
import { planShared } from "../pool/shared-policy.js";
import type { LeaseRefusal, Pool } from "../pool/pool.js";
import { backoffMs } from "../process/backoff.js";
import { FairQueue } from "./fair-queue.js";
import { listChangesOf } from "./list-changes.js";
import { elderDialect, SharedProcess, type Dialect, type SharedProcessTimes } from "./shared-process.js";
import type { Asker, SharedRequest } from "./shared-request.js";
import { Subscriptions } from "./subscriptions.js";

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

export type Known =
  | { readonly kind: "known" }
  | { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string };

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
  private readonly queue = new FairQueue<Asker, SharedRequest>();
  private subscriptions = new Subscriptions();
  /** Sessions that have set a level, which the processes share. */
  private levelSetters = new Set<Asker>();
  /** The bytes of the last one. */
  private level: Buffer | undefined;
  /** What the first process said to `initialize`. */
  private initializeAnswer: Buffer | undefined;
  /** Sessions that were brought back, and want to hear which lists may have changed: that is known when the server is. */
  private readonly ungreeted = new Set<Asker>();
  private readonly asking = new Set<(known: Known) => void>();
  /** Of processes: the level down to which they were asked to log for single requests. */
  private readonly opened = new WeakMap<SharedProcess, string>();
  private refusals = 0;
  private notBeforeMs = 0;
  private readonly stopLeasing = new AbortController();
  private isClosed = false;

  constructor(pool: Pool, settings: SharedSettings, times: SharedProcessTimes, log: Logger, everyone: () => Iterable<Asker>, dialect: HostDialect = { speech: elderDialect }) {
    this.pool = pool;
    this.settings = settings;
    this.times = times;
    this.log = log;
    this.everyone = everyone;
    this.dialect = dialect;
    this.settle();
  }

  get queueLength(): number {
    return this.queue.size + this.asking.size;
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
      if (process.isServing && process.idleMs(performance.now()) > 0 && !process.isHeld && !this.subscriptions.holds(process)) return process.retire();
    }
  }

  /** Resolves when it is known what the server is: after the first process, at once. */
  known(stop: AbortSignal): Promise<Known> {
    if (this.initializeAnswer !== undefined) return Promise.resolve({ kind: "known" });
    return new Promise((resolve) => {
      if (this.isClosed) return resolve(closed);
      if (stop.aborted) return resolve(abandoned);
      if (this.pool.state.kind === "unhealthy") return resolve({ kind: "refused", why: "cannot_start", what: this.pool.state.reason });
      if (this.asking.size >= this.settings.queueMax + this.room()) return resolve({ kind: "refused", why: "queue_full", what: `${this.asking.size} sessions wait already` });
      const onStop = (): void => tell(abandoned);
      const { queueTimeoutMs } = this.settings;
      const timer = setTimeout(() => tell({ kind: "refused", why: "timed_out", what: `no process was ready within ${queueTimeoutMs} ms` }), queueTimeoutMs);
      const tell = (known: Known): void => {
        clearTimeout(timer);
        stop.removeEventListener("abort", onStop);
        this.asking.delete(tell);
        resolve(known);
      };
      stop.addEventListener("abort", onStop);
      this.asking.add(tell);
      this.settle();
    });
  }

  /** A session of another worker goes on here, or of this one after it was forgotten. */
  greet(asker: Asker): void {
    if (this.initializeAnswer === undefined) return void this.ungreeted.add(asker);
    for (const message of listChangesOf(this.initializeAnswer)) asker.give(message);
  }

  /** What the first process said to `initialize`, once it is known. */
  get initialized(): Buffer | undefined {
    return this.initializeAnswer;
  }

  /** To a client's `initialize`: what the process said, with the client's id, in the older of the two's revisions. */
  answerInitialize(id: Buffer, message: Buffer): Buffer {
    const answer = this.initializeAnswer as Buffer; // Sessions are opened once it is known.
    const versionSpan = memberOf(answer, ["result", "protocolVersion"]);
    const asked = memberOf(message, ["params", "protocolVersion"]);
    let negotiated = answer;
    if (versionSpan !== undefined && asked !== undefined) {
      const [ours, theirs] = [versionOf(rawOf(answer, versionSpan)), versionOf(rawOf(message, asked))];
      // Revisions are dates. An older client gets what it knows: later revisions only add.
      if (ours !== undefined && theirs !== undefined && legacyVersions.includes(theirs) && theirs < ours) negotiated = withId(answer, versionSpan, rawOf(message, asked));
    }
    const envelope = readEnvelope(negotiated);
    return envelope.kind === "response" && envelope.id !== undefined ? withId(negotiated, envelope.id, id) : negotiated;
  }

  /** To the process with the fewest open requests, else into the queue. Whatever comes of it, the asker hears. */
  submit(request: SharedRequest): void {
    const { method } = request.envelope;
    if (request.uri !== undefined) {
      if (method === "resources/unsubscribe" && this.subscriptions.isNeededWithout(request.uri, request.asker)) {
        this.subscriptions.remove(request.uri, request.asker);
        return request.asker.answered(request, Buffer.concat([RESULT, request.id, CLOSE]), "result");
      }
      const process = this.subscriptions.processOf(request.uri);
      if (process?.isServing === true && process.ask(request) === "sent") return;
    }
    if (this.queue.size === 0 && this.tryToSend(request)) return;
    this.enqueue(request);
  }

  /** The answer to a request has come, before its client has it. */
  noteAnswer(request: SharedRequest, outcome: "result" | "error"): void {
    if (outcome === "error" || request.place.kind !== "sent") return;
    const { process } = request.place;
    switch (request.envelope.method) {
      case "resources/subscribe":
        if (request.uri !== undefined) this.subscriptions.add(request.uri, request.asker, process);
        break;
      case "resources/unsubscribe":
        if (request.uri !== undefined) this.subscriptions.remove(request.uri, request.asker);
        break;
      case "logging/setLevel":
        this.levelSetters.add(request.asker);
        this.level = readLevel(request.message);
        for (const other of this.processes) if (other !== process) this.setLevel(other);
        break;
      default:
    }
  }

  /** True when it was still waiting, and has never reached a process. */
  withdraw(request: SharedRequest): boolean {
    if (request.place.kind !== "waiting") return false;
    this.unqueue(request);
    return this.queue.remove(request.asker, request);
  }

  /** The session is gone. */
  leave(asker: Asker): void {
    this.levelSetters.delete(asker);
    this.ungreeted.delete(asker);
    for (const { uri, process } of this.subscriptions.removeAll(asker)) {
      if (process?.isServing === true) process.askItself(`"resources/unsubscribe","params":{"uri":${uri.toString("latin1")}}`);
    }
  }

  resize(settings: SharedSettings): void {
    this.settings = settings;
    this.settle();
  }

  /** Another command is in force: what waits goes there, and each process goes when its requests are answered. */
  handOver(successor: SharedHost): void {
    this.isClosed = true;
    this.stopLeasing.abort();
    for (const asker of this.ungreeted) successor.greet(asker);
    this.ungreeted.clear();
    successor.inherit(this.subscriptions, this.levelSetters, this.level);
    for (const process of [...this.processes]) process.retire();
    for (const tell of [...this.asking]) tell(closed);
    for (const request of this.queue.takeAll()) {
      this.unqueue(request);
      successor.submit(request);
    }
  }

  /** Nothing new comes here: each process goes when its requests are answered. */
  retireAll(): void {
    this.isClosed = true;
    this.stopLeasing.abort();
    for (const process of [...this.processes]) process.retire();
    this.refuseAll("closed", "the server's command is being changed");
  }

  /** What the sessions of a host before have asked of its processes. */
  private inherit(subscriptions: Subscriptions, levelSetters: Set<Asker>, level: Buffer | undefined): void {
    this.subscriptions = subscriptions;
    this.levelSetters = levelSetters;
    this.level = level;
    subscriptions.loseAll();
    for (const process of this.processes) this.setLevel(process);
    this.sweep();
  }

  /** Now and then: what no event tells of. */
  sweep(): void {
    const process = this.leastBusy(Infinity);
    if (process !== undefined) this.subscribeAnew(process);
    this.settle();
  }

  /** No new sessions; those that are there go on. */
  close(): void {
    for (const tell of [...this.asking]) tell(closed);
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
        serving: serving.map((process) => ({ open: process.open, idleMs: process.idleMs(nowMs), isHeld: process.isHeld || this.subscriptions.holds(process) })),
        starting: starting + this.leasing,
        retiring: all.length - serving.length - starting,
        waiting: this.queue.size,
        isAsked: this.asking.size > 0,
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
    this.initializeAnswer = answer;
    if (this.isClosed) return process.retire();
    this.setLevel(process);
    this.subscribeAnew(process);
    for (const tell of [...this.asking]) tell({ kind: "known" });
    this.greetAll();
    this.dispatch();
  }

  private greetAll(): void {
    const ungreeted = [...this.ungreeted];
    this.ungreeted.clear();
    for (const asker of ungreeted) this.greet(asker);
  }

  private setLevel(process: SharedProcess): void {
    if (this.level !== undefined && process.isServing) process.askItself(`"logging/setLevel","params":{"level":${this.level.toString("latin1")}}`);
  }

  private subscribeAnew(process: SharedProcess): void {
    for (const uri of this.subscriptions.rehome(process)) process.askItself(`"resources/subscribe","params":{"uri":${uri.toString("latin1")}}`);
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
    this.subscriptions.lose(process);
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
    if (request.logs !== undefined) this.openLogs(process, request.logs);
    if (process.ask(request) !== "sent") return false;
    const { maxRequests } = this.settings;
    if (maxRequests > 0 && process.served >= maxRequests) {
      process.retire();
      this.settle();
    }
    return true;
  }

  /** A process has one level for all: it is lowered for a request only as long as no session has set one, and never raised again. */
  private openLogs(process: SharedProcess, level: string): void {
    if (!this.dialect.speech.initialises || this.level !== undefined || this.initializeAnswer === undefined) return;
    if (memberOf(this.initializeAnswer, ["result", "capabilities", "logging"]) === undefined) return;
    const before = this.opened.get(process);
    if (before !== undefined && logLevels.indexOf(before) <= logLevels.indexOf(level)) return;
    this.opened.set(process, level);
    process.askItself(`"logging/setLevel","params":{"level":${JSON.stringify(level)}}`);
  }

  private room(): number {
    return Math.max(0, this.settings.max - [...this.processes].filter((process) => !process.isStarting).length) * this.settings.concurrency;
  }

  private enqueue(request: SharedRequest): void {
    const { queueMax, queueTimeoutMs, max } = this.settings;
    if (this.isClosed) return this.refuse(request, closed.what);
    if (this.pool.state.kind === "unhealthy") return this.refuse(request, this.pool.state.reason);
    // Who waits only for a process to start is not in the queue, which is for those who wait for others to end.
    if (this.queue.size >= queueMax + this.room()) {
      const greedy = this.queue.takeFromGreedier(request.asker);
      if (greedy !== undefined) this.unqueue(greedy);
      this.refuse(greedy ?? request, `all ${max} processes are busy and ${queueMax} requests wait already`);
      if (greedy === undefined) return;
    }
    const timer = setTimeout(() => {
      if (this.withdraw(request)) this.refuse(request, `no process had room within ${queueTimeoutMs} ms: all ${max} are busy`);
    }, queueTimeoutMs);
    request.place = { kind: "waiting", timer, sinceMs: performance.now() };
    this.pool.tally.add("requests_queued");
    this.queue.push(request.asker, request);
    this.settle();
  }

  private refuse(request: SharedRequest, what: string): void {
    this.pool.tally.add("requests_refused");
    request.asker.refused(request, what);
  }

  private unqueue({ place }: SharedRequest): void {
    if (place.kind !== "waiting") return;
    clearTimeout(place.timer);
    if (place.sinceMs !== undefined) this.pool.tally.add("request_wait_ms", performance.now() - place.sinceMs);
  }

  /** There is room: whose turn it is goes. */
  private dispatch(): void {
    while (this.queue.size > 0 && this.leastBusy(this.settings.concurrency) !== undefined) {
      const request = this.queue.shift();
      if (request === undefined) return;
      this.unqueue(request);
      if (!this.tryToSend(request)) return this.enqueue(request);
    }
  }

  private refuseAll(why: LeaseRefusal, what: string): void {
    for (const tell of [...this.asking]) tell({ kind: "refused", why, what });
    for (const request of this.queue.takeAll()) {
      this.unqueue(request);
      this.refuse(request, what);
    }
  }

  /** To those whom it concerns, and to nobody on suspicion. */
  private spread(process: SharedProcess, message: Buffer, envelope: NotificationEnvelope): void {
    if (envelope.method === "notifications/cancelled") {
      for (const asker of this.everyone()) if (asker.cancelledBy(process, message, envelope)) return;
      return;
    }
    for (const asker of this.hearersOf(process, message, envelope)) {
      const refusal = asker.give(message);
      if (refusal !== undefined) this.log.debug({ method: envelope.method, refusal }, "a notification could not be given to a client");
    }
  }

  private hearersOf(process: SharedProcess, message: Buffer, envelope: NotificationEnvelope): Iterable<Asker> {
    const { method } = envelope;
    if (method === "notifications/resources/updated") {
      const uri = memberOf(message, ["params", "uri"]);
      return uri === undefined || message[uri.start] !== QUOTE ? [] : this.subscriptions.subscribersOf(rawOf(message, uri), process);
    }
    if (method.endsWith("/list_changed")) return this.everyone();
    const sole = process.soleAsker();
    if (sole !== undefined) return [sole];
    return method === "notifications/message" ? this.levelSetters : [];
  }
}

const legacyVersions: readonly string[] = ["2025-06-18", "2025-03-26", "2024-11-05"];
const closed = { kind: "refused", why: "closed", what: "the server is being stopped" } as const;
const abandoned = { kind: "refused", why: "abandoned", what: "the client has gone" } as const;
const initializeBackoff = { firstMs: 200, maxMs: 30_000 };
const QUOTE = 0x22;
const RESULT = Buffer.from('{"jsonrpc":"2.0","result":{},"id":'), CLOSE = Buffer.from("}");

function readLevel(message: Buffer): Buffer | undefined {
  const level = memberOf(message, ["params", "level"]);
  return level === undefined ? undefined : Buffer.from(rawOf(message, level));
}

function versionOf(raw: Buffer): string | undefined {
  return raw[0] === QUOTE ? (JSON.parse(raw.toString("utf8")) as string) : undefined;
}

/** The process of one session alone, and its successor when it dies: between the two nothing has to be begun again. */

import type { Logger } from "pino";
import type { Lease, LeaseOutcome, LeaseRefusal } from "../pool/pool.js";
import type { RequestHost } from "./request-host.js";
import { SharedProcess, type Dialect, type SharedProcessTimes } from "./shared-process.js";
import type { Asker, SharedRequest } from "./shared-request.js";

export type LeaseProcess = (seat: (lease: Lease) => SharedProcess, stop: AbortSignal) => Promise<LeaseOutcome<SharedProcess>>;

export type Begun =
  | { readonly kind: "begun" }
  | { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string };

export interface OwnHostNeeds {
  readonly leaseProcess: LeaseProcess;
  /** The session is not to outlive its process. */
  readonly endsWithProcess: () => boolean;
  readonly dialect: Dialect;
  readonly times: SharedProcessTimes;
  readonly log: Logger;
}

/** Who has the process for itself. */
export interface OwnHostSession extends Asker {
  /** The process in use is not the one before. */
  readonly renewed: () => void;
  readonly end: (why: string) => void;
}

export class OwnHost implements RequestHost {
  /** Whose process it is; known once there is one, or before where the session was brought back. */
  session: OwnHostSession | undefined;
  private hasServed = false;
  private readonly needs: OwnHostNeeds;
  private process: SharedProcess | undefined;
  private waiting: SharedRequest[] = [];
  private isLeasing = false;
  private isPaused = false;
  private readonly gone = new AbortController();
  private tellBegun: ((begun: Begun) => void) | undefined;

  constructor(needs: OwnHostNeeds) {
    this.needs = needs;
  }

  /** Resolves when there is a first process, or when there is none to be had. `stop`: the client is gone. */
  begin(stop: AbortSignal): Promise<Begun> {
    return new Promise((resolve) => {
      const onStop = (): void => {
        this.tell({ kind: "refused", why: "abandoned", what: "the client has gone" });
        this.leave();
      };
      this.tellBegun = (begun) => {
        stop.removeEventListener("abort", onStop);
        resolve(begun);
      };
      stop.addEventListener("abort", onStop);
      if (stop.aborted) onStop();
      else this.ensureProcess();
    });
  }

  submit(request: SharedRequest): void {
    const sent = this.process?.isServing === true ? this.process.ask(request) : "gone";
    if (sent === "sent") return;
    if (sent === "not_reading") return request.asker.refused(request, "the server process does not read its input");
    if (this.gone.signal.aborted) return request.asker.refused(request, "the session has ended");
    // How long it may wait is for the pool to say.
    request.place = { kind: "waiting", timer: undefined };
    this.waiting.push(request);
    this.ensureProcess();
  }

  withdraw(request: SharedRequest): boolean {
    const at = this.waiting.indexOf(request);
    if (at >= 0) this.waiting.splice(at, 1);
    return at >= 0;
  }

  pause(): void {
    this.isPaused = true;
    this.process?.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.process?.resume();
  }

  leave(): void {
    this.gone.abort();
    this.process?.retire();
  }

  private ensureProcess(): void {
    if (this.process !== undefined || this.isLeasing || this.gone.signal.aborted) return;
    this.isLeasing = true;
    // Nothing in it is expected to fail.
    void this.start();
  }

  private async start(): Promise<void> {
    const outcome = await this.needs.leaseProcess((lease) => this.seat(lease), this.gone.signal);
    if (outcome.kind === "leased") return;
    this.isLeasing = false;
    this.tell(outcome);
    for (const request of this.takeWaiting()) request.asker.refused(request, outcome.what);
  }

  private seat(lease: Lease): SharedProcess {
    this.isLeasing = false;
    const { log, times, dialect } = this.needs;
    const process: SharedProcess = new SharedProcess(lease, log, times, {
      onServing: () => this.noteServing(process),
      onRefused: () => undefined,
      onFreed: () => undefined,
      onNews: (_, message) => this.spread(message),
      onEnd: () => this.lose(process),
    }, dialect);
    this.process = process;
    return process;
  }

  private noteServing(process: SharedProcess): void {
    if (this.gone.signal.aborted) return process.retire();
    if (this.isPaused) process.pause();
    this.tell({ kind: "begun" });
    for (const request of this.takeWaiting()) this.submit(request);
    if (this.hasServed) this.session?.renewed();
    this.hasServed = true;
  }

  private spread(message: Buffer): void {
    const refusal = this.session?.give(message);
    if (refusal !== undefined) this.needs.log.debug({ refusal }, "a notification could not be given to the client");
  }

  private lose(process: SharedProcess): void {
    if (this.process === process) this.process = undefined;
    if (this.gone.signal.aborted) return;
    if (this.needs.endsWithProcess()) return this.session?.end("its server process is gone");
    if (this.waiting.length > 0) this.ensureProcess();
  }

  private tell(begun: Begun): void {
    this.tellBegun?.(begun);
    this.tellBegun = undefined;
  }

  private takeWaiting(): readonly SharedRequest[] {
    const waiting = this.waiting;
    this.waiting = [];
    return waiting;
  }
}

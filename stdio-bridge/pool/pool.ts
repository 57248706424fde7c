/** The processes of one command: warm spares, leases to sessions, a bounded queue in front, and care when they fail. */

import type { Logger } from "pino";
import type { Envelope } from "../jsonrpc/envelope.js";
import type { ProcessSurroundings, SendOutcome, StopGrace } from "../process/mcp-process.js";
import type { ProcessCommand } from "../process/process-command.js";
import { describeExit, type ProcessExit } from "../process/process-exit.js";
import type { TornMessage } from "../process/process-output.js";
import { startServerProcess, type ServerProcess } from "../process/server-process.js";
import type { Tally } from "../process/tally.js";
import { afterFailure, afterSuccess, firstHealth, type HealthLimits, type PoolHealth, type PoolState } from "./pool-health.js";
import { Demand, demandLimits } from "./demand.js";
import { planPool, type PoolLimits } from "./pool-policy.js";
import { WaitingLine } from "./waiting-line.js";

export interface PoolSettings extends PoolLimits {
  /** Sessions that may wait for a process. */
  readonly queueMax: number;
  readonly queueTimeoutMs: number;
}

/** How patient a pool is with processes that fail. */
export interface PoolTimes extends HealthLimits {
  /** A spare that has lived for so long counts as started well. */
  readonly provenMs: number;
  readonly stopGrace: StopGrace;
}

export const poolTimes: PoolTimes = {
  backoff: { firstMs: 200, maxMs: 30_000 },
  provenMs: 5_000,
  failuresUntilUnhealthy: 3,
  stopGrace: { closeMs: 1_000, termMs: 1_000 },
};

/** Who has leased a process, and hears it. */
export interface Tenant {
  /** It says itself, by `worked`, when its process has shown that it works; else the first message is taken for it. */
  readonly isJudge?: boolean;
  /** It asks what some processes end at, so that an end says nothing of the command. */
  readonly mayEnd?: boolean;
  readonly receive: (message: Buffer, envelope: Envelope) => void;
  readonly receiveTorn: (torn: TornMessage) => void;
  /** The process is gone, and the lease with it. */
  readonly processEnded: (exit: ProcessExit) => void;
}

export interface Lease {
  readonly pid: number | undefined;
  readonly send: (message: Buffer) => SendOutcome;
  /** The process is not listened to until `resume`: its client cannot take more just now. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** The process has shown that it works. */
  readonly worked: () => void;
  /** Gives the process back. It has seen a session, so it is not used again. */
  readonly release: () => void;
}

export type LeaseOutcome<T> =
  | { readonly kind: "leased"; readonly tenant: T }
  | { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string };

export type LeaseRefusal = "queue_full" | "timed_out" | "cannot_start" | "closed" | "abandoned";

export interface PoolEvents { readonly onState: () => void }

export class Pool {
  private readonly command: ProcessCommand;
  private settings: PoolSettings;
  private readonly times: PoolTimes;
  private readonly surroundings: ProcessSurroundings;
  private readonly log: Logger;
  private readonly events: PoolEvents;
  private readonly members = new Set<Member>();
  private readonly waiting = new WaitingLine<Member>();
  private readonly demand = new Demand(demandLimits);
  private health: PoolHealth;
  /** A process of this command has sent a message: it works, and a client may break what is its own. */
  private hasSpoken = false;
  private wake: NodeJS.Timeout | undefined;
  private isClosed = false;
  private onEmpty: (() => void) | undefined;
  private drainLimit: NodeJS.Timeout | undefined;

  constructor(command: ProcessCommand, settings: PoolSettings, times: PoolTimes, surroundings: ProcessSurroundings, events: PoolEvents, health = firstHealth(settings.min)) {
    this.command = command;
    this.settings = settings;
    this.times = times;
    this.surroundings = surroundings;
    this.log = surroundings.log;
    this.events = events;
    this.health = health;
    this.settle();
  }

  get tally(): Tally {
    return this.surroundings.tally;
  }

  get state(): PoolState {
    return this.health.state;
  }

  get processes(): number {
    return this.members.size;
  }

  /** Processes on their way out, which make room. */
  get stopping(): number {
    return this.count("stopping");
  }

  /** Who asks for a process now need not wait for another to be given back. */
  get hasRoom(): boolean {
    return this.members.size < this.settings.max || this.spare() !== undefined || this.count("starting") > 0;
  }

  get queueLength(): number {
    return this.waiting.length;
  }

  /** `seat` is called once a process is there, before anything can come from it. `stop`: whoever asked is gone. */
  lease<T extends Tenant>(seat: (lease: Lease) => T, stop: AbortSignal): Promise<LeaseOutcome<T>> {
    return new Promise((resolve) => {
      const refuse = (why: LeaseRefusal, what: string): void => resolve({ kind: "refused", why, what });
      if (this.isClosed) return refuse("closed", "the server is being stopped");
      if (stop.aborted) return refuse("abandoned", "the client has gone");
      if (this.state.kind === "unhealthy") return refuse("cannot_start", this.state.reason);
      this.demand.noteArrival(performance.now());
      const take = (member: Member): void => resolve({ kind: "leased", tenant: this.seat(member, seat) });
      const spare = this.spare();
      if (spare !== undefined && this.waiting.length === 0) {
        take(spare);
        return this.settleSoon();
      }
      // Who waits only for a process to start is not in the queue, which is for those who wait for others to end.
      const startable = Math.max(0, this.settings.max - this.count("leased") - this.count("stopping"));
      if (this.waiting.length >= this.settings.queueMax + startable) {
        return refuse("queue_full", `all ${this.settings.max} processes are in use and ${this.waiting.length} sessions wait already`);
      }
      this.waiting.join({ take, refuse }, {
        limitMs: this.settings.queueTimeoutMs,
        tooLate: `no process became free within ${this.settings.queueTimeoutMs} ms: all ${this.settings.max} are in use`,
        stop,
      });
      this.settle();
    });
  }

  resize(settings: PoolSettings): void {
    this.settings = settings;
    this.settle();
  }

  /** No new leases; spares go, leased processes stay until they are given back. */
  close(): void {
    this.isClosed = true;
    this.waiting.refuseAll("closed", "the server is being stopped");
    this.settle();
  }

  /** As `close`, and what is leased for longer than `graceMs` is stopped. `onEmpty` is called when every process is gone. */
  drain(graceMs: number, onEmpty: () => void): void {
    this.close();
    this.onEmpty = onEmpty;
    if (this.members.size === 0) return onEmpty();
    this.drainLimit = setTimeout(() => void this.stop(), graceMs);
  }

  /** Resolves when every process is gone. */
  async stop(grace: StopGrace = this.times.stopGrace): Promise<void> {
    this.close();
    clearTimeout(this.wake);
    clearTimeout(this.drainLimit);
    await Promise.all([...this.members].map((member) => this.stopMember(member, grace)));
  }

  /** Brings the pool to what the policy wants. */
  private settle(): void {
    for (let spare = this.spare(); spare !== undefined && this.waiting.serve(spare); spare = this.spare());
    clearTimeout(this.wake);
    const nowMs = performance.now();
    const limits = this.isClosed ? { min: 0, max: 0 } : this.settings;
    const plan = planPool(
      {
        spares: this.count("spare"), starting: this.count("starting"), leased: this.count("leased"), stopping: this.count("stopping"),
        waiting: this.waiting.length, expected: this.isClosed ? 0 : this.demand.expected(nowMs), failures: this.isClosed ? 0 : this.health.failures, nextStartMs: this.health.nextStartMs,
      },
      limits,
      nowMs,
    );
    for (let i = 0; i < plan.start; i++) this.startMember();
    for (let i = 0; i < plan.stop; i++) {
      const spare = this.spare();
      if (spare !== undefined) void this.stopMember(spare, this.times.stopGrace);
    }
    if (plan.wakeMs !== undefined) this.wake = setTimeout(() => this.settle(), Math.max(0, plan.wakeMs - performance.now()));
  }

  /** A start holds up all that the bridge does for a moment: the session that begins just now is served first. */
  private settleSoon(): void {
    clearTimeout(this.wake);
    this.wake = setTimeout(() => this.settle(), refillMs);
  }

  private count(phase: MemberPhase): number {
    let count = 0;
    for (const member of this.members) if (member.phase === phase) count++;
    return count;
  }

  private spare(): Member | undefined {
    for (const member of this.members) if (member.phase === "spare") return member;
    return undefined;
  }

  private startMember(): void {
    const member: Member = { phase: "starting", startedMs: performance.now(), wasAskedAtOnce: false, hasSpoken: false, tenant: undefined, process: undefined, proof: undefined };
    this.members.add(member);
    member.process = startServerProcess(this.command, this.surroundings, {
      onSpawn: () => this.memberStarted(member),
      onMessage: (message, envelope) => {
        if (!member.hasSpoken && member.tenant?.isJudge !== true) this.memberSpoke(member);
        if (member.tenant !== undefined) member.tenant.receive(message, envelope);
        else this.log.debug({ kind: envelope.kind }, "a message from a process that nobody has leased was dropped");
      },
      onTornMessage: (torn) => member.tenant?.receiveTorn(torn),
      onExit: (exit) => this.memberEnded(member, exit),
    });
  }

  private memberStarted(member: Member): void {
    if (member.phase === "starting") member.phase = "spare";
    // Where no process could be spawned at all, one that can is proof; where they died, it must live for a while.
    if (this.health.failures === 0 || this.health.couldNotSpawn) this.noteSuccess();
    else member.proof = setTimeout(() => this.noteSuccess(), this.times.provenMs);
    this.settle();
  }

  private memberSpoke(member: Member): void {
    member.hasSpoken = true;
    this.hasSpoken = true;
    if (member.wasAskedAtOnce) this.demand.noteStart(performance.now() - member.startedMs);
    this.noteSuccess();
  }

  private memberEnded(member: Member, exit: ProcessExit): void {
    const { phase, tenant } = member;
    clearTimeout(member.proof);
    member.phase = "stopping";
    member.tenant = undefined;
    const isFailure = phase === "starting" || phase === "spare" || (phase === "leased" && tenant?.mayEnd !== true && !member.hasSpoken && (!this.hasSpoken || tenant?.isJudge === true));
    if (isFailure) this.noteFailure(member, exit);
    else if (phase === "leased") this.log.warn({ pid: member.process?.pid, stderr: member.process?.lastStderrLines }, `a leased server process ${describeExit(exit)}`);
    tenant?.processEnded(exit);
    // What it started may live a little longer, and counts until it is gone.
    void this.stopMember(member, this.times.stopGrace);
    this.settle();
  }

  private noteFailure(member: Member, exit: ProcessExit): void {
    if (this.isClosed) return;
    this.tally.add("start_failures");
    const failure = { exit, lastStderrLines: [...(member.process?.lastStderrLines ?? [])] };
    this.log.warn({ failures: this.health.failures + 1, stderr: failure.lastStderrLines }, `the server process ${describeExit(exit)}`);
    this.setHealth(afterFailure(this.health, failure, this.times, performance.now(), Math.random()));
    if (this.state.kind === "unhealthy") this.waiting.refuseAll("cannot_start", this.state.reason);
  }

  private noteSuccess(): void {
    if (this.health.failures === 0 && this.state.kind === "ready") return;
    this.setHealth(afterSuccess());
    this.settle();
  }

  private setHealth(health: PoolHealth): void {
    const before = this.state;
    this.health = health;
    if (this.state === before) return;
    const isNews = before.kind !== "unhealthy" || this.state.kind !== "unhealthy" || this.state.reason !== before.reason;
    if (this.state.kind === "unhealthy" && isNews) this.log.error({ reason: this.state.reason, stderr: this.state.lastStderrLines }, "the server cannot be run");
    else if (this.state.kind !== "unhealthy" && this.state.kind !== before.kind) this.log.info(`the server is ${this.state.kind}`);
    this.events.onState();
  }

  private seat<T extends Tenant>(member: Member, seat: (lease: Lease) => T): T {
    member.phase = "leased";
    member.wasAskedAtOnce = performance.now() - member.startedMs < askedAtOnceMs;
    clearTimeout(member.proof);
    const tenant = seat({
      pid: member.process?.pid,
      send: (message) => (member.phase === "leased" && member.process !== undefined ? member.process.send(message) : "gone"),
      pause: () => member.process?.pause(),
      resume: () => member.process?.resume(),
      worked: () => {
        if (!member.hasSpoken) this.memberSpoke(member);
      },
      release: () => {
        if (member.phase !== "leased") return;
        member.tenant = undefined;
        void this.stopMember(member, this.times.stopGrace);
      },
    });
    member.tenant = tenant;
    return tenant;
  }

  private async stopMember(member: Member, grace: StopGrace): Promise<void> {
    member.phase = "stopping";
    clearTimeout(member.proof);
    await member.process?.stop(grace);
    if (!this.members.delete(member)) return;
    this.settle();
    if (this.members.size === 0) this.onEmpty?.();
  }
}

const refillMs = 20;
/** A process needs so long to be there, before it can do anything. */
const askedAtOnceMs = 100;

type MemberPhase = "starting" | "spare" | "leased" | "stopping";

interface Member {
  phase: MemberPhase;
  readonly startedMs: number;
  /** It was leased as soon as it was there, so its first message tells how long a start takes. */
  wasAskedAtOnce: boolean;
  /** It has sent a message, so it works. */
  hasSpoken: boolean;
  tenant: Tenant | undefined;
  process: ServerProcess | undefined;
  /** Runs out when it has lived for long enough to count as started well. */
  proof: NodeJS.Timeout | undefined;
}

/** One stdio server as this worker runs it: its sessions, the pool that serves new ones, and older pools that drain. */

import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { PoolState } from "../pool/pool-health.js";
import type { Lease, LeaseRefusal, Pool, PoolTimes } from "../pool/pool.js";
import type { ProcessSurroundings, StopGrace } from "../process/mcp-process.js";
import { unkeptLimits } from "../process/custody.js";
import { Tally } from "../process/tally.js";
import { ElderSide, secondMs, untilClosed } from "./elder-side.js";
import { isTranslated } from "./elder-session.js";
import type { Era, EraMemory, Legacy, NoVerdict } from "./era.js";
import { Generation, type ServerSettings } from "./generation.js";
import { Identity, type Rebuilt } from "./identity.js";
import type { Owner, WorkerPlace } from "./modern-side.js";
import type { ModernAsk } from "./passed-call.js";
import { Session, type SessionLimits, type SessionNeeds } from "./session.js";
import { SessionIds } from "./session-ids.js";
import type { ClientSession } from "./client-session.js";
import type { SharedHost } from "./shared-host.js";
import { SharedSession } from "./shared-session.js";
import { SessionTable, type FoundSession } from "./session-table.js";
import { within } from "./time-limit.js";

export interface ServerTimes {
  readonly pool: PoolTimes;
  /** How long sessions may stay on the processes of a command that was changed. */
  readonly drainMs: number;
  /** A session whose client seems to be gone for so long makes room when others wait. */
  readonly leftMs: number;
  /** How long open requests may take when the server was removed. */
  readonly removeMs: number;
}

export type OpenOutcome =
  | { readonly kind: "opened"; readonly session: ClientSession }
  | { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string };

export interface ServerStatus {
  readonly name: string;
  /** Of the settings in force. */
  readonly version: string;
  readonly state: PoolState["kind"];
  readonly reason: string;
  readonly lastStderrLines: readonly string[];
  readonly processes: number;
  readonly sessions: number;
  readonly openRequests: number;
  readonly queueLength: number;
  /** What of the settings in force cannot be kept here, for people. */
  readonly warnings: readonly string[];
  /** What has happened to it since it was taken up. */
  readonly tally: Tally;
}

export interface HostedServerNeeds {
  readonly times: ServerTimes;
  readonly limits: SessionLimits;
  readonly surroundings: Omit<ProcessSurroundings, "tally">;
  readonly eras: EraMemory;
  readonly worker: WorkerPlace;
  /** What `status` says of health or version has changed. */
  readonly onState: () => void;
}

export class HostedServer {
  private readonly needs: HostedServerNeeds & { readonly surroundings: ProcessSurroundings };
  private readonly tally = new Tally();
  private readonly log: Logger;
  private readonly sessions = new SessionTable();
  private readonly ids: SessionIds;
  /** Those of the sessions that share processes. */
  private readonly sharing = new Set<SharedSession>();
  private current: Generation;
  /** A changed command that has not been seen to run yet: until then the one in force serves on. */
  private next: Generation | undefined;
  private readonly draining = new Set<Pool>();
  private readonly sweep: NodeJS.Timeout;
  private readonly sessionNeeds: SessionNeeds;
  private readonly elders: ElderSide;
  private isClosed = false;
  private isStopping = false;

  constructor(settings: ServerSettings, needs: HostedServerNeeds) {
    this.log = needs.surroundings.log.child({ server: settings.name });
    this.needs = { ...needs, surroundings: { ...needs.surroundings, log: this.log, tally: this.tally } };
    this.ids = new SessionIds(settings.name, settings.sessions);
    this.sessionNeeds = {
      limits: needs.limits,
      log: this.log,
      tally: this.tally,
      leaseProcess: (seat, stop) => this.current.pool.lease(seat, stop),
      onLoss: () => (this.ids.endOnLoss ? "end" : this.current.host === undefined ? "go_on" : "forget"),
      onOver: (session, how) => this.noteOver(session, session.identity, how),
    };
    this.elders = new ElderSide({
      serverName: settings.name,
      place: () => ({ pool: this.current.pool, era: this.current.era, modern: this.current.modern, isShared: this.current.host !== undefined }),
      ids: this.ids, sessions: this.sessions, sessionNeeds: this.sessionNeeds, limits: needs.limits, log: this.log,
      onModernOnly: () => {
        this.useModernOnly(this.current);
        this.needs.onState();
      },
      onOver: (session, identity, how) => this.noteOver(session, identity, how),
    });
    this.current = this.startGeneration(settings);
    this.sweep = this.startSweep();
  }

  /** Too late for an update. */
  get isStopped(): boolean {
    return this.isStopping;
  }

  find(sessionId: string | undefined): FoundSession {
    const found = this.sessions.find(sessionId);
    return found.kind === "unknown" && sessionId !== undefined ? this.bringBack(sessionId) : found;
  }

  /** Does the command in force speak 2026-07-28? Found out with the first call, and then remembered. `stop`: whoever asks is gone. */
  eraOf(stop: AbortSignal): Promise<Era | NoVerdict> {
    return this.current.era.eraOf(stop);
  }

  /** Does it take `initialize` too? To be asked of a command that is modern: an older one does. */
  legacyOf(stop: AbortSignal): Promise<Legacy | NoVerdict> {
    return this.current.era.legacyOf(stop);
  }

  /** Which worker a request of 2026-07-28 has to go to. */
  ownerOf(ask: Pick<ModernAsk, "message" | "claims">): Owner {
    return this.current.modern.ownerOf(ask);
  }

  /** A request of 2026-07-28, which belongs to no session. What comes back is to be called when its client is gone. */
  askModern(ask: ModernAsk): () => void {
    return this.current.modern.ask(ask);
  }

  /** A new session, with a process of its own or a share in all. `stop`: the client is gone. */
  async open(stop: AbortSignal): Promise<OpenOutcome> {
    const startedMs = performance.now();
    const outcome = await this.begin(stop);
    this.tally.add("session_wait_ms", performance.now() - startedMs);
    if (outcome.kind === "opened") this.tally.add("sessions_opened");
    else this.tally.add("sessions_refused", 1, outcome.why);
    return outcome;
  }

  private async begin(stop: AbortSignal): Promise<OpenOutcome> {
    if (this.isClosed) return { kind: "refused", why: "closed", what: "the server is being stopped" };
    if (this.current.host !== undefined) return this.openShared(this.current.host, stop);
    const { pool, era } = this.current;
    if (era.isKnownToBeModernOnly) return this.elders.open(stop);
    const outcome = await pool.lease((lease) => (era.isLegacyKnown ? this.addSession(lease) : this.elders.makeOpening(lease)), stop);
    return outcome.kind === "leased" ? { kind: "opened", session: outcome.tenant } : outcome;
  }

  private async openShared(host: SharedHost, stop: AbortSignal): Promise<OpenOutcome> {
    if (this.sessions.size >= maxSessions) return { kind: "refused", why: "queue_full", what: this.fullness() };
    const { era } = this.current;
    if (era.isKnownToBeModernOnly) return this.elders.open(stop);
    const known = await host.known(stop);
    if (known.kind === "refused") {
      if (era.isLegacyKnown && !era.isKnownToBeModernOnly) return known;
      // What cannot be initialised may speak 2026-07-28.
      const opened = await within(secondMs, stop, (limited) => this.elders.open(limited));
      return opened.kind === "opened" ? opened : known;
    }
    if (!era.isLegacyKnown) era.noteLegacy({ kind: "spoken" });
    // The server may have been changed in the meantime: the session begins where others are now.
    return { kind: "opened", session: this.addShared(this.current.host ?? host) };
  }

  /** A session that was begun at another worker, or here, and was forgotten since. It gets a process when it needs one. */
  private bringBack(id: string): FoundSession {
    const opened = this.ids.open(id);
    if (opened.kind === "refused") {
      this.log.debug({ why: opened.why }, "a session id brings no session back");
      return { kind: "unknown" };
    }
    if (this.sessions.size >= maxSessions) return { kind: "no_room", what: this.fullness() };
    this.tally.add("sessions_brought_back");
    this.log.debug("a session is brought back by its id");
    const { host, era } = this.current;
    const rebuilt = { id, ...opened };
    if (isTranslated(opened.beginning.revision)) return { kind: "live", session: this.elders.bringBack(rebuilt) };
    if (host === undefined) return { kind: "live", session: this.addSession(undefined, rebuilt) };
    if (era.isKnownToBeModernOnly) return { kind: "unknown" };
    const session = this.addShared(host, rebuilt);
    host.greet(session);
    return { kind: "live", session };
  }

  private addSession(lease: Lease | undefined, rebuilt?: Rebuilt): Session {
    const identity = new Identity({ ids: this.ids, log: this.log, onNamed: (id) => this.sessions.name(session, id) }, rebuilt);
    const session: Session = new Session(identity, lease, this.sessionNeeds);
    this.sessions.add(session);
    if (rebuilt !== undefined) this.sessions.name(session, rebuilt.id);
    return session;
  }

  private addShared(host: SharedHost, rebuilt?: Rebuilt): SharedSession {
    const identity = new Identity({ ids: this.ids, log: this.log, onNamed: (id) => this.sessions.name(session, id) }, rebuilt);
    const session: SharedSession = new SharedSession(identity, host, {
      limits: this.needs.limits,
      log: this.log,
      onOver: (over, how) => {
        this.noteOver(over, over.identity, how);
        this.sharing.delete(over);
      },
    });
    this.sessions.add(session);
    if (rebuilt !== undefined) this.sessions.name(session, rebuilt.id);
    this.sharing.add(session);
    return session;
  }

  private noteOver(session: ClientSession, identity: Identity, how: "forgotten" | "ended"): void {
    this.sessions.remove(session);
    // Of one that nobody has an id of, nobody can ask again.
    if (how === "ended" && identity.isNamed) this.ids.noteEnded(identity.uid);
  }

  private fullness(): string {
    return `${this.sessions.size} sessions are open already`;
  }

  /** New settings. Sizes change in place; a changed command gets a new pool, and the old one drains once that works. */
  update(settings: ServerSettings): void {
    this.isClosed = false;
    this.current.modern.reopen();
    this.ids.update(settings.sessions);
    if (this.current.runsAlike(settings)) {
      this.discardNext();
      this.current.resize(settings);
      this.needs.onState();
      return;
    }
    if (this.next !== undefined && this.next.runsAlike(settings)) return this.next.resize(settings);
    this.discardNext();
    this.next = this.startGeneration(settings);
    this.promoteNext();
  }

  status(): ServerStatus {
    const { settings, pool } = this.current;
    const { state } = pool;
    const failed = this.next?.pool.state.kind === "unhealthy" ? this.next.pool.state : undefined;
    const pools = [pool, ...this.draining, ...(this.next === undefined ? [] : [this.next.pool])];
    return {
      name: settings.name,
      version: settings.version,
      state: state.kind,
      reason: state.kind === "unhealthy" ? state.reason : failed === undefined ? "" : `the changed command does not run, the one before serves on: ${failed.reason}`,
      lastStderrLines: state.kind === "unhealthy" ? state.lastStderrLines : (failed?.lastStderrLines ?? []),
      processes: pools.reduce((sum, each) => sum + each.processes, 0),
      sessions: this.sessions.size,
      openRequests: this.openRequests,
      queueLength: (this.current.host?.queueLength ?? pool.queueLength) + this.current.modern.queueLength,
      warnings: unkeptLimits(settings.command.limits, this.needs.surroundings.custody),
      tally: this.tally,
    };
  }

  /** No new sessions from now on; those that are there go on. */
  close(): void {
    this.isClosed = true;
    this.current.host?.close();
    this.current.modern.close();
    this.discardNext();
  }

  /** Open requests may end within the grace, then everything stops. False: it was updated in the meantime, and lives. */
  async remove(): Promise<boolean> {
    this.close();
    await this.requestsDone(this.needs.times.removeMs);
    if (!this.isClosed) return false;
    await this.stop(this.needs.times.pool.stopGrace, "the server was removed");
    return true;
  }

  /** Resolves when no request is open any more, or the limit is reached. */
  async requestsDone(limitMs: number): Promise<void> {
    const until = performance.now() + limitMs;
    while (this.openRequests > 0 && performance.now() < until && this.isClosed) await delay(requestsDoneCheckMs);
  }

  /** Resolves when every process is gone. */
  async stop(grace: StopGrace, why: string): Promise<void> {
    this.isStopping = true;
    this.close();
    clearInterval(this.sweep);
    this.sessions.forgetAll(why);
    this.current.host?.stop();
    this.current.modern.stop();
    await Promise.all([this.current.pool, ...this.draining].map((pool) => pool.stop(grace)));
  }

  private get openRequests(): number {
    return this.sessions.openRequests + this.current.modern.openRequests;
  }

  private startGeneration(settings: ServerSettings): Generation {
    const { needs } = this;
    const generation: Generation = new Generation(settings, {
      poolTimes: needs.times.pool, surroundings: needs.surroundings, eras: needs.eras, worker: needs.worker, log: this.log,
      keys: () => this.ids.keys,
      sharing: this.sharing,
      onState: () => {
        this.promoteNext();
        generation.host?.settle();
        needs.onState();
      },
      onUnbegun: () => {
        // Nothing in it is expected to fail.
        if (generation === this.current && !generation.era.isLegacyKnown) void this.elders.wonder(untilClosed);
      },
    });
    if (generation.era.isKnownToBeModernOnly) this.useModernOnly(generation);
    return generation;
  }

  /** There is nobody to be initialised. */
  private useModernOnly({ host, modern }: Generation): void {
    host?.stop();
    modern.becomeOnly();
    for (const session of [...this.sharing]) session.end("the server speaks only 2026-07-28 now");
  }

  /** Make before break: what works stays in force until its successor does. What does not work is no loss. */
  private promoteNext(): void {
    if (this.next === undefined) return;
    if (this.next.pool.state.kind !== "ready" && this.current.pool.state.kind === "ready") return;
    const old = this.current;
    this.current = this.next;
    this.next = undefined;
    this.log.info({ version: this.current.settings.version }, "a changed command is in force, the one before drains");
    this.drain(old.pool, this.needs.times.drainMs);
    old.modern.handOver(this.current.modern);
    if (old.host !== undefined) this.leaveHost(old.host);
    // Nothing in it is expected to fail.
    void this.elders.move();
    this.needs.onState();
  }

  /** Shared sessions are bound to no process, so they go on with those of the new command. */
  private leaveHost(old: SharedHost): void {
    const { host } = this.current;
    if (host === undefined) {
      for (const session of [...this.sharing]) session.forget("from now on each session has a process of its own");
      return old.stop();
    }
    for (const session of this.sharing) {
      session.host = host;
    }
    old.handOver(host);
  }

  private discardNext(): void {
    if (this.next === undefined) return;
    this.next.host?.stop();
    this.next.modern.stop();
    this.drain(this.next.pool, 0);
    this.next = undefined;
  }

  private drain(pool: Pool, graceMs: number): void {
    this.draining.add(pool);
    pool.drain(graceMs, () => this.draining.delete(pool));
  }

  private startSweep(): NodeJS.Timeout {
    return setInterval(() => {
      const nowMs = performance.now();
      this.sessions.forgetIdle(nowMs, this.current.settings.idleTimeoutMs);
      const { host, modern, pool: { queueLength, stopping } } = this.current;
      modern.sweep(host === undefined ? queueLength - stopping : 0);
      if (host !== undefined) return host.sweep();
      if (queueLength > stopping) this.sessions.forgetLeft(queueLength - stopping, nowMs, this.needs.times.leftMs);
    }, idleCheckMs);
  }
}

/** A session without a process costs little, but not nothing. */
const maxSessions = 20_000;
const requestsDoneCheckMs = 20;
const idleCheckMs = 250;

/** One stdio server as this worker runs it: its sessions, the pool that serves new ones, and older pools that drain. */

import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { firstHealth, type PoolState } from "../pool/pool-health.js";
import { Pool, type LeaseRefusal, type PoolSettings, type PoolTimes } from "../pool/pool.js";
import type { ProcessSurroundings, StopGrace } from "../process/mcp-process.js";
import { unkeptLimits } from "../process/custody.js";
import type { ProcessCommand } from "../process/process-command.js";
import { Tally } from "../process/tally.js";
import { EraProbe, eraTimes, type Era, type EraMemory, type Legacy, type NoVerdict } from "./era.js";
import { ModernSide, type Owner, type WorkerPlace } from "./modern-side.js";
import type { ModernAsk } from "./passed-call.js";
import type { StateKey } from "./request-state.js";
import { Session, type SessionLimits } from "./session.js";
import type { ClientSession } from "./client-session.js";
import { SharedHost, type SharedSettings } from "./shared-host.js";
import { sharedProcessTimes } from "./shared-process.js";
import { SharedSession } from "./shared-session.js";
import { SessionTable, type FoundSession } from "./session-table.js";

export interface ServerSettings {
  readonly name: string;
  /** Of the resource that says so. */
  readonly version: string;
  readonly command: ProcessCommand;
  readonly pool: PoolSettings;
  /** A session without a request or stream for so long ends. */
  readonly idleTimeoutMs: number;
  /** Absent: each session has a process of its own. */
  readonly shared: { readonly concurrency: number; readonly maxRequests: number } | undefined;
}

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
  /** Those of the sessions that share processes. */
  private readonly sharing = new Set<SharedSession>();
  private current: Generation;
  /** A changed command that has not been seen to run yet: until then the one in force serves on. */
  private next: Generation | undefined;
  private readonly draining = new Set<Pool>();
  private readonly sweep: NodeJS.Timeout;
  /** Seals what this worker alone has to read. */
  private readonly ownKey: StateKey = { id: 0, key: randomBytes(32) };
  private isClosed = false;
  private isStopping = false;

  constructor(settings: ServerSettings, needs: HostedServerNeeds) {
    this.log = needs.surroundings.log.child({ server: settings.name });
    this.needs = { ...needs, surroundings: { ...needs.surroundings, log: this.log, tally: this.tally } };
    this.current = this.startGeneration(settings);
    this.sweep = this.startSweep();
  }

  /** Too late for an update. */
  get isStopped(): boolean {
    return this.isStopping;
  }

  find(sessionId: string | undefined): FoundSession {
    return this.sessions.find(sessionId);
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
    if (this.isClosed) return { kind: "refused", why: "closed", what: "the server is being stopped" };
    if (this.current.host !== undefined) return this.openShared(this.current.host, stop);
    const outcome = await this.current.pool.lease((lease) => {
      const id = makeSessionId();
      const session = new Session(id, lease, this.needs.limits, this.log, (ended) => this.sessions.remove(ended));
      this.sessions.add(session);
      return session;
    }, stop);
    return outcome.kind === "leased" ? { kind: "opened", session: outcome.tenant } : outcome;
  }

  private async openShared(host: SharedHost, stop: AbortSignal): Promise<OpenOutcome> {
    if (this.sharing.size >= maxSharedSessions) return { kind: "refused", why: "queue_full", what: `${this.sharing.size} sessions are open already` };
    const known = await host.known(stop);
    if (known.kind === "refused") return known;
    // The server may have been changed in the meantime: the session begins where others are now.
    const session = new SharedSession(makeSessionId(), this.current.host ?? host, this.needs.limits, this.log, (ended) => {
      this.sessions.remove(ended);
      this.sharing.delete(ended);
    });
    this.sessions.add(session);
    this.sharing.add(session);
    return { kind: "opened", session };
  }

  /** New settings. Sizes change in place; a changed command gets a new pool, and the old one drains once that works. */
  update(settings: ServerSettings): void {
    this.isClosed = false;
    this.current.modern.reopen();
    if (runsAlike(settings, this.current.settings)) {
      this.discardNext();
      this.resize(this.current, settings);
      this.needs.onState();
      return;
    }
    if (this.next !== undefined && runsAlike(settings, this.next.settings)) return this.resize(this.next, settings);
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
    this.sessions.endAll(why);
    this.current.host?.stop();
    this.current.modern.stop();
    await Promise.all([this.current.pool, ...this.draining].map((pool) => pool.stop(grace)));
  }

  private get openRequests(): number {
    return this.sessions.openRequests + this.current.modern.openRequests;
  }

  private startGeneration(settings: ServerSettings): Generation {
    const events = {
      onState: () => {
        this.promoteNext();
        generation.host?.settle();
        this.needs.onState();
      },
    };
    const { times, surroundings } = this.needs;
    for (const warning of unkeptLimits(settings.command.limits, surroundings.custody)) this.log.warn(warning);
    const pool = new Pool(settings.command, poolSettingsOf(settings), times.pool, surroundings, events, firstHealth(settings.pool.min));
    const shared = sharedSettingsOf(settings);
    const era = new EraProbe(settings.command, pool, this.needs.eras, eraTimes);
    const modern = new ModernSide({
      serverName: settings.name, pool, era, settings: sharedSettingsOf(settings) ?? singleSettingsOf(settings),
      keys: () => [this.ownKey], worker: this.needs.worker, log: this.log,
    });
    const generation: Generation = { settings, pool, era, modern, host: shared === undefined ? undefined : new SharedHost(pool, shared, sharedProcessTimes, this.log, () => this.sharing) };
    return generation;
  }

  private resize(generation: Generation, settings: ServerSettings): void {
    generation.settings = settings;
    generation.pool.resize(poolSettingsOf(settings));
    const shared = sharedSettingsOf(settings);
    if (shared !== undefined) generation.host?.resize(shared);
    generation.modern.resize(shared ?? singleSettingsOf(settings));
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
    if (old.host !== undefined) this.leaveHost(old.host);
    old.modern.handOver(this.current.modern);
    this.needs.onState();
  }

  /** Shared sessions are bound to no process, so they go on with those of the new command. */
  private leaveHost(old: SharedHost): void {
    const { host } = this.current;
    if (host === undefined) {
      for (const session of [...this.sharing]) session.end("from now on each session has a process of its own");
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
      this.sessions.endIdle(nowMs, this.current.settings.idleTimeoutMs);
      const { host, modern, pool: { queueLength, stopping } } = this.current;
      modern.sweep(host === undefined ? [] : [host], host === undefined ? queueLength - stopping : host.queueLength);
      if (host !== undefined) return host.sweep();
      if (queueLength > stopping) this.sessions.endLeft(queueLength - stopping, nowMs, this.needs.times.leftMs);
    }, idleCheckMs);
  }
}

interface Generation {
  settings: ServerSettings;
  readonly pool: Pool;
  readonly era: EraProbe;
  readonly modern: ModernSide;
  /** Where the processes are shared. */
  readonly host: SharedHost | undefined;
}

/** 192 bits: not to be guessed. Visible ASCII, as the specification wants it. */
function makeSessionId(): string {
  return randomBytes(24).toString("base64url");
}

/** What runs serves on when only sizes change. */
function runsAlike(one: ServerSettings, other: ServerSettings): boolean {
  return isDeepStrictEqual(one.command, other.command) && (one.shared === undefined) === (other.shared === undefined);
}

/** Shared processes are all put to use: none is kept as a spare beside them. */
function poolSettingsOf({ pool, shared }: ServerSettings): PoolSettings {
  return shared === undefined ? pool : { ...pool, min: 0 };
}

function sharedSettingsOf({ pool, shared, idleTimeoutMs }: ServerSettings): SharedSettings | undefined {
  return shared === undefined ? undefined : { ...pool, ...shared, idleTimeoutMs };
}

/** Requests without a session share processes also where each session has one of its own. */
function singleSettingsOf({ pool, idleTimeoutMs }: ServerSettings): SharedSettings {
  return { ...pool, min: 0, concurrency: defaultConcurrency, maxRequests: 0, idleTimeoutMs };
}

/** As the registry has it where it says nothing else. */
const defaultConcurrency = 16;
/** A session without a process costs little, but not nothing. */
const maxSharedSessions = 20_000;
const requestsDoneCheckMs = 20;
const idleCheckMs = 250;

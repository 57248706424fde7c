/** One stdio server as this worker runs it: its sessions, the pool that serves new ones, and older pools that drain. */

import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { Pool, type LeaseRefusal, type PoolSettings, type PoolTimes } from "../pool/pool.js";
import type { PoolState } from "../pool/pool-health.js";
import type { ProcessSurroundings, StopGrace } from "../process/mcp-process.js";
import type { ProcessCommand } from "../process/process-command.js";
import { Session, type SessionLimits } from "./session.js";
import { SessionTable, type FoundSession } from "./session-table.js";

export interface ServerSettings {
  readonly name: string;
  /** Of the resource that says so. */
  readonly version: string;
  readonly command: ProcessCommand;
  readonly pool: PoolSettings;
  /** A session without a request or stream for so long ends. */
  readonly idleTimeoutMs: number;
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
  | { readonly kind: "opened"; readonly session: Session }
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
}

export interface HostedServerNeeds {
  readonly times: ServerTimes;
  readonly limits: SessionLimits;
  readonly surroundings: ProcessSurroundings;
  /** What `status` says of health or version has changed. */
  readonly onState: () => void;
}

export class HostedServer {
  private readonly needs: HostedServerNeeds;
  private readonly log: Logger;
  private readonly sessions = new SessionTable();
  private current: Generation;
  /** A changed command that has not been seen to run yet: until then the one in force serves on. */
  private next: Generation | undefined;
  private readonly draining = new Set<Pool>();
  private readonly sweep: NodeJS.Timeout;
  private isClosed = false;
  private isStopping = false;

  constructor(settings: ServerSettings, needs: HostedServerNeeds) {
    this.log = needs.surroundings.log.child({ server: settings.name });
    this.needs = { ...needs, surroundings: { ...needs.surroundings, log: this.log } };
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

  /** A new session with a process of its own. `stop`: the client is gone. */
  async open(stop: AbortSignal): Promise<OpenOutcome> {
    if (this.isClosed) return { kind: "refused", why: "closed", what: "the server is being stopped" };
    const outcome = await this.current.pool.lease((lease) => {
      // 192 bits: not to be guessed. Visible ASCII, as the specification wants it.
      const id = randomBytes(24).toString("base64url");
      const session = new Session(id, lease, this.needs.limits, this.log, (ended) => this.sessions.remove(ended));
      this.sessions.add(session);
      return session;
    }, stop);
    return outcome.kind === "leased" ? { kind: "opened", session: outcome.tenant } : outcome;
  }

  /** New settings. Sizes change in place; a changed command gets a new pool, and the old one drains once that works. */
  update(settings: ServerSettings): void {
    this.isClosed = false;
    if (isDeepStrictEqual(settings.command, this.current.settings.command)) {
      this.discardNext();
      this.resize(this.current, settings);
      this.needs.onState();
      return;
    }
    if (this.next !== undefined && isDeepStrictEqual(settings.command, this.next.settings.command)) return this.resize(this.next, settings);
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
      openRequests: this.sessions.openRequests,
      queueLength: pool.queueLength,
    };
  }

  /** No new sessions from now on; those that are there go on. */
  close(): void {
    this.isClosed = true;
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
    while (this.sessions.openRequests > 0 && performance.now() < until && this.isClosed) await delay(requestsDoneCheckMs);
  }

  /** Resolves when every process is gone. */
  async stop(grace: StopGrace, why: string): Promise<void> {
    this.isStopping = true;
    this.close();
    clearInterval(this.sweep);
    this.sessions.endAll(why);
    await Promise.all([this.current.pool, ...this.draining].map((pool) => pool.stop(grace)));
  }

  private startGeneration(settings: ServerSettings): Generation {
    const pool = new Pool(settings.command, settings.pool, this.needs.times.pool, this.needs.surroundings, {
      onState: () => {
        this.promoteNext();
        this.needs.onState();
      },
    });
    return { settings, pool };
  }

  private resize(generation: Generation, settings: ServerSettings): void {
    generation.settings = settings;
    generation.pool.resize(settings.pool);
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
    this.needs.onState();
  }

  private discardNext(): void {
    if (this.next === undefined) return;
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
      const { queueLength, stopping } = this.current.pool;
      if (queueLength > stopping) this.sessions.endLeft(queueLength - stopping, nowMs, this.needs.times.leftMs);
    }, idleCheckMs);
  }
}

interface Generation {
  settings: ServerSettings;
  readonly pool: Pool;
}

const requestsDoneCheckMs = 20;
const idleCheckMs = 250;

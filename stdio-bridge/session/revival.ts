/** The next process of a session that has lost its own: leased, and told by us what the client once told the first. */

import { rawOf, type Envelope } from "../jsonrpc/envelope.js";
import type { Lease, LeaseOutcome, LeaseRefusal, Tenant } from "../pool/pool.js";
import type { TornMessage } from "../process/process-output.js";
import { describeExit, type ProcessExit } from "../process/process-exit.js";
import { revisionOf } from "./identity.js";
import type { Beginning } from "./session-ids.js";

export interface RevivalEvents {
  /** The process is where the one before was, but for what that remembered. `answer` is what it said to `initialize`. */
  readonly onRevived: (lease: Lease, answer: Buffer) => void;
  /** There is no process just now. */
  readonly onRefused: (why: LeaseRefusal, what: string) => void;
  /** This is not the server any more that the session was begun with. */
  readonly onOther: (what: string) => void;
}

export type LeaseProcess = (seat: (lease: Lease) => Tenant, stop: AbortSignal) => Promise<LeaseOutcome<Tenant>>;

export class Revival implements Tenant {
  readonly isJudge = true;
  private readonly leaseProcess: LeaseProcess;
  private readonly beginning: Beginning;
  /** Who hears all but the answer to `initialize`. */
  private readonly session: Tenant;
  private readonly events: RevivalEvents;
  private readonly gone = new AbortController();
  private lease: Lease | undefined;
  private timer: NodeJS.Timeout | undefined;
  private tries = 0;
  private isOver = false;

  constructor(leaseProcess: LeaseProcess, beginning: Beginning, session: Tenant, events: RevivalEvents) {
    this.leaseProcess = leaseProcess;
    this.beginning = beginning;
    this.session = session;
    this.events = events;
  }

  async start(): Promise<void> {
    this.tries += 1;
    const outcome = await this.leaseProcess((lease) => this.begin(lease), this.gone.signal);
    if (outcome.kind === "refused" && !this.isOver) {
      this.isOver = true;
      this.events.onRefused(outcome.why, outcome.what);
    }
  }

  /** The session is over: so is this. */
  stop(): void {
    if (this.isOver) return;
    this.finish();
    this.gone.abort();
    this.lease?.release();
  }

  receive(message: Buffer, envelope: Envelope): void {
    if (this.isOver || envelope.kind !== "response" || envelope.id === undefined || !rawOf(message, envelope.id).equals(INITIALIZE_ID)) return this.session.receive(message, envelope);
    const revision = envelope.outcome === "error" ? undefined : revisionOf(message);
    if (revision !== this.beginning.revision) {
      const what = revision === undefined ? "the server refuses now how it was begun" : `the server speaks ${revision} now, and the session ${this.beginning.revision}`;
      this.giveUp(() => this.events.onOther(what));
      return;
    }
    const { lease } = this;
    if (lease === undefined) return;
    this.finish();
    lease.worked();
    lease.send(INITIALIZED);
    this.events.onRevived(lease, message);
  }

  receiveTorn(torn: TornMessage): void {
    this.session.receiveTorn(torn);
  }

  processEnded(exit: ProcessExit): void {
    if (this.isOver) return this.session.processEnded(exit);
    clearTimeout(this.timer);
    this.lease = undefined;
    // What killed the process before may have killed its spares too, which is noticed one by one; nothing of the client's was run.
    if (this.tries < maxTries) return void this.start();
    this.finish();
    this.events.onRefused("cannot_start", `the server process ${describeExit(exit)} before it had answered initialize`);
  }

  private begin(lease: Lease): this {
    this.lease = lease;
    this.timer = setTimeout(() => this.giveUp(() => this.events.onRefused("cannot_start", `the server process did not answer initialize within ${initializeMs} ms`)), initializeMs);
    lease.send(Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":'), INITIALIZE_ID, Buffer.from(',"method":"initialize","params":'), this.beginning.params, Buffer.from("}")]));
    return this;
  }

  private giveUp(tell: () => void): void {
    this.finish();
    this.lease?.release();
    tell();
  }

  private finish(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }
}

const INITIALIZE_ID = Buffer.from('"mcp-mesh-initialize"');
const INITIALIZED = Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}');
const initializeMs = 60_000;
const maxTries = 3;

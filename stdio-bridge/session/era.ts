/** Which revisions the processes of a command speak: asked once of processes that serve nobody, and remembered by command. */

import { createHash } from "node:crypto";
import { readDiscovered, toDiscover, type Discovered } from "../jsonrpc/discover.js";
import type { Envelope } from "../jsonrpc/envelope.js";
import type { Lease, LeaseRefusal, Pool, Tenant } from "../pool/pool.js";
import type { ProcessCommand } from "../process/process-command.js";

/** No verdict, and nothing is remembered: no process could be asked. */
export interface NoVerdict { readonly kind: "refused"; readonly why: LeaseRefusal; readonly what: string }

/** Does it speak 2026-07-28? A `legacy` one does not. */
export type Era =
  | { readonly kind: "modern"; readonly discovered: Discovered }
  | { readonly kind: "legacy" };

/** Does it take `initialize`? */
export type Legacy = { readonly kind: "spoken" } | { readonly kind: "not_spoken" };

export interface EraTimes {
  /** Without an answer to `server/discover` for so long, the same process is asked `initialize` too: whichever it answers first counts. */
  readonly discoverMs: number;
  /** Without any answer for so long it is no verdict. */
  readonly answerMs: number;
}

export const eraTimes: EraTimes = { discoverMs: 5_000, answerMs: 60_000 };

/** Verdicts by command, those used last. One for all servers of a worker. */
export class EraMemory {
  private readonly limit: number;
  private readonly verdicts = new Map<string, Era | Legacy>();
  private readonly asking = new Map<string, Promise<Era | Legacy | NoVerdict>>();

  constructor(limit = 1_000) {
    this.limit = limit;
  }

  /** What is remembered, else what `ask` finds out: once for all who want to know at the same time. */
  async find<T extends Era | Legacy>(key: string, ask: () => Promise<T | NoVerdict>): Promise<T | NoVerdict> {
    const known = this.verdicts.get(key) as T | undefined; // A key is of one question.
    if (known !== undefined) {
      this.keep(key, known);
      return known;
    }
    const underway = this.asking.get(key) as Promise<T | NoVerdict> | undefined;
    if (underway !== undefined) return underway;
    const asked = ask().finally(() => this.asking.delete(key));
    this.asking.set(key, asked);
    const verdict = await asked;
    if (verdict.kind !== "refused") this.keep(key, verdict);
    return verdict;
  }

  known(key: string): Era | Legacy | undefined {
    return this.verdicts.get(key);
  }

  note(key: string, verdict: Era | Legacy): void {
    this.keep(key, verdict);
  }

  private keep(key: string, verdict: Era | Legacy): void {
    this.verdicts.delete(key);
    this.verdicts.set(key, verdict);
    const oldest = this.verdicts.keys().next();
    if (this.verdicts.size > this.limit && oldest.done !== true) this.verdicts.delete(oldest.value);
  }
}

/** The two questions to one command. A process that was asked serves nobody afterwards: some are bound to the revision that they heard first. */
export class EraProbe {
  private readonly pool: Pool;
  private readonly memory: EraMemory;
  private readonly times: EraTimes;
  private readonly key: string;

  constructor(command: ProcessCommand, pool: Pool, memory: EraMemory, times: EraTimes) {
    this.pool = pool;
    this.memory = memory;
    this.times = times;
    this.key = commandKey(command);
  }

  /** What is known without asking. */
  get knownEra(): Era | undefined {
    return this.memory.known(`era ${this.key}`) as Era | undefined; // As the key says.
  }

  /** It speaks 2026-07-28 and does not take `initialize`, as far as is known without asking. */
  get isKnownToBeModernOnly(): boolean {
    return this.knownEra?.kind === "modern" && this.memory.known(`legacy ${this.key}`)?.kind === "not_spoken";
  }

  /** It is known whether it takes `initialize`. */
  get isLegacyKnown(): boolean {
    return this.knownEra?.kind === "legacy" || this.memory.known(`legacy ${this.key}`) !== undefined;
  }

  /** What a client has found out about `initialize` need not be asked. */
  noteLegacy(legacy: Legacy): void {
    this.memory.note(`legacy ${this.key}`, legacy);
  }

  /** Resolves at once when it is remembered. `stop`: whoever asked is gone, though others may wait on. */
  eraOf(stop: AbortSignal): Promise<Era | NoVerdict> {
    return until(this.memory.find("era " + this.key, () => this.findEra()), stop);
  }

  /** To be asked of a command that is `modern`; of a `legacy` one it is known by that. */
  legacyOf(stop: AbortSignal): Promise<Legacy | NoVerdict> {
    return until(this.memory.find("legacy " + this.key, () => this.findLegacy()), stop);
  }

  /** A process that ends when it is asked may be one that cannot run at all: only one that takes `initialize` afterwards proves that it is an old one. */
  private async findEra(): Promise<Era | NoVerdict> {
    const found = await this.ask("discover");
    switch (found.kind) {
      case "refused": return found;
      case "discovered": return found.discovered === undefined ? { kind: "legacy" } : { kind: "modern", discovered: found.discovered };
      case "initialized": return { kind: "legacy" };
      case "ended": {
        const legacy = await this.findLegacy();
        if (legacy.kind === "refused") return legacy;
        return legacy.kind === "spoken" ? { kind: "legacy" } : { kind: "refused", why: "cannot_start", what: "its process ends when it is asked server/discover, and refuses initialize" };
      }
    }
  }

  private async findLegacy(): Promise<Legacy | NoVerdict> {
    const found = await this.ask("initialize");
    switch (found.kind) {
      case "refused": return found;
      case "ended": return { kind: "refused", why: "cannot_start", what: "its process ends when it is asked initialize" };
      case "discovered": return { kind: "not_spoken" };
      case "initialized": return { kind: found.isTaken ? "spoken" : "not_spoken" };
    }
  }

  private async ask(first: "discover" | "initialize"): Promise<Found | NoVerdict> {
    const outcome = await this.pool.lease((lease) => new ProbedProcess(lease, first, this.times), untilClosed);
    return outcome.kind === "refused" ? outcome : outcome.tenant.found;
  }
}

type Found =
  | { readonly kind: "discovered"; readonly discovered: Discovered | undefined }
  | { readonly kind: "initialized"; readonly isTaken: boolean }
  | { readonly kind: "ended" };

/** A process that is asked, and then let go. */
class ProbedProcess implements Tenant {
  readonly mayEnd: boolean;
  readonly found: Promise<Found | NoVerdict>;
  private readonly lease: Lease;
  private readonly timer: NodeJS.Timeout;
  private tell: (found: Found | NoVerdict) => void = () => undefined;
  private limit: NodeJS.Timeout | undefined;

  constructor(lease: Lease, first: "discover" | "initialize", times: EraTimes) {
    this.lease = lease;
    this.mayEnd = first === "discover";
    this.found = new Promise((resolve) => (this.tell = resolve));
    if (first === "discover") lease.send(toDiscover(DISCOVER_ID));
    else lease.send(INITIALIZE);
    // One that passes over what it does not know may still take this; one that only starts slowly answers the first of the two first.
    if (first === "discover") this.limit = setTimeout(() => lease.send(INITIALIZE), times.discoverMs);
    this.timer = setTimeout(() => this.end({ kind: "refused", why: "timed_out", what: `its process did not answer within ${times.answerMs} ms` }), times.answerMs);
  }

  receive(message: Buffer, envelope: Envelope): void {
    if (envelope.kind !== "response") return;
    const id = envelope.id === undefined ? "null" : message.toString("latin1", envelope.id.start, envelope.id.end);
    switch (id) {
      case INITIALIZE_ID: {
        const isTaken = envelope.outcome === "result";
        // Who refuses the second question may still be about to answer the first.
        if (isTaken || !this.mayEnd) this.end({ kind: "initialized", isTaken });
        return;
      }
      case DISCOVER_ID: return this.end({ kind: "discovered", discovered: readDiscovered(message, envelope) });
      // An error to what it could not read, and so not to what it knows.
      case "null": return this.end({ kind: "discovered", discovered: undefined });
      default:
    }
  }

  receiveTorn(): void {
    this.end({ kind: "discovered", discovered: undefined });
  }

  processEnded(): void {
    this.end({ kind: "ended" });
  }

  private end(found: Found | NoVerdict): void {
    clearTimeout(this.timer);
    clearTimeout(this.limit);
    this.lease.release();
    this.tell(found);
  }
}

const DISCOVER_ID = '"discover"', INITIALIZE_ID = '"initialize"';
const INITIALIZE = Buffer.from(
  `{"jsonrpc":"2.0","id":${INITIALIZE_ID},"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"mcp-mesh-stdio-bridge","version":"1"}}}`,
);

/** Equal for commands whose processes are alike. A hash: the environment holds secrets, which need not be kept for this. */
function commandKey({ argv, workingDir, env }: ProcessCommand): string {
  const sorted = Object.entries(env).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify([argv, workingDir ?? null, sorted])).digest("base64url");
}

function until<T>(answer: Promise<T | NoVerdict>, stop: AbortSignal): Promise<T | NoVerdict> {
  if (stop.aborted) return Promise.resolve(abandoned);
  return new Promise((resolve, reject) => {
    const onStop = (): void => resolve(abandoned);
    stop.addEventListener("abort", onStop);
    answer.then(resolve, reject).finally(() => stop.removeEventListener("abort", onStop));
  });
}

/** A pool that closes refuses by itself. */
const untilClosed = new AbortController().signal;
const abandoned: NoVerdict = { kind: "refused", why: "abandoned", what: "the client has gone" };

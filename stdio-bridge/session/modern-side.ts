/** The requests of 2026-07-28 to one command: each stands by itself, and goes to processes that all of them share. */

import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { rawOf, readEnvelope, type Span } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { textAt } from "../jsonrpc/member.js";
import { withId } from "../jsonrpc/message-id.js";
import type { Pool } from "../pool/pool.js";
import type { EraProbe } from "./era.js";
import { modernDialect } from "./modern-news.js";
import { PassedCall, type ModernAsk, type ModernCall } from "./passed-call.js";
import { openState, sealState, type RequestState, type StateKey } from "./request-state.js";
import { SharedHost, type SharedSettings } from "./shared-host.js";
import { sharedProcessTimes, type SharedProcess } from "./shared-process.js";

/** This worker, for those that get a state which it gave out. */
export interface WorkerPlace {
  /** Where other workers and the gateway reach it, as `host:port`; known once it listens. */
  readonly address: () => string;
  /** Of this life of the worker: not to be guessed, and never the same. */
  readonly life: string;
}

export interface ModernSideNeeds {
  readonly serverName: string;
  readonly pool: Pool;
  readonly era: EraProbe;
  readonly settings: SharedSettings;
  /** The first seals, all open. */
  readonly keys: () => readonly [StateKey, ...StateKey[]];
  readonly worker: WorkerPlace;
  readonly log: Logger;
}

export type Owner =
  | { readonly kind: "here" }
  /** The worker at this address gave out the state that the request brings. */
  | { readonly kind: "elsewhere"; readonly address: string };

export class ModernSide {
  private readonly needs: ModernSideNeeds;
  private settings: SharedSettings;
  private readonly calls = new Set<ModernCall>();
  /** Requests that wait to learn which revision the processes speak. */
  private wondering = 0;
  /** Processes of 2026-07-28; made when they are needed. */
  private host: SharedHost | undefined;
  private isClosed = false;

  constructor(needs: ModernSideNeeds) {
    this.needs = needs;
    this.settings = needs.settings;
  }

  /** Those that a client awaits, and that end by themselves. */
  get openRequests(): number {
    let open = this.wondering;
    for (const call of this.calls) if (!call.lasts) open++;
    return open;
  }

  get queueLength(): number {
    return this.host?.queueLength ?? 0;
  }

  /** Whoever gave out the state that a request brings has to get the request. */
  ownerOf({ message, claims }: Pick<ModernAsk, "message" | "claims">): Owner {
    const opened = this.open(message, claims.requestState);
    if (opened?.kind !== "opened" || opened.state.address === this.needs.worker.address()) return { kind: "here" };
    return { kind: "elsewhere", address: opened.state.address };
  }

  /** The answer goes to the caller of the request. What comes back is to be called when the client has gone before it. */
  ask(ask: ModernAsk): () => void {
    const gone = new AbortController();
    let call: ModernCall | undefined;
    void this.begin(ask, gone.signal).then((begun) => (call = begun));
    return () => {
      gone.abort();
      call?.abandon("the client has closed its stream");
    };
  }

  resize(settings: SharedSettings): void {
    this.settings = settings;
    this.host?.resize(withoutMin(settings));
  }

  /** Now and then: what no event tells of. `others`: hosts of the same pool. */
  sweep(others: readonly SharedHost[], waiting: number): void {
    const { host } = this;
    host?.sweep();
    if (waiting > 0) host?.yieldOne();
    if (this.queueLength > 0 || this.wondering > 0) for (const other of others) other.yieldOne();
  }

  /** No new requests; those that would last are ended. */
  close(): void {
    this.isClosed = true;
    for (const call of [...this.calls]) call.dismiss();
  }

  /** After `close`, in case that it was one too early. */
  reopen(): void {
    this.isClosed = false;
  }

  /** Another command is in force: what waits goes there, and each process goes when its requests are answered. */
  handOver(successor: ModernSide): void {
    for (const call of [...this.calls]) call.dismiss();
    if (this.host === undefined) return;
    // What waits was read for processes of 2026-07-28; should the new ones be older, it is refused rather than run in another way.
    this.host.handOver(successor.modernHost());
  }

  stop(): void {
    this.close();
    this.host?.stop();
  }

  private async begin(ask: ModernAsk, gone: AbortSignal): Promise<ModernCall | undefined> {
    if (this.isClosed) return this.refuse(ask, "the server is being stopped");
    const opened = this.open(ask.message, ask.claims.requestState);
    switch (opened?.kind) {
      case "broken": return this.reject(ask, errorCodes.invalidParams, "requestState is none that was given out here, or too old to be read");
      case "opened": return this.resume(ask, opened.state);
      default:
    }
    this.wondering++;
    const era = this.needs.era.knownEra ?? (await this.needs.era.eraOf(gone));
    this.wondering--;
    if (gone.aborted) return undefined;
    switch (era.kind) {
      case "refused": return this.refuse(ask, era.what);
      case "legacy": return this.reject(ask, errorCodes.unavailable, "the server speaks only older revisions: begin with initialize");
      case "modern": {
        const call = this.pass(ask);
        call.submit(this.modernHost());
        return call;
      }
    }
  }

  /** A request that brings what it was asked for: only who asked can go on with it. */
  private resume(ask: ModernAsk, { life, awaits }: RequestState): ModernCall | undefined {
    const process = awaits.kind === "process" && life === this.needs.worker.life ? this.host?.find(awaits.serial) : undefined;
    if (process === undefined || awaits.kind !== "process" || ask.claims.requestState === undefined) {
      return this.reject(ask, errorCodes.unavailable, "the server process that asked for this is gone, so the request was not run: begin it anew without requestState");
    }
    const message = withId(ask.message, ask.claims.requestState, awaits.state);
    const envelope = readEnvelope(message);
    if (envelope.kind !== "request") return undefined; // It was one, and still is.
    const call = this.pass({ ...ask, message, envelope });
    call.submitTo(process);
    return call;
  }

  private pass(ask: ModernAsk): PassedCall {
    const call = new PassedCall(ask, {
      seal: (process, state) => {
        process.hold(heldMs);
        return this.seal(process, state);
      },
      onEnd: (ended) => this.calls.delete(ended),
    });
    this.calls.add(call);
    return call;
  }

  private seal({ serial }: SharedProcess, state: Buffer): Buffer {
    const { keys, serverName, worker } = this.needs;
    return sealState({ address: worker.address(), life: worker.life, awaits: { kind: "process", serial, state } }, keys()[0], serverName, randomBytes(12));
  }

  private open(message: Buffer, span: Span | undefined): ReturnType<typeof openState> | undefined {
    const text = textAt(message, span);
    return text === undefined ? undefined : openState(text, this.needs.keys(), this.needs.serverName);
  }

  private modernHost(): SharedHost {
    this.host ??= new SharedHost(this.needs.pool, withoutMin(this.settings), sharedProcessTimes, this.needs.log, () => [], modernDialect);
    return this.host;
  }

  private refuse({ message, envelope, caller }: ModernAsk, what: string): undefined {
    caller.refuse(toErrorMessage(rawOf(message, envelope.id), { code: errorCodes.unavailable, message: `the request was not run: ${what}` }));
  }

  private reject({ message, envelope, caller }: ModernAsk, code: number, what: string): undefined {
    caller.answer(toErrorMessage(rawOf(message, envelope.id), { code, message: what }), "error");
  }
}

/** Those that are kept without need are kept for sessions, which most clients have. */
function withoutMin(settings: SharedSettings): SharedSettings {
  return { ...settings, min: 0 };
}

/** For so long a process that has asked for input is kept though it has nothing to do. */
const heldMs = 5 * 60_000;

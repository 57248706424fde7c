/** The requests of 2026-07-28 to one command: each stands by itself, and goes to processes that all of them share, as it is or translated. */

import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { toDiscoverAnswer } from "../jsonrpc/as-modern.js";
import { rawOf, readEnvelope, type Span } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import { textAt } from "../jsonrpc/member.js";
import { withId } from "../jsonrpc/message-id.js";
import type { Pool } from "../pool/pool.js";
import type { EraProbe } from "./era.js";
import { modernDialect } from "./modern-news.js";
import { PassedCall, type ModernAsk, type ModernCall } from "./passed-call.js";
import { openState, sealState, type Awaits, type RequestState, type StateKey } from "./request-state.js";
import { SharedHost, type SharedSettings } from "./shared-host.js";
import { sharedProcessTimes } from "./shared-process.js";
import type { Asker } from "./shared-request.js";
import { ToolHeaders } from "./tool-headers.js";
import { TranslatedCall } from "./translated-call.js";
import { TranslatedListening } from "./translated-listening.js";

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
  /** Where sessions share processes: those of older revisions are shared with them. */
  readonly sessionsHost: () => SharedHost | undefined;
  /** The first seals, all open. */
  readonly keys: () => readonly [StateKey, ...StateKey[]];
  readonly worker: WorkerPlace;
  readonly log: Logger;
}

export type Owner =
  | { readonly kind: "here" }
  /** The worker at this address gave out the state that the request brings. */
  | { readonly kind: "elsewhere"; readonly address: string };

/** An HTTP request, and what became of it. */
interface Line {
  readonly ask: ModernAsk;
  readonly gone: AbortController;
  call: ModernCall | undefined;
}

type AnyCall = PassedCall | TranslatedCall | TranslatedListening;

export class ModernSide {
  private readonly needs: ModernSideNeeds;
  private settings: SharedSettings;
  /** What is under way, and the HTTP request that last asked for it. */
  private readonly lines = new Map<AnyCall, Line>();
  /** Of the calls, those at processes of older revisions. */
  private readonly translated = new Set<TranslatedCall | TranslatedListening>();
  /** Requests that wait to learn what the processes are. */
  private wondering = 0;
  /** Processes of 2026-07-28, and older ones that no session uses; made when they are needed. */
  private modernHost: SharedHost | undefined;
  private elderHost: SharedHost | undefined;
  private readonly toolHeaders = new ToolHeaders((ask) => this.passOwn(ask));
  private isOnly = false;
  /** Of the command before, at which calls may still wait for their clients. */
  private previous: ModernSide | undefined;
  /** Of the command that is in force instead: for requests that learn of it only when they have waited here. */
  private successor: ModernSide | undefined;
  private isClosed = false;

  constructor(needs: ModernSideNeeds) {
    this.needs = needs;
    this.settings = needs.settings;
  }

  /** Those that a client awaits, and that end by themselves. */
  get openRequests(): number {
    let open = this.wondering;
    for (const call of this.lines.keys()) if (!call.lasts && !isKept(call)) open++;
    return open;
  }

  get queueLength(): number {
    return this.own().reduce((sum, host) => sum + host.queueLength, 0);
  }

  /** Who hears what processes of older revisions tell to all. */
  get askers(): Iterable<Asker> {
    return this.translated;
  }

  /** Whoever gave out the state that a request brings has to get the request. */
  ownerOf({ message, claims }: Pick<ModernAsk, "message" | "claims">): Owner {
    const opened = this.open(message, claims.requestState);
    if (opened?.kind !== "opened" || opened.state.address === this.needs.worker.address()) return { kind: "here" };
    return { kind: "elsewhere", address: opened.state.address };
  }

  /** The answer goes to the caller of the request. What comes back is to be called when the client has gone before it. */
  ask(ask: ModernAsk): () => void {
    const line: Line = { ask, gone: new AbortController(), call: undefined };
    void this.begin(line);
    return () => {
      line.gone.abort();
      line.call?.abandon("the client has closed its stream");
    };
  }

  resize(settings: SharedSettings): void {
    this.settings = settings;
    for (const host of this.own()) host.resize(this.hostSettings);
  }

  /** Now and then: what no event tells of. `waiting`: how many others wait for a process of the pool. */
  sweep(waiting: number): void {
    const shared = this.needs.sessionsHost();
    const hosts = shared === undefined ? this.own() : [...this.own(), shared];
    for (const host of this.own()) host.sweep();
    if (this.needs.pool.hasRoom) return;
    // Processes of one era are of no use to the other, nor to a session that wants one of its own, but take up their place.
    for (const host of hosts) {
      const isInTheWay = this.wondering > 0 || (host !== shared && waiting > 0) || hosts.some((other) => other !== host && other.queueLength > 0);
      if (isInTheWay) host.yieldOne();
    }
  }

  /** No new requests; those that would last are ended. */
  close(): void {
    this.isClosed = true;
    this.previous?.close();
    for (const call of [...this.lines.keys()]) call.dismiss();
  }

  /** After `close`, in case that it was one too early. */
  reopen(): void {
    this.isClosed = false;
  }

  /** Another command is in force: what waits begins anew there, and each process goes when its requests are answered. */
  handOver(successor: ModernSide): void {
    for (const [call, line] of [...this.lines]) {
      if (call.lasts) call.dismiss();
      else if (call.withdraw()) {
        this.end(call);
        void successor.begin(line);
      }
    }
    for (const host of this.own()) host.retireAll();
    this.previous = undefined;
    this.successor = successor;
    successor.previous = this;
  }

  stop(): void {
    this.close();
    for (const host of this.own()) host.stop();
  }

  private async begin(line: Line): Promise<void> {
    const { ask, gone } = line;
    if (this.isClosed) return refuse(ask, "the server is being stopped");
    if (this.lines.size + this.wondering >= maxOpen) return refuse(ask, `${maxOpen} requests are open already`);
    const opened = this.open(ask.message, ask.claims.requestState);
    switch (opened?.kind) {
      case "broken": return reject(ask, errorCodes.invalidParams, "requestState is none that was given out here, or too old to be read");
      case "opened":
        if (this.needs.era.knownEra?.kind === "modern" && (await this.contradictsItself(line))) return;
        return this.resume(line, opened.state);
      default:
    }
    const era = this.needs.era.knownEra ?? (await this.wonder(() => this.needs.era.eraOf(gone.signal)));
    if (gone.signal.aborted) return;
    if (this.successor !== undefined) return this.successor.begin(line);
    switch (era.kind) {
      case "refused": return refuse(ask, era.what);
      case "legacy": return this.translate(line);
      case "modern":
        if (!(await this.contradictsItself(line))) this.submit(line);
    }
  }

  private submit(line: Line): void {
    if (this.successor !== undefined) return void this.successor.begin(line);
    this.pass(line).submit(this.hostOfModern());
  }

  /** Arguments that its tool wants in headers too are other ones there. Also true of a request whose client has gone. */
  private async contradictsItself({ ask, gone }: Line): Promise<boolean> {
    if (ask.envelope.method !== "tools/call") return false;
    const fault = await this.wonder(() => this.toolHeaders.faultOf(ask));
    if (fault !== undefined) reject(ask, errorCodes.headerMismatch, fault);
    return fault !== undefined || gone.signal.aborted;
  }

  private passOwn(ask: ModernAsk): ModernCall {
    const call = this.pass({ ask, gone: new AbortController(), call: undefined });
    call.submit(this.hostOfModern());
    return call;
  }

  private async translate(line: Line): Promise<void> {
    const { ask, gone } = line;
    const { envelope: { method }, message, envelope, caller } = ask;
    const host = this.hostOfElder();
    // Tasks of older revisions are other ones.
    if (method.startsWith("tasks/")) return reject(ask, errorCodes.methodNotFound, `${method} does not exist at this server`);
    if (method !== "server/discover" && method !== "subscriptions/listen") {
      const call: TranslatedCall = new TranslatedCall(ask, {
        host, keptMs,
        seal: (callId) => this.seal({ kind: "call", callId }),
        kept: () => [...this.translated].filter(isKept).length,
        onEnd: () => this.end(call),
      });
      this.translated.add(call);
      this.start(line, call);
      return call.submit();
    }
    const known = host.initialized === undefined ? await this.wonder(() => host.known(gone.signal)) : undefined;
    if (gone.signal.aborted) return;
    const { initialized } = host;
    if (initialized === undefined) return refuse(ask, known?.kind === "refused" ? known.what : "the server is being stopped");
    if (method === "server/discover") return caller.answer(toDiscoverAnswer(rawOf(message, envelope.id), initialized), "result");
    const listening: TranslatedListening = new TranslatedListening(ask, { host, initialized, onEnd: () => this.end(listening) });
    this.translated.add(listening);
    this.start(line, listening);
    listening.begin();
  }

  /** A request that brings what it was asked for: only who asked can go on with it. */
  private resume(line: Line, state: RequestState): void {
    const { ask } = line;
    const { life, awaits } = state;
    const isOurs = life === this.needs.worker.life;
    if (isOurs && awaits.kind === "call") {
      for (const call of this.translated) {
        if (!(call instanceof TranslatedCall) || !call.isKept || call.id !== awaits.callId) continue;
        this.start(line, call);
        return call.resume(ask);
      }
    }
    const process = isOurs && awaits.kind === "process" ? this.modernHost?.find(awaits.serial) : undefined;
    if (process === undefined && this.previous !== undefined) return this.previous.resume(line, state);
    if (process === undefined || awaits.kind !== "process" || ask.claims.requestState === undefined) {
      return reject(ask, errorCodes.unavailable, "what asked for this is gone or was answered already, so the request was not run: begin it anew without requestState");
    }
    const message = withId(ask.message, ask.claims.requestState, awaits.state);
    const envelope = readEnvelope(message);
    // It was one, and still is.
    if (envelope.kind === "request") this.pass(line, { ...ask, message, envelope }).submitTo(process);
  }

  private pass(line: Line, ask = line.ask): PassedCall {
    const call: PassedCall = new PassedCall(ask, {
      seal: (process, state) => {
        process.hold(heldMs);
        return this.seal({ kind: "process", serial: process.serial, state });
      },
      onEnd: () => this.end(call),
    });
    this.start(line, call);
    return call;
  }

  private start(line: Line, call: AnyCall): void {
    line.call = call;
    this.lines.set(call, line);
  }

  private end(call: AnyCall): void {
    this.lines.delete(call);
    if (!(call instanceof PassedCall)) this.translated.delete(call);
  }

  private async wonder<T>(ask: () => Promise<T>): Promise<T> {
    this.wondering++;
    try {
      return await ask();
    } finally {
      this.wondering--;
    }
  }

  private seal(awaits: Awaits): Buffer {
    const { keys, serverName, worker } = this.needs;
    return sealState({ address: worker.address(), life: worker.life, awaits }, keys()[0], serverName, randomBytes(12));
  }

  private open(message: Buffer, span: Span | undefined): ReturnType<typeof openState> | undefined {
    const text = textAt(message, span);
    return text === undefined ? undefined : openState(text, this.needs.keys(), this.needs.serverName);
  }

  private own(): readonly SharedHost[] {
    return [this.modernHost, this.elderHost].filter((host) => host !== undefined);
  }

  /** There are no other processes than these. */
  becomeOnly(): void {
    this.isOnly = true;
    if (this.settings.min > 0) this.hostOfModern().resize(this.hostSettings);
  }

  /** For sessions that share processes of 2026-07-28 too. */
  get sharedHost(): SharedHost {
    return this.hostOfModern();
  }

  /** Those that are kept without need are kept for sessions, which most clients have. */
  private get hostSettings(): SharedSettings {
    return this.isOnly ? this.settings : { ...this.settings, min: 0 };
  }

  private hostOfModern(): SharedHost {
    this.modernHost ??= new SharedHost(this.needs.pool, this.hostSettings, sharedProcessTimes, this.needs.log, () => [], modernDialect);
    return this.modernHost;
  }

  private hostOfElder(): SharedHost {
    const shared = this.needs.sessionsHost();
    if (shared !== undefined) return shared;
    this.elderHost ??= new SharedHost(this.needs.pool, this.hostSettings, sharedProcessTimes, this.needs.log, () => this.askers);
    return this.elderHost;
  }
}

/** For so long a process that has asked for input is kept though it has nothing to do. */
const heldMs = 5 * 60_000;
/** For so long a call at an older process waits for its client. */
const keptMs = 5 * 60_000;
const maxOpen = 20_000;

function isKept(call: ModernCall): boolean {
  return call instanceof TranslatedCall && call.isKept;
}

function refuse({ message, envelope, caller }: ModernAsk, what: string): void {
  caller.refuse(toErrorMessage(rawOf(message, envelope.id), { code: errorCodes.unavailable, message: `the request was not run: ${what}` }));
}

function reject({ message, envelope, caller }: ModernAsk, code: number, what: string): void {
  caller.answer(toErrorMessage(rawOf(message, envelope.id), { code, message: what }), "error");
}

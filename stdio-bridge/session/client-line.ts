/** The way to one client beside the answers to its requests: over a stream of its own, else over an open request, else kept until there is one. */

import type { Listener } from "./client-session.js";
import { Outbox, type OutboxLimits } from "./outbox.js";
import type { Caller } from "./pending.js";

export class ClientLine {
  private readonly callers: () => Iterable<Caller>;
  private readonly outbox: Outbox;
  private listener: Listener | undefined;
  private lastUsedMs = performance.now();
  /** The client has closed its stream, and nothing came from it since. */
  private hasLeft = false;

  /** `callers`: of the requests that are open, the latest last. */
  constructor(limits: OutboxLimits, callers: () => Iterable<Caller>) {
    this.outbox = new Outbox(limits);
    this.callers = callers;
  }

  /** Neither a request nor a stream for so long. Of requests whose client has gone nobody awaits the answer. */
  idleMs(nowMs: number): number {
    return this.listener !== undefined || this.isAwaited ? 0 : nowMs - this.lastUsedMs;
  }

  /** For how long the client seems to be gone: most clients close their stream when they end, and few say more. */
  leftMs(nowMs: number): number {
    return this.hasLeft ? this.idleMs(nowMs) : 0;
  }

  /** The client has said something. */
  noteHeard(): void {
    this.lastUsedMs = performance.now();
    this.hasLeft = false;
  }

  /** The client was answered. */
  noteAnswered(): void {
    this.lastUsedMs = performance.now();
  }

  /** What was kept goes over the request that has come. */
  noteAsked(caller: Caller): void {
    if (caller.canStream) for (const kept of this.outbox.takeAll()) caller.stream(kept);
  }

  /** False when there is a stream already. */
  listen(listener: Listener): boolean {
    if (this.listener !== undefined) return false;
    this.listener = listener;
    this.noteHeard();
    for (const kept of this.outbox.takeAll()) listener.send(kept);
    return true;
  }

  /** The client has closed its stream. */
  unlisten(listener: Listener): void {
    if (this.listener !== listener) return;
    this.listener = undefined;
    this.noteHeard();
    this.hasLeft = true;
  }

  /** Absent, or why the message cannot be given. */
  give(message: Buffer): string | undefined {
    if (this.listener !== undefined) {
      this.listener.send(message);
      return undefined;
    }
    let latest: Caller | undefined;
    for (const caller of this.callers()) if (caller.isOpen && caller.canStream) latest = caller;
    if (latest !== undefined) {
      latest.stream(message);
      return undefined;
    }
    if (this.isAwaited) return "the client accepts no stream over which it could be told";
    return this.outbox.keep(message) ? undefined : "the client has no stream open, and too much waits for it already";
  }

  close(): void {
    this.listener?.close();
    this.listener = undefined;
  }

  private get isAwaited(): boolean {
    for (const caller of this.callers()) if (caller.isOpen) return true;
    return false;
  }
}

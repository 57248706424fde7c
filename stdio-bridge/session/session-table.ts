/** The live sessions of one server. */

import type { ClientSession } from "./client-session.js";

/** "Fix your request" and "start anew" are different answers. */
export type FoundSession =
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" }
  | { readonly kind: "live"; readonly session: ClientSession };

export class SessionTable {
  private readonly sessions = new Map<string, ClientSession>();

  get size(): number {
    return this.sessions.size;
  }

  get openRequests(): number {
    let sum = 0;
    for (const session of this.sessions.values()) sum += session.openRequests;
    return sum;
  }

  add(session: ClientSession): void {
    this.sessions.set(session.id, session);
  }

  remove(session: ClientSession): void {
    this.sessions.delete(session.id);
  }

  find(id: string | undefined): FoundSession {
    if (id === undefined) return { kind: "absent" };
    const session = this.sessions.get(id);
    return session === undefined ? { kind: "unknown" } : { kind: "live", session };
  }

  endIdle(nowMs: number, idleTimeoutMs: number): void {
    for (const session of [...this.sessions.values()]) {
      if (session.idleMs(nowMs) >= idleTimeoutMs) session.end(`it was idle for ${idleTimeoutMs} ms`);
    }
  }

  /** Ends up to `count` sessions whose clients seem to be gone for so long, those first that are gone for longest. */
  endLeft(count: number, nowMs: number, leftMs: number): void {
    const left = [...this.sessions.values()].filter((session) => session.leftMs(nowMs) >= leftMs);
    left.sort((a, b) => b.leftMs(nowMs) - a.leftMs(nowMs));
    for (const session of left.slice(0, count)) session.end("its client has closed its stream, and others wait for a process");
  }

  endAll(why: string): void {
    for (const session of [...this.sessions.values()]) session.end(why);
  }
}

/** The live sessions of one server. */

import type { ClientSession } from "./client-session.js";

/** "Fix your request" and "start anew" are different answers. */
export type FoundSession =
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" }
  /** It could go on here, but there is no room for it now. */
  | { readonly kind: "no_room"; readonly what: string }
  | { readonly kind: "live"; readonly session: ClientSession };

export class SessionTable {
  /** With their ids; one that nobody has asked for an id has none yet. */
  private readonly sessions = new Map<ClientSession, string | undefined>();
  private readonly byId = new Map<string, ClientSession>();

  get size(): number {
    return this.sessions.size;
  }

  get openRequests(): number {
    let sum = 0;
    for (const session of this.sessions.keys()) sum += session.openRequests;
    return sum;
  }

  add(session: ClientSession): void {
    if (!this.sessions.has(session)) this.sessions.set(session, undefined);
  }

  /** From now on it can be found. */
  name(session: ClientSession, id: string): void {
    this.sessions.set(session, id);
    this.byId.set(id, session);
  }

  remove(session: ClientSession): void {
    const id = this.sessions.get(session);
    this.sessions.delete(session);
    if (id !== undefined) this.byId.delete(id);
  }

  find(id: string | undefined): FoundSession {
    if (id === undefined) return { kind: "absent" };
    const session = this.byId.get(id);
    return session === undefined ? { kind: "unknown" } : { kind: "live", session };
  }

  forgetIdle(nowMs: number, idleTimeoutMs: number): void {
    for (const session of [...this.sessions.keys()]) {
      if (session.idleMs(nowMs) >= idleTimeoutMs) session.forget(`it was idle for ${idleTimeoutMs} ms`);
    }
  }

  /** Forgets up to `count` sessions whose clients seem to be gone for so long, those first that are gone for longest. */
  forgetLeft(count: number, nowMs: number, leftMs: number): void {
    const left = [...this.sessions.keys()].filter((session) => session.leftMs(nowMs) >= leftMs);
    left.sort((a, b) => b.leftMs(nowMs) - a.leftMs(nowMs));
    for (const session of left.slice(0, count)) session.forget("its client has closed its stream, and others wait for a process");
  }

  forgetAll(why: string): void {
    for (const session of [...this.sessions.keys()]) session.forget(why);
  }
}

/** The ids of one server's sessions: made and opened with the keys in force, and refused where their session has ended for good. */

import { randomBytes } from "node:crypto";
import { openId, sealId, type SealedSession, type SessionKey } from "./sealed-id.js";

export interface SessionIdSettings {
  /** The first seals, all open. At least one. */
  readonly keys: readonly [SessionKey, ...SessionKey[]];
  /** A lost session ends, and its id opens nothing. */
  readonly endOnLoss: boolean;
  /** An id that is older brings no session back. */
  readonly maxAgeMs: number;
}

/** What it takes to begin a session again. */
export interface Beginning {
  /** The bytes of the client's `initialize` params. */
  readonly params: Buffer;
  /** The protocol revision that was agreed on. */
  readonly revision: string;
}

export type OpenedId =
  | { readonly kind: "opened"; readonly uid: Buffer; readonly beginning: Beginning }
  | { readonly kind: "refused"; readonly why: string };

export class SessionIds {
  private readonly serverName: string;
  private settings: SessionIdSettings;
  /** Those of sessions that their clients have ended. Bounded: the oldest is forgotten. */
  private readonly ended = new Set<string>();

  constructor(serverName: string, settings: SessionIdSettings) {
    this.serverName = serverName;
    this.settings = settings;
  }

  /** Also of what else has to be sealed for the server. */
  get keys(): readonly [SessionKey, ...SessionKey[]] {
    return this.settings.keys;
  }

  get endOnLoss(): boolean {
    return this.settings.endOnLoss;
  }

  update(settings: SessionIdSettings): void {
    this.settings = settings;
  }

  /** `isWhole`: the session can be begun again by it. */
  seal(uid: Buffer, beginning: Beginning | undefined): { readonly id: string; readonly isWhole: boolean } {
    const [key] = this.settings.keys;
    const session: SealedSession = { uid, issuedAtMs: Date.now(), revision: beginning?.revision ?? "", params: beginning?.params };
    const { id, hasParams } = sealId(session, key, this.serverName, randomBytes(12));
    return { id, isWhole: hasParams };
  }

  open(id: string): OpenedId {
    const sealed = openId(id, this.settings.keys, this.serverName);
    if (sealed === undefined) return refused("it was not made here, or with a key that is no longer in force");
    const { uid, issuedAtMs, revision, params } = sealed;
    if (this.settings.endOnLoss) return refused("sessions of this server end when they are lost");
    if (this.ended.has(uid.toString("latin1"))) return refused("it has ended");
    if (params === undefined || revision === "") return refused("it does not say how it was begun");
    // A clock that is a little behind the one that sealed it is no reason to refuse.
    if (Date.now() - issuedAtMs > this.settings.maxAgeMs) return refused(`it was begun more than ${this.settings.maxAgeMs} ms ago`);
    return { kind: "opened", uid, beginning: { params, revision } };
  }

  noteEnded(uid: Buffer): void {
    const [oldest] = this.ended;
    if (this.ended.size >= maxEnded && oldest !== undefined) this.ended.delete(oldest);
    this.ended.add(uid.toString("latin1"));
  }
}

const maxEnded = 10_000;

function refused(why: string): OpenedId {
  return { kind: "refused", why };
}

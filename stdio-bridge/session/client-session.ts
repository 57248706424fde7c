/** What the front may ask of a session, whether it has a process of its own or shares some with others. */

import type { NotificationEnvelope, RequestEnvelope, ResponseEnvelope } from "../jsonrpc/envelope.js";
import type { Caller } from "./pending.js";

/** A stream to the client that belongs to no request. */
export interface Listener {
  readonly send: (message: Buffer) => void;
  readonly close: () => void;
}

export type AskOutcome = "sent" | "duplicate_id" | "too_many_requests" | "not_reading" | "ended";
export type TellOutcome = "sent" | "not_reading" | "ended";

export interface ClientSession {
  readonly id: string;
  readonly openRequests: number;
  /** It was brought back by its id: what its streams have sent before is not known here. */
  readonly isRebuilt: boolean;
  /** Neither a request nor a stream for so long. */
  idleMs(nowMs: number): number;
  /** For how long the client seems to be gone. */
  leftMs(nowMs: number): number;
  ask(message: Buffer, envelope: RequestEnvelope, caller: Caller): AskOutcome;
  tell(message: Buffer, envelope: NotificationEnvelope | ResponseEnvelope): TellOutcome;
  listen(listener: Listener): boolean;
  unlisten(listener: Listener): void;
  slow(): void;
  flowing(): void;
  /** For good. */
  end(why: string): void;
  /** Gives back all that it holds here; its id may bring it back. */
  forget(why: string): void;
}

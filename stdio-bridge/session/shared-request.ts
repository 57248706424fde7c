/** A client's request on its way to a process that others use too, and back. */

import type { NotificationEnvelope, RequestEnvelope } from "../jsonrpc/envelope.js";
import type { SendOutcome } from "../process/mcp-process.js";
import type { Caller } from "./pending.js";

/** Whose request it is. */
export interface Asker {
  /** The answer has come, with the id as the client wrote it. */
  readonly answered: (request: SharedRequest, message: Buffer, outcome: "result" | "error") => void;
  /** There will be no answer: it may have been run, or not. */
  readonly failed: (request: SharedRequest, what: string) => void;
  /** It was not run. */
  readonly refused: (request: SharedRequest, what: string) => void;
  /** The process asks; absent, or why the client cannot be asked. */
  readonly askedBy: (process: AskedProcess, message: Buffer, envelope: RequestEnvelope) => string | undefined;
  /** The process withdraws what it asked; false where it has not asked here. */
  readonly cancelledBy: (process: AskedProcess, message: Buffer, envelope: NotificationEnvelope) => boolean;
  /** The process is gone, and needs no answers. */
  readonly lost: (process: AskedProcess) => void;
  /** A message that belongs to no request; absent, or why it cannot be given. */
  readonly give: (message: Buffer) => string | undefined;
  /** The process takes leave of a request that would last. It is told so, and there will be no answer. */
  readonly dismissed?: (request: SharedRequest) => void;
}

/** The process that was asked, as far as those who ask it know it. */
export interface AskedProcess {
  readonly isServing: boolean;
  /** The client's bytes, but for the id and the progress token. */
  ask(request: SharedRequest): SendOutcome;
  /** A notification, or an answer, that is already in the process' words. */
  tell(message: Buffer): SendOutcome;
  /** A request that no client awaits: `"method","params":{…}`. */
  askItself(methodAndParams: string): void;
  /** The client has cancelled it, so that no answer is to come. */
  forget(number: number): void;
  /** A request waits for what its client was asked (1), or does no longer (-1). */
  keep(change: 1 | -1): void;
  /** Nobody awaits the answer any more: the process is told so. */
  cancel(number: number, reason: string): void;
  /** It is needed for more than its open requests, and is not given back before `letGo`. */
  retain(): void;
  letGo(): void;
}

export interface SharedRequest {
  readonly asker: Asker;
  /** As `idKey` makes it: unique among the open ones of its session. */
  readonly key: string;
  /** The bytes as the client wrote them. */
  readonly id: Buffer;
  readonly token: Buffer | undefined;
  readonly message: Buffer;
  readonly envelope: RequestEnvelope;
  readonly caller: Caller;
  /** Of a subscription: the URI's bytes. */
  readonly uri: Buffer | undefined;
  /** The client wants to hear what the process logs meanwhile, from this level on. */
  readonly logs?: string | undefined;
  /** It stays open for as long as the client likes, and keeps the process from nothing. */
  readonly lasts?: boolean;
  /** Of one that lasts, for what the process tells by it. */
  readonly listening?: Listening;
  place: Place;
}

export interface Listening {
  /** What comes by it, from its acknowledgement on. */
  readonly hear: (message: Buffer, envelope: NotificationEnvelope) => void;
  /** The process is not given back while it is open. */
  readonly holdsProcess: boolean;
}

export type Place =
  /** `sinceMs`: it is in the queue, since then. */
  | { readonly kind: "waiting"; readonly timer: NodeJS.Timeout | undefined; readonly sinceMs?: number }
  /** `number` is its id, and its progress token, towards the process. */
  | { readonly kind: "sent"; readonly process: AskedProcess; readonly number: number }
  | { readonly kind: "done" };

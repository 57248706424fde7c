/** Which answer belongs to which question: the requests of one client that are still open. */

import { PassingMap } from "./passing-map.js";

export type RefusalReason = "no_room" | "session_ended";

/** Whoever asked, and waits. */
export interface Caller {
  /** The client is still there to hear the answer. */
  readonly isOpen: boolean;
  /** Messages can be sent to the client ahead of the answer. */
  readonly canStream: boolean;
  /** A message ahead of the answer. */
  readonly stream: (message: Buffer) => void;
  /** The answer, and the end. */
  readonly answer: (message: Buffer, outcome: "result" | "error") => void;
  /** The end too: the request was not run for lack of room, and may be tried again, or its session has ended. */
  readonly refuse: (message: Buffer, why?: RefusalReason) => void;
}

export interface PendingRequest {
  /** As `idKey` makes it. */
  readonly key: string;
  /** The bytes as the client wrote them. */
  readonly id: Buffer;
  readonly method: string;
  /** As `idKey` makes it, where the client wants to hear of progress. */
  readonly tokenKey: string | undefined;
  /** Of a request that another process will have to be told too. */
  readonly replayed: Buffer | undefined;
  readonly caller: Caller;
}

export class PendingRequests {
  private readonly byKey = new PassingMap<string, PendingRequest>();
  private readonly byToken = new PassingMap<string, PendingRequest>();

  get size(): number {
    return this.byKey.size;
  }

  has(key: string): boolean {
    return this.byKey.has(key);
  }

  get(key: string): PendingRequest | undefined {
    return this.byKey.get(key);
  }

  add(request: PendingRequest): void {
    this.byKey.set(request.key, request);
    if (request.tokenKey !== undefined) this.byToken.set(request.tokenKey, request);
  }

  take(key: string): PendingRequest | undefined {
    const request = this.byKey.get(key);
    if (request === undefined) return undefined;
    this.byKey.delete(key);
    if (request.tokenKey !== undefined && this.byToken.get(request.tokenKey) === request) this.byToken.delete(request.tokenKey);
    return request;
  }

  /** Takes those that the condition holds for. */
  takeWhere(isIt: (request: PendingRequest) => boolean): readonly PendingRequest[] {
    const taken = [...this.byKey.values()].filter(isIt);
    for (const { key } of taken) this.take(key);
    return taken;
  }

  withToken(tokenKey: string): PendingRequest | undefined {
    return this.byToken.get(tokenKey);
  }

  /** Who waits for an answer, the latest last. */
  *callers(): Iterable<Caller> {
    for (const { caller } of this.byKey.values()) yield caller;
  }
}

/** Requests of a session's process that its client has not answered yet, and the ids under which the client knows them. */

import { randomBytes } from "node:crypto";
import { rawOf, type Span } from "../jsonrpc/envelope.js";
import { idKey, withId } from "../jsonrpc/message-id.js";

export class ServerRequests {
  /** The ids' bytes as the process wrote them, by those that the client has. */
  private readonly byKey = new Map<string, Buffer>();
  /**
   * The client knows the first process's requests by that process's own ids. The next process begins to count anew, while
   * answers to the one before may still be on their way: so from then on the ids are ours.
   */
  private prefix: string | undefined;
  private lastNumber = 0;

  /** `isRebuilt`: the session's process before was another worker's. */
  constructor(isRebuilt: boolean) {
    if (isRebuilt) this.lose();
  }

  get size(): number {
    return this.byKey.size;
  }

  add(message: Buffer, id: Span): { readonly key: string; readonly translated: Buffer } {
    const theirs = rawOf(message, id);
    const ours = this.prefix === undefined ? theirs : Buffer.from(`"${this.prefix}-${++this.lastNumber}"`);
    const key = idKey(ours);
    // A copy: the message lies in a buffer that is used again.
    this.byKey.set(key, Buffer.from(theirs));
    return { key, translated: withId(message, id, ours) };
  }

  get(key: string): Buffer | undefined {
    return this.byKey.get(key);
  }

  take(key: string): void {
    this.byKey.delete(key);
  }

  /** The process takes one back: the message that says so, as the client understands it. */
  cancel(message: Buffer, requestId: Span): Buffer {
    const wanted = idKey(rawOf(message, requestId));
    for (const [key, id] of this.byKey) {
      if (idKey(id) !== wanted) continue;
      this.byKey.delete(key);
      return this.prefix === undefined ? message : withId(message, requestId, Buffer.from(key, "latin1"));
    }
    return message;
  }

  /** The process is gone, and its requests with it. */
  lose(): void {
    this.byKey.clear();
    this.prefix = `mcp-mesh-${randomBytes(4).toString("hex")}`;
  }
}

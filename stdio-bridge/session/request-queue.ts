/** Requests that wait for a process with room: sessions take turns, nobody waits for ever, and who brings most is refused first. */

import type { Tally } from "../process/tally.js";
import { FairQueue } from "./fair-queue.js";
import type { Asker, SharedRequest } from "./shared-request.js";

export class RequestQueue {
  private readonly tally: Tally;
  private readonly queue = new FairQueue<Asker, SharedRequest>();

  constructor(tally: Tally) {
    this.tally = tally;
  }

  get size(): number {
    return this.queue.size;
  }

  /** What is refused by it, and is none of the queue any more; absent: nothing. `onLate`: the request has waited for too long, and is taken out. */
  push(request: SharedRequest, room: number, timeoutMs: number, onLate: () => void): SharedRequest | undefined {
    const isFull = this.queue.size >= room;
    const greedy = isFull ? this.queue.takeFromGreedier(request.asker) : undefined;
    if (isFull && greedy === undefined) return request;
    if (greedy !== undefined) this.noteOut(greedy);
    const timer = setTimeout(() => {
      if (this.withdraw(request)) onLate();
    }, timeoutMs);
    request.place = { kind: "waiting", timer, sinceMs: performance.now() };
    this.tally.add("requests_queued");
    this.queue.push(request.asker, request);
    return greedy;
  }

  /** Of the session whose turn it is. */
  shift(): SharedRequest | undefined {
    const request = this.queue.shift();
    if (request !== undefined) this.noteOut(request);
    return request;
  }

  /** True when it was still waiting. */
  withdraw(request: SharedRequest): boolean {
    if (request.place.kind !== "waiting") return false;
    this.noteOut(request);
    return this.queue.remove(request.asker, request);
  }

  takeAll(): readonly SharedRequest[] {
    const all = this.queue.takeAll();
    for (const request of all) this.noteOut(request);
    return all;
  }

  private noteOut({ place }: SharedRequest): void {
    if (place.kind !== "waiting") return;
    clearTimeout(place.timer);
    if (place.sinceMs !== undefined) this.tally.add("request_wait_ms", performance.now() - place.sinceMs);
  }
}

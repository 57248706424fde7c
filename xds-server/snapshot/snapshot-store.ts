/** Holds the current snapshot and tells whoever listens of the next. */

import type { Snapshot } from "./snapshot.js";

export class SnapshotStore {
  #current: Snapshot | undefined;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();

  /** Undefined until the first is published. */
  get current(): Snapshot | undefined {
    return this.#current;
  }

  publish(snapshot: Snapshot): void {
    this.#current = snapshot;
    // A copy: a listener may end its own subscription, or another's.
    for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener(snapshot);
  }

  /** `listener` is called for every snapshot published from now on, until the returned function is called. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    const own = (snapshot: Snapshot): void => listener(snapshot);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }
}

/** Holds requests back until it is known what there is to serve: a "not here" that is said too early ends sessions that could go on. */

export interface GateLimits {
  /** The longest that a request is held. */
  readonly holdMs: number;
  /** More are given up at once. */
  readonly maxHeld: number;
}

/** A bridge that comes back at its old address is asked before the xds-server has told it anything. */
export const gateLimits: GateLimits = { holdMs: 10_000, maxHeld: 1_000 };

interface Held { readonly pass: () => void; readonly giveUp: () => void; readonly timer: NodeJS.Timeout }

export class Gate {
  private readonly limits: GateLimits;
  private readonly held = new Set<Held>();
  private isOpen = false;

  constructor(limits: GateLimits) {
    this.limits = limits;
  }

  /** Calls one of the two: `pass` at once when it is open, or as soon as it is. */
  wait(pass: () => void, giveUp: () => void): void {
    if (this.isOpen) return pass();
    if (this.held.size >= this.limits.maxHeld) return giveUp();
    const timer = setTimeout(() => {
      this.held.delete(held);
      giveUp();
    }, this.limits.holdMs);
    const held: Held = { pass, giveUp, timer };
    this.held.add(held);
  }

  /** For good. */
  open(): void {
    this.isOpen = true;
    for (const { pass } of this.empty()) pass();
  }

  /** Nobody waits any longer. */
  stop(): void {
    for (const { giveUp } of this.empty()) giveUp();
  }

  private empty(): readonly Held[] {
    const all = [...this.held];
    this.held.clear();
    for (const { timer } of all) clearTimeout(timer);
    return all;
  }
}

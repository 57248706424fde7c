/** Those who wait for something to become free, in the order in which they came, each for no longer than it likes. */

/** Why somebody left without what it waited for. */
export type LeftWith = "timed_out" | "abandoned" | "closed" | "cannot_start";

export interface Waiter<Free> {
  readonly take: (free: Free) => void;
  readonly refuse: (why: LeftWith, what: string) => void;
}

export interface Patience {
  readonly limitMs: number;
  /** What is said when that is over. */
  readonly tooLate: string;
  /** Whoever waits is gone. */
  readonly stop: AbortSignal;
}

interface Place<Free> extends Waiter<Free> { readonly leave: () => void }

export class WaitingLine<Free> {
  private readonly places = new Set<Place<Free>>();

  get length(): number {
    return this.places.size;
  }

  join({ take, refuse }: Waiter<Free>, { limitMs, tooLate, stop }: Patience): void {
    const onStop = (): void => {
      place.leave();
      refuse("abandoned", "the client has gone");
    };
    const timer = setTimeout(() => {
      place.leave();
      refuse("timed_out", tooLate);
    }, limitMs);
    const place = {
      take, refuse,
      leave: () => {
        clearTimeout(timer);
        stop.removeEventListener("abort", onStop);
        this.places.delete(place);
      },
    };
    stop.addEventListener("abort", onStop);
    this.places.add(place);
  }

  /** To the one who came first; false where nobody waits. */
  serve(free: Free): boolean {
    for (const place of this.places) {
      place.leave();
      place.take(free);
      return true;
    }
    return false;
  }

  refuseAll(why: LeftWith, what: string): void {
    for (const place of [...this.places]) {
      place.leave();
      place.refuse(why, what);
    }
  }
}

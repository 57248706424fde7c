/** One timer for all open answers and streams: what was silent for too long gets a sign of life, so that nobody on the way cuts it. */

export interface Beating {
  /** When something was last sent, or when it began. */
  readonly lastSentMs: number;
  readonly beat: () => void;
  /** Ours, while it is added. */
  place?: Place | undefined;
}

/** Emptied when what is in it goes: a Set would remember it for a while (see PassingMap). */
interface Place { beating: Beating | undefined }

export class KeepAlive {
  private readonly places = new Set<Place>();
  private readonly timer: NodeJS.Timeout;

  constructor(silenceMs: number) {
    this.timer = setInterval(() => this.beat(performance.now() - silenceMs), silenceMs / 5);
    this.timer.unref();
  }

  get size(): number {
    return this.places.size;
  }

  add(beating: Beating): void {
    beating.place = { beating };
    this.places.add(beating.place);
  }

  remove(beating: Beating): void {
    const { place } = beating;
    if (place === undefined) return;
    this.places.delete(place);
    place.beating = beating.place = undefined;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(silentSinceMs: number): void {
    for (const { beating } of [...this.places]) if (beating !== undefined && beating.lastSentMs <= silentSinceMs) beating.beat();
  }
}

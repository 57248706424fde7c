/** One timer for all open answers and streams: what was silent for too long gets a sign of life, so that nobody on the way cuts it. */

export interface Beating {
  /** When something was last sent, or when it began. */
  readonly lastSentMs: number;
  readonly beat: () => void;
}

export class KeepAlive {
  private readonly beating = new Set<Beating>();
  private readonly timer: NodeJS.Timeout;

  constructor(silenceMs: number) {
    this.timer = setInterval(() => this.beat(performance.now() - silenceMs), silenceMs / 5);
    this.timer.unref();
  }

  add(beating: Beating): void {
    this.beating.add(beating);
  }

  remove(beating: Beating): void {
    this.beating.delete(beating);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(silentSinceMs: number): void {
    for (const beating of [...this.beating]) if (beating.lastSentMs <= silentSinceMs) beating.beat();
  }
}

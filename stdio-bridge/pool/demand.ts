/** How many sessions may begin while a process starts: so many spares keep the next one from waiting (pure: time comes in). */

export interface DemandLimits {
  /** What was longer ago than this counts little. */
  readonly memoryMs: number;
  /** How long a start takes, until it was seen how long. */
  readonly firstStartMs: number;
  readonly maxStartMs: number;
}

export const demandLimits: DemandLimits = { memoryMs: 5_000, firstStartMs: 500, maxStartMs: 10_000 };

export class Demand {
  private readonly limits: DemandLimits;
  /** Arrivals, each worth less the longer ago it was. */
  private recent = 0;
  private lastMs = 0;
  private startMs: number;

  constructor(limits: DemandLimits) {
    this.limits = limits;
    this.startMs = limits.firstStartMs;
  }

  noteArrival(nowMs: number): void {
    this.recent = this.recentAt(nowMs) + 1;
    this.lastMs = nowMs;
  }

  /** From its start to its first message, of one that was asked at once. */
  noteStart(tookMs: number): void {
    this.startMs += (Math.min(tookMs, this.limits.maxStartMs) - this.startMs) * weightOfLast;
  }

  expected(nowMs: number): number {
    return (this.recentAt(nowMs) / this.limits.memoryMs) * this.startMs;
  }

  private recentAt(nowMs: number): number {
    return this.recent * Math.exp((this.lastMs - nowMs) / this.limits.memoryMs);
  }
}

const weightOfLast = 0.3;

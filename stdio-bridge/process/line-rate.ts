/** How many lines of one process may go to the log: a burst, then so many a second. */

export interface LineRateLimits { readonly burst: number; readonly perSecond: number }

export class LineRate {
  private readonly limits: LineRateLimits;
  private left: number;
  private lastMs: number;
  private suppressed = 0;

  constructor(limits: LineRateLimits, nowMs: number) {
    this.limits = limits;
    this.left = limits.burst;
    this.lastMs = nowMs;
  }

  /** Absent: this line is not to be logged. Else how many were left out since the last one that was. */
  take(nowMs: number): { readonly suppressed: number } | undefined {
    this.left = Math.min(this.limits.burst, this.left + ((nowMs - this.lastMs) / 1000) * this.limits.perSecond);
    this.lastMs = nowMs;
    if (this.left < 1) {
      this.suppressed++;
      return undefined;
    }
    this.left--;
    const { suppressed } = this;
    this.suppressed = 0;
    return { suppressed };
  }
}

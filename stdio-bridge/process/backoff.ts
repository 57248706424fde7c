/** How long to wait before the next attempt, longer after each failure. */

export interface BackoffLimits { readonly firstMs: number; readonly maxMs: number }

/**
 * `failures` in a row, 1 and up. `random` in 0..1 spreads the attempts of many over half to whole of the time,
 * so that they do not all come at once.
 */
export function backoffMs(failures: number, limits: BackoffLimits, random: number): number {
  const full = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (0.5 + random / 2));
}

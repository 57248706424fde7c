/** What a pool should do next: (the pool as it is, now) → what to start and stop, and when to ask again. */

export interface PoolLimits {
  /** Spares kept warm, as long as `max` allows. */
  readonly min: number;
  /** Processes at the most, whatever they are doing. */
  readonly max: number;
}

export interface PoolView {
  /** Running, and waiting for a session. */
  readonly spares: number;
  readonly starting: number;
  readonly leased: number;
  /** On their way out; they still take up memory. */
  readonly stopping: number;
  /** Sessions that wait for a process. */
  readonly waiting: number;
  /** Sessions that may begin while a process starts, by how fast they came of late. */
  readonly expected: number;
  /** Starts that failed in a row. */
  readonly failures: number;
  /** Not before this, after a failure. */
  readonly nextStartMs: number;
}

export interface PoolPlan {
  readonly start: number;
  /** Spares to stop. */
  readonly stop: number;
  /** When to ask again though nothing has changed. */
  readonly wakeMs: number | undefined;
}

export function planPool(pool: PoolView, limits: PoolLimits, nowMs: number): PoolPlan {
  const wanted = wantedSpares(pool, limits) - pool.spares - pool.starting;
  const room = limits.max - pool.spares - pool.starting - pool.leased - pool.stopping;
  const missing = Math.max(0, Math.min(wanted, room));
  // While starts fail, one at a time is enough to learn whether they still do; a running spare is being watched for it.
  const start = pool.failures === 0 ? missing : Math.min(missing, Math.max(0, 1 - pool.starting - pool.spares));
  const stop = Math.min(pool.spares, Math.max(0, -wanted));
  if (start > 0 && nowMs < pool.nextStartMs) return { start: 0, stop, wakeMs: pool.nextStartMs };
  // What is expected becomes less by time alone.
  const isBeyondMin = pool.spares + pool.starting > limits.min && pool.expected > 0 && stop === 0;
  return { start, stop, wakeMs: isBeyondMin ? nowMs + calmMs : undefined };
}

/** A pool whose starts fail tries on even if nobody waits: only so does it learn that it works again. */
function wantedSpares(pool: PoolView, limits: PoolLimits): number {
  // Who wants none to be kept warm wants none in advance either.
  const inAdvance = limits.min === 0 || pool.failures > 0 ? 0 : Math.min(Math.round(pool.expected), Math.ceil(limits.max * maxShareInAdvance));
  return pool.waiting + Math.max(limits.min, inAdvance, pool.failures > 0 ? 1 : 0);
}

/** A burst must not fill the machine with processes that nobody asks any more. */
const maxShareInAdvance = 0.25;
const calmMs = 1_000;

/** What a pool believes of its command: does it start, and if not, why and when to try again. */

import { backoffMs, type BackoffLimits } from "../process/backoff.js";
import { describeExit, type ProcessExit } from "../process/process-exit.js";

export type PoolState =
  /** No process was yet seen to run. */
  | { readonly kind: "starting" }
  | { readonly kind: "ready" }
  | { readonly kind: "unhealthy"; readonly reason: string; readonly lastStderrLines: readonly string[] };

export interface PoolHealth {
  readonly state: PoolState;
  /** Starts that failed in a row. */
  readonly failures: number;
  /** Not before this, after a failure. */
  readonly nextStartMs: number;
  /** The last failure was that there came to be no process at all, so that one that runs is proof of the contrary. */
  readonly couldNotSpawn: boolean;
}

export interface HealthLimits {
  readonly backoff: BackoffLimits;
  readonly failuresUntilUnhealthy: number;
}

export interface StartFailure { readonly exit: ProcessExit; readonly lastStderrLines: readonly string[] }

/** A pool that keeps no spares has nothing to show for itself: it counts as ready until it fails. */
export function firstHealth(minSpares: number): PoolHealth {
  return { state: { kind: minSpares === 0 ? "ready" : "starting" }, failures: 0, nextStartMs: 0, couldNotSpawn: false };
}

export function afterSuccess(): PoolHealth {
  return { state: { kind: "ready" }, failures: 0, nextStartMs: 0, couldNotSpawn: false };
}

export function afterFailure(health: PoolHealth, failure: StartFailure, limits: HealthLimits, nowMs: number, random: number): PoolHealth {
  const { exit, lastStderrLines } = failure;
  const failures = health.failures + 1;
  // A command that is not there does not come to be there by trying it three times.
  const isHopeless = exit.kind === "not_started" && exit.error.code !== "spawn_failed" && exit.error.code !== "cannot_connect";
  // Without the number of failures: a reason that changes with each would be reported, and told, again and again.
  const reason = exit.kind === "not_started" ? exit.error.message : `the server process ${describeExit(exit)}, ${limits.failuresUntilUnhealthy} times in a row or more`;
  return {
    state: isHopeless || failures >= limits.failuresUntilUnhealthy ? { kind: "unhealthy", reason, lastStderrLines } : health.state,
    failures,
    nextStartMs: nowMs + backoffMs(failures, limits.backoff, random),
    couldNotSpawn: exit.kind === "not_started",
  };
}

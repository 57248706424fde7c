/** What to do next with the processes that all sessions share: (the processes as they are, now) → how many to start, which to give back. */

export interface SharedLimits {
  readonly min: number;
  readonly max: number;
  /** Requests that may be open at a process. */
  readonly concurrency: number;
  /** A process beyond `min` without a request for so long is given back. */
  readonly idleTimeoutMs: number;
}

export interface SharedProcessView {
  readonly open: number;
  readonly idleMs: number;
  /** It holds what a session relies on, as a subscription. */
  readonly isHeld: boolean;
}

export interface SharedView {
  /** Those that take requests. */
  readonly serving: readonly SharedProcessView[];
  readonly starting: number;
  /** Given back, and busy with their last requests. */
  readonly retiring: number;
  /** Requests that wait for a place. */
  readonly waiting: number;
  /** Somebody waits to learn what the server is. */
  readonly isAsked: boolean;
}

export interface SharedPlan {
  readonly start: number;
  /** Indexes in `serving`. */
  readonly giveBack: readonly number[];
}

/** Nobody is started on suspicion: what waits is the measure, and each process can take so many of it. */
export function planShared(view: SharedView, limits: SharedLimits): SharedPlan {
  const alive = view.serving.length + view.starting;
  const unserved = Math.max(0, view.waiting - view.starting * limits.concurrency);
  const wanted = Math.max(limits.min - alive, Math.ceil(unserved / limits.concurrency), view.isAsked && alive === 0 ? 1 : 0);
  const start = Math.max(0, Math.min(wanted, limits.max - alive - view.retiring));
  if (start > 0 || view.waiting > 0) return { start, giveBack: surplus(view, limits) };
  const idle = view.serving.flatMap(({ open, idleMs, isHeld }, index) => (open === 0 && !isHeld && idleMs >= limits.idleTimeoutMs ? [index] : []));
  const spareable = Math.max(0, alive - limits.min);
  return { start: 0, giveBack: [...new Set([...surplus(view, limits), ...idle.slice(0, spareable)])] };
}

/** After `max` was lowered. */
function surplus(view: SharedView, limits: SharedLimits): readonly number[] {
  const tooMany = view.serving.length - limits.max;
  return tooMany <= 0 ? [] : view.serving.map((_, index) => index).slice(-tooMany);
}

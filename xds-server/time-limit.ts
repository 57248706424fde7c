/** The time that a piece of work may take: it is over when that has passed, when `stop` says so, or when the work is done. */

export interface TimeLimit {
  readonly signal: AbortSignal;
  readonly isLate: () => boolean;
  /** The work is done: what still listens to the signal ends, and nothing of it stays with `stop`. */
  readonly end: () => void;
}

/**
 * Not AbortSignal.any and AbortSignal.timeout: Node 20 keeps a trace of each joined signal at a `stop` that
 * lives as long as the process, and a timeout that nobody else holds is collected, and then never comes.
 */
export function startTimeLimit(timeoutMs: number, stop?: AbortSignal): TimeLimit {
  const over = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    over.abort();
  }, timeoutMs);
  const stopped = (): void => over.abort();
  stop?.addEventListener("abort", stopped, { once: true });
  if (stop?.aborted === true) over.abort();
  return {
    signal: over.signal,
    isLate: () => isLate,
    end: () => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", stopped);
      over.abort();
    },
  };
}

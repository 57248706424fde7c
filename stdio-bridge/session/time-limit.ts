/** Gives work that may wait a limit: its signal is aborted when that has passed, or with `stop`. */

/**
 * Not AbortSignal.any with AbortSignal.timeout: on Node 20 a timeout that nobody else holds is collected, and
 * then never comes.
 */
export async function within<T>(limitMs: number, stop: AbortSignal, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const abort = (): void => over.abort();
  const timer = setTimeout(abort, limitMs);
  stop.addEventListener("abort", abort, { once: true });
  if (stop.aborted) abort();
  try {
    return await work(over.signal);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", abort);
  }
}

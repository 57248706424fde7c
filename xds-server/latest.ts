/** Joins several streams of values: the newest of each, whenever one has changed, with bursts calmed. */

/**
 * Waits until every stream has given its first value. Then yields the newest of all, and again after every
 * change; changes that come while the consumer is busy, or within `calmMs` of one another, are taken together.
 * Ends when `stop` is aborted or a stream ends; a stream's failure is thrown.
 */
export async function* latest<Values extends readonly unknown[]>(
  streams: { readonly [Index in keyof Values]: (stop: AbortSignal) => AsyncIterable<Values[Index]> },
  calmMs: number,
  stop: AbortSignal,
): AsyncGenerator<Values> {
  const ended = new AbortController();
  const all = AbortSignal.any([stop, ended.signal]);
  const newest: unknown[] = streams.map(() => undefined);
  const waiting = new Set(streams.keys());
  let changed = false;
  let failure: { error: unknown } | undefined;
  let wake = (): void => undefined;

  const readers = streams.map(async (stream, index) => {
    try {
      for await (const value of stream(all)) {
        newest[index] = value;
        waiting.delete(index);
        changed = true;
        wake();
      }
    } catch (error) {
      failure ??= { error };
    } finally {
      ended.abort();
      wake();
    }
  });
  const sleepUntil = (isOver: () => boolean): Promise<void> => new Promise((resolve) => {
    wake = () => { if (isOver() || all.aborted) resolve(); };
    wake();
  });
  stop.addEventListener("abort", () => wake(), { once: true });

  try {
    while (!all.aborted) {
      await sleepUntil(() => changed && waiting.size === 0);
      if (calmMs > 0 && !all.aborted) await new Promise((resolve) => setTimeout(resolve, calmMs));
      if (all.aborted) break;
      changed = false;
      yield [...newest] as unknown as Values; // The tuple's shape is that of `streams`.
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    ended.abort();
    await Promise.allSettled(readers);
  }
}

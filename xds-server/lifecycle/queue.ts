/** Values from callbacks, handed on one after the other to a loop that awaits them. */

export interface Queue<T> {
  push(value: T): void;
  /** What was pushed before still comes. */
  end(): void;
  /** As `end`, and the loop throws then. */
  fail(error: unknown): void;
  values(): AsyncGenerator<T>;
}

/** Beyond `max` waiting values the reader is too slow, and the queue fails: it must not grow without a bound. */
export function makeQueue<T>(max: number, tooSlow: () => Error): Queue<T> {
  const waiting: T[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  const close = (why?: { readonly error: unknown }): void => {
    ended = true;
    failure ??= why;
    wake();
  };
  return {
    push(value) {
      if (ended) return;
      if (waiting.length >= max) return close({ error: tooSlow() });
      waiting.push(value);
      wake();
    },
    end: () => close(),
    fail: (error) => close({ error }),
    async *values() {
      for (;;) {
        while (waiting.length > 0) yield* waiting.splice(0);
        if (failure !== undefined) throw failure.error;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

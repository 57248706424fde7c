/** Values from several writers to one reader; the writers wait while the reader is behind. */

export interface PacedQueue<T> {
  /** Resolves once there is room for it, and at once where the queue has ended: then nobody takes it. */
  push(value: T): Promise<void>;
  /** What was pushed before still comes; no writer waits any longer. */
  end(): void;
  /** As `end`, and the loop throws then. */
  fail(error: unknown): void;
  values(): AsyncGenerator<T>;
}

/** What may wait for the reader. A value that is larger than all of `size` waits alone. */
export interface PacedLimits<T> {
  readonly values: number;
  readonly size: number;
  readonly sizeOf: (value: T) => number;
}

export function makePacedQueue<T extends object>(limits: PacedLimits<T>): PacedQueue<T> {
  const waiting: T[] = [];
  let size = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wakeReader: () => void = () => undefined;
  let wakeWriters: (() => void)[] = [];
  const hasRoomFor = (value: T): boolean => waiting.length === 0 || (waiting.length < limits.values && size + limits.sizeOf(value) <= limits.size);
  const letWritersGoOn = (): void => {
    const woken = wakeWriters;
    wakeWriters = [];
    for (const wake of woken) wake();
  };
  const close = (why?: { readonly error: unknown }): void => {
    ended = true;
    failure ??= why;
    wakeReader();
    letWritersGoOn();
  };
  return {
    async push(value) {
      while (!ended && !hasRoomFor(value)) await new Promise<void>((resolve) => wakeWriters.push(resolve));
      if (ended) return;
      waiting.push(value);
      size += limits.sizeOf(value);
      wakeReader();
    },
    end: () => close(),
    fail: (error) => close({ error }),
    async *values() {
      for (;;) {
        for (let value = waiting.shift(); value !== undefined; value = waiting.shift()) {
          size -= limits.sizeOf(value);
          letWritersGoOn();
          yield value;
        }
        if (failure !== undefined) throw failure.error;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
    },
  };
}

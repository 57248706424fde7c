/** Wakes the one that waits. A ring that nobody waits for wakes the next who comes. */

export interface Bell {
  ring(): void;
  rung(timeoutMs: number, stop: AbortSignal): Promise<void>;
}

export function makeBell(): Bell {
  let rang = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rang = true;
      wake?.();
    },
    rung: async (timeoutMs, stop) => {
      if (!rang && !stop.aborted) {
        await new Promise<void>((resolve) => {
          const timer = timeoutMs === Infinity ? undefined : setTimeout(resolve, Math.max(0, timeoutMs));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          stop.addEventListener("abort", wake, { once: true });
        });
        if (wake !== undefined) stop.removeEventListener("abort", wake);
        wake = undefined;
      }
      rang = false;
    },
  };
}

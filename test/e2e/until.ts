/** Waits for something to become true, with a limit: the only way in which end-to-end tests wait. */

import { setTimeout as pause } from "node:timers/promises";

/** Asks `probe` again and again until it gives something other than undefined or false; a throw counts as "not yet". */
export async function until<T>(what: string, probe: () => Promise<T | undefined | false> | T | undefined | false, limitMs = 15_000): Promise<T> {
  const end = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms for ${what}${last === undefined ? "" : `; last: ${describeError(last)}`}`, { cause: last });
    await pause(20);
  }
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

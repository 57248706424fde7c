/** Signals to a child and all that it started: a process group bears the id of the process that leads it. */

import { setTimeout as delay } from "node:timers/promises";

export function isGroupAlive(group: number): boolean {
  return signalGroup(group, 0);
}

/** False when there is nobody left to hear it. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (error) {
    // ESRCH: gone. EPERM: what is left has changed its user; it is there, but not ours to end.
    if (isErrno(error) && (error.code === "ESRCH" || error.code === "EPERM")) return false;
    throw error;
  }
}

/** There is no event for the end of a group, so it is asked for, at first often. True when it is gone. */
export async function waitForGroup(group: number, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  for (let waitMs = 2; isGroupAlive(group); waitMs = Math.min(50, waitMs * 2)) {
    if (performance.now() >= until) return false;
    await delay(waitMs);
  }
  return true;
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

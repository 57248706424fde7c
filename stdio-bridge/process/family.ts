/** Who belongs to a process that we started, wherever it has gone: by mark, by descent, and by group and session (pure). */

import type { ListedProcess } from "./process-list.js";
import type { ProcessMark, WorkerMark } from "./process-mark.js";

/**
 * `kin` belong by themselves. What they have started belongs too, and who is in a group or session of theirs: a program
 * may clear its environment. The groups and sessions of `stranger`, the bridge itself, do not count.
 */
export function familyOf(processes: readonly ListedProcess[], kin: readonly ListedProcess[], stranger: ListedProcess | undefined): readonly ListedProcess[] {
  const family = new Set(kin);
  for (let size = -1; family.size !== size && family.size > 0; ) {
    size = family.size;
    const pids = new Set([...family].map(({ pid }) => pid));
    const groups = new Set([...family].map(({ group }) => group).filter((group) => group !== stranger?.group));
    const sessions = new Set([...family].map(({ session }) => session).filter((session) => session !== stranger?.session));
    for (const process of processes) if (pids.has(process.parent) || groups.has(process.group) || sessions.has(process.session)) family.add(process);
  }
  return [...family];
}

export function isOf(mark: ProcessMark, worker: WorkerMark): boolean {
  return mark.worker.nonce === worker.nonce;
}

export function isAlive({ pid, startTicks }: WorkerMark, living: readonly ListedProcess[]): boolean {
  return living.some((process) => process.pid === pid && process.startTicks === startTicks);
}

/** What a program and the processes that it has started cost, as Linux counts it. */

import { readdirSync, readFileSync } from "node:fs";
import { cpuSecondsOf } from "../bench.js";

export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/** The process and all below it. */
export function familyOf(root: number): readonly RunningProcess[] {
  const childrenOf = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const parent = Number.isNaN(pid) ? undefined : parentOf(pid);
    if (parent !== undefined) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), pid]);
  }
  const family: RunningProcess[] = [];
  const add = (pid: number): void => {
    family.push({ pid, command: (read(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ").trim() });
    for (const child of childrenOf.get(pid) ?? []) add(child);
  };
  add(root);
  return family;
}

/** Of the memory that processes share each has its part. */
export function pssMb(processes: readonly RunningProcess[]): number {
  return processes.reduce((sum, { pid }) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1] ?? 0) / 1_024, 0);
}

/** What they have made themselves: that does not change with who else on the machine runs the same programs. */
export function anonymousMb(processes: readonly RunningProcess[]): number {
  return processes.reduce((sum, { pid }) => sum + Number(/^RssAnon:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1] ?? 0) / 1_024, 0);
}

/** Of those that live: what has ended is not counted. */
export function cpuSeconds(processes: readonly RunningProcess[]): number {
  return processes.reduce((sum, { pid }) => sum + (read(`/proc/${pid}/stat`) === undefined ? 0 : cpuSecondsOf(pid)), 0);
}

function parentOf(pid: number): number | undefined {
  const parent = read(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ")[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Absent when the process has ended in the meantime. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

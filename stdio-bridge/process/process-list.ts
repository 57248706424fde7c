/** The machine's processes as /proc shows them, where there is one. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { findProcessMark, type ProcessMark } from "./process-mark.js";

export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Since the machine began. With the pid it names one process for good. */
  readonly startTicks: string;
  readonly mark: ProcessMark | undefined;
}

export interface ProcessList {
  readonly processes: readonly ListedProcess[];
  /** What other work had to wait for it. */
  readonly busyMs: number;
}

/** Living ones: what only waits to be collected by its parent is none. Other work goes on in between. */
export async function listProcesses(): Promise<ProcessList> {
  let startedMs = performance.now(), busyMs = 0;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const listed: ListedProcess[] = [];
  for (const [index, pid] of pids.entries()) {
    if (index % readAtOnce === readAtOnce - 1) {
      busyMs += performance.now() - startedMs;
      await nextTurn();
      startedMs = performance.now();
    }
    const process = readProcess(pid);
    if (process !== undefined) listed.push(process);
  }
  return { processes: listed, busyMs: busyMs + performance.now() - startedMs };
}

export interface SelfInList { readonly namespace: string; readonly startTicks: string }

/** Absent: this system shows no processes in this way. */
export function readSelf(): SelfInList | undefined {
  const namespace = /\d+/.exec(tryTo(() => readlinkSync("/proc/self/ns/pid")) ?? "")?.[0];
  const stat = tryTo(() => readFileSync("/proc/self/stat", "latin1"));
  const own = stat === undefined ? undefined : readStat(stat);
  return namespace === undefined || own === undefined ? undefined : { namespace, startTicks: own.startTicks };
}

const readAtOnce = 64;

function readProcess(pid: string): ListedProcess | undefined {
  const text = tryTo(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const stat = text === undefined ? undefined : readStat(text);
  if (stat === undefined || stat.state === "Z" || stat.state === "X") return undefined;
  const { parent, group, session, startTicks } = stat;
  // Other users' are closed to us, and none of ours.
  const environ = tryTo(() => readFileSync(`/proc/${pid}/environ`));
  return { pid: Number(pid), parent, group, session, startTicks, mark: environ === undefined ? undefined : findProcessMark(environ) };
}

/** The second field is the program's name in brackets, which may hold anything, brackets too. */
function readStat(text: string): { readonly state: string; readonly parent: number; readonly group: number; readonly session: number; readonly startTicks: string } | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group, session] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return undefined;
  return { state, parent: Number(parent), group: Number(group), session: Number(session), startTicks };
}

/** A process may be gone before it is read. */
function tryTo<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

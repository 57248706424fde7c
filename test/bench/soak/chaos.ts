/** What goes wrong in a soak: processes and workers that are killed, a registry that never stays the same; and a look out for orphans. */

import { readdirSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { familyOf, type RunningProcess } from "../bridge/processes.js";

export interface Incidents {
  processesKilled: number;
  workersKilled: number;
  registries: number;
  /** Stdio processes that lived on without their bridge for longer than their end may take. */
  readonly orphans: string[];
  /** The longest that one has lived without its bridge. */
  longestMs: number;
}

export function noIncidents(): Incidents {
  return { processesKilled: 0, workersKilled: 0, registries: 0, orphans: [], longestMs: 0 };
}

export async function killProcesses(everyMs: number, stdioProcesses: () => readonly RunningProcess[], incidents: Incidents, stop: AbortSignal): Promise<void> {
  for await (const _ of ticks(everyMs, stop)) {
    if (killOneOf(stdioProcesses())) incidents.processesKilled += 1;
  }
}

export async function killWorkers(everyMs: number, workers: () => readonly RunningProcess[], incidents: Incidents, stop: AbortSignal): Promise<void> {
  for await (const _ of ticks(everyMs, stop)) {
    const all = workers();
    // One is left to serve.
    if (all.length > 1 && killOneOf(all)) incidents.workersKilled += 1;
  }
}

export async function changeRegistry(everyMs: number, path: string, toText: (turn: number) => string, incidents: Incidents, stop: AbortSignal): Promise<void> {
  for await (const turn of ticks(everyMs, stop)) {
    await writeFile(`${path}.new`, toText(turn));
    await rename(`${path}.new`, path);
    incidents.registries += 1;
  }
}

/** `limitMs`: how long a process may live on when its bridge was killed. */
export async function watchForOrphans(root: number, mark: string, limitMs: number, incidents: Incidents, stop: AbortSignal): Promise<void> {
  const sinceMs = new Map<number, number>();
  for await (const _ of ticks(250, stop)) {
    const family = new Set(familyOf(root).map(({ pid }) => pid));
    const alone = marked(mark).filter(({ pid }) => !family.has(pid));
    const nowMs = performance.now();
    for (const pid of [...sinceMs.keys()]) if (!alone.some((each) => each.pid === pid)) sinceMs.delete(pid);
    for (const each of alone) {
      const aloneMs = nowMs - (sinceMs.get(each.pid) ?? nowMs);
      sinceMs.set(each.pid, nowMs - aloneMs);
      incidents.longestMs = Math.max(incidents.longestMs, aloneMs);
      const name = `${each.pid} ${each.command}`;
      if (aloneMs > limitMs && !incidents.orphans.includes(name)) incidents.orphans.push(name);
    }
  }
}

/** All processes of the machine with the mark in their command. What is dead and only not yet buried has no command. */
export function marked(mark: string): readonly RunningProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return command.includes(mark) ? [{ pid: Number(name), command }] : [];
    } catch {
      return []; // It has ended in the meantime.
    }
  });
}

function killOneOf(all: readonly RunningProcess[]): boolean {
  const victim = all[Math.floor(Math.random() * all.length)];
  if (victim === undefined) return false;
  try {
    return process.kill(victim.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false; // As Node throws it: the process has ended by itself.
    throw error;
  }
}

/** One after the other, each after a while that differs a little, until it is over. */
async function* ticks(everyMs: number, stop: AbortSignal): AsyncGenerator<number> {
  for (let turn = 1; !stop.aborted; turn++) {
    await pause(everyMs * (0.5 + Math.random()), undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted) yield turn;
  }
}

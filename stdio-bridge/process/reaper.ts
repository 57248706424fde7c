/** Ends what outlives the process that started it: daemons in sessions of their own, and what workers left that were killed with their guard. */

import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { endLeftCgroups, type Cgroups, type ProcessCgroup } from "./cgroups.js";
import { familyOf, isAlive, isOf } from "./family.js";
import { listProcesses, type ListedProcess } from "./process-list.js";
import { writeProcessMark, type WorkerMark } from "./process-mark.js";
import type { Tally } from "./tally.js";

export class Reaper {
  readonly worker: WorkerMark;
  private readonly log: Logger;
  private readonly tally: Tally;
  /** False: the system does not show its processes, and only their groups can be ended. */
  private readonly sees: boolean;
  private readonly cgroups: Cgroups;
  private readonly living = new Set<number>();
  private lastNumber = 0;
  private lastListMs = -Infinity;
  private listBusyMs = 0;
  private listing: Promise<unknown> = Promise.resolve();
  private nextListing: Promise<readonly ListedProcess[]> | undefined;
  private sweep: NodeJS.Timeout | undefined;

  /** `tally`: of the worker, for orphans that belong to no process of its own. */
  constructor(worker: WorkerMark, sees: boolean, cgroups: Cgroups, log: Logger, tally: Tally) {
    this.worker = worker;
    this.sees = sees;
    this.cgroups = cgroups;
    this.log = log;
    this.tally = tally;
    // Not at once: the guard of a worker before us may be about to do the same.
    if (this.sees) this.sweepAfter(firstSweepMs);
  }

  /** The mark of a process that is about to be started, and its number. */
  admit(): { readonly number: number; readonly mark: string } {
    const number = ++this.lastNumber;
    this.living.add(number);
    return { number, mark: writeProcessMark({ worker: this.worker, number }) };
  }

  /** Who belongs to the process by himself: `leader` leads the session that it was started in. */
  kinOf(number: number, leader: number): (process: ListedProcess) => boolean {
    return ({ mark, session }) => session === leader || (mark !== undefined && isOf(mark, this.worker) && mark.number === number);
  }

  /** After the process and its group are gone: ends those that have left it. Resolves with how many there were. */
  async endStrays(number: number, leader: number, cgroup: ProcessCgroup | undefined): Promise<number> {
    const isKin = this.kinOf(number, leader);
    const ended = this.sees ? await this.end((all) => {
      const inside = cgroup?.pids();
      return all.filter((process) => isKin(process) || inside?.has(process.pid) === true);
    }) : 0;
    await cgroup?.end();
    this.living.delete(number);
    return ended;
  }

  stop(): void {
    clearTimeout(this.sweep);
  }

  private sweepAfter(ms: number): void {
    this.sweep = setTimeout(() => {
      void this.endLeftovers();
      this.sweepAfter(sweepMs);
    }, ms);
    this.sweep.unref();
  }

  private async endLeftovers(): Promise<void> {
    // Of workers of another namespace we cannot know whether they live.
    const isLeft = ({ mark }: ListedProcess, all: readonly ListedProcess[]): boolean =>
      mark !== undefined && mark.worker.namespace === this.worker.namespace && (isOf(mark, this.worker) ? !this.living.has(mark.number) : !isAlive(mark.worker, all) && !isHidden(mark.worker.pid, all));
    const ended = await this.end((all) => all.filter((process) => isLeft(process, all)));
    if (ended > 0) this.tally.add("orphans_found", ended, "left_behind");
    const all = await this.list();
    endLeftCgroups(this.cgroups, (worker) => isAlive(worker, all));
  }

  /** Whoever is found is asked to end, then made to, until nobody is found any more. */
  private async end(findKin: (all: readonly ListedProcess[]) => readonly ListedProcess[]): Promise<number> {
    const found = new Set<string>();
    const untilMs = performance.now() + termMs;
    for (let round = 0; round < maxRounds; round++) {
      const all = await this.list();
      const self = all.find(({ pid }) => pid === process.pid);
      const family = familyOf(all, findKin(all).filter((one) => one !== self), self).filter((one) => one !== self);
      if (family.length === 0) break;
      const isPatient = performance.now() < untilMs;
      for (const { pid, startTicks } of family) {
        const name = `${pid} ${startTicks}`;
        if (found.has(name) && isPatient) continue;
        found.add(name);
        signal(pid, isPatient ? "SIGTERM" : "SIGKILL");
      }
      if (round === maxRounds - 1) this.log.warn({ pids: family.map(({ pid }) => pid) }, "processes that a server has left behind do not end after SIGKILL");
      await delay(roundMs);
    }
    if (found.size > 0) this.log.warn({ pids: [...found].map((name) => Number(name.split(" ")[0])) }, "processes that outlived the one that had started them were ended");
    return found.size;
  }

  /** One look serves all who wait for it; one that has begun already may have passed by what they want to see. */
  list(): Promise<readonly ListedProcess[]> {
    this.nextListing ??= this.listNext();
    return this.nextListing;
  }

  private async listNext(): Promise<readonly ListedProcess[]> {
    await this.listing;
    const waitMs = this.lastListMs + Math.max(listGapMs, this.listBusyMs * restForWork) - performance.now();
    if (waitMs > 0) await delay(waitMs);
    const listing = listProcesses();
    this.listing = listing;
    this.nextListing = undefined;
    const { processes, busyMs } = await listing;
    this.lastListMs = performance.now();
    this.listBusyMs = busyMs;
    return processes;
  }
}

const firstSweepMs = 3_000;
const sweepMs = 60_000;
const termMs = 500;
const roundMs = 50;
const maxRounds = 60;
/** When many processes end at once, one look in so long serves them all. */
const listGapMs = 100;
/** A look takes longer the more processes the machine has: then it is taken less often. */
const restForWork = 9;

/** Another user's that we are not shown: it may well be the worker that lives. */
function isHidden(pid: number, all: readonly ListedProcess[]): boolean {
  if (all.some((process) => process.pid === pid)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone, or not ours to end: the next look tells.
  }
}

/** What a worker keeps for all of its processes, so that none outlives it or takes more than it may. */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import { projectRoot } from "../../protos/project-root.js";
import { closeCgroups, openCgroups, type Cgroups } from "./cgroups.js";
import { Guard } from "./guard.js";
import { MemoryWatch } from "./memory-watch.js";
import type { ProcessLimits } from "./process-command.js";
import { markVariable, writeWorkerMark, type WorkerMark } from "./process-mark.js";
import { readSelf } from "./process-list.js";
import { Reaper } from "./reaper.js";
import type { Tally } from "./tally.js";

export interface Custody {
  readonly guard: Guard;
  readonly reaper: Reaper;
  readonly cgroups: Cgroups;
  /** Absent: this system does not show what processes use. */
  readonly memoryWatch: MemoryWatch | undefined;
  /** When every process is gone. */
  readonly stop: () => void;
}

/** `tally`: of the worker. */
export function startCustody(log: Logger, tally: Tally): Custody {
  const self = readSelf();
  const worker: WorkerMark = { namespace: self?.namespace ?? "0", pid: process.pid, startTicks: self?.startTicks ?? "0", nonce: randomBytes(8).toString("hex") };
  const cgroups = openCgroups(worker);
  log.debug(cgroups.kind === "usable" ? { folder: cgroups.folder, controllers: [...cgroups.controllers], why: cgroups.why } : { why: cgroups.why }, `cgroup v2: ${cgroups.kind}`);
  const guard = new Guard(join(projectRoot, "stdio-bridge/process/guard.sh"), `${markVariable}=${writeWorkerMark(worker)}.`, cgroups.kind === "usable" ? cgroups.folder : undefined, log);
  const reaper = new Reaper(worker, self !== undefined, cgroups, log, tally);
  return {
    guard, reaper, cgroups,
    memoryWatch: self === undefined ? undefined : new MemoryWatch(() => reaper.list()),
    stop: () => {
      reaper.stop();
      closeCgroups(cgroups);
      guard.stop();
    },
  };
}

/** What of the limits cannot be kept here, for people. */
export function unkeptLimits({ memoryBytes, cpus }: ProcessLimits, { cgroups, memoryWatch }: Pick<Custody, "cgroups" | "memoryWatch">): readonly string[] {
  const has = (controller: "memory" | "cpu"): boolean => cgroups.kind === "usable" && cgroups.controllers.has(controller);
  const unkept: string[] = [];
  if (memoryBytes !== undefined && !has("memory") && memoryWatch === undefined) unkept.push("limits.memory is not kept: this system does not show what processes use");
  if (cpus !== undefined && !has("cpu")) unkept.push(`limits.cpu is not kept: ${cgroups.why}`);
  return unkept;
}

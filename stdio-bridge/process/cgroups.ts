/** cgroup v2, where this worker may use it: a folder for all of its processes, and one in it for each, with hard limits and an end that nobody escapes. */

import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessLimits } from "./process-command.js";
import { readWorkerMark, writeWorkerMark, type WorkerMark } from "./process-mark.js";

export type Controller = "memory" | "cpu";

export type Cgroups =
  | { readonly kind: "usable"; readonly base: string; readonly folder: string; readonly controllers: ReadonlySet<Controller>; readonly why: string }
  | { readonly kind: "none"; readonly why: string };

/** `why` says what keeps limits from being enforced, where something does. */
export function openCgroups(worker: WorkerMark): Cgroups {
  const own = tryTo(() => findOwn(readFileSync("/proc/self/mountinfo", "utf8"), readFileSync("/proc/self/cgroup", "utf8")));
  if (own === undefined) return { kind: "none", why: "there is no cgroup v2 here" };
  const base = delegatedFolder(own);
  const folder = join(base, `${prefix}${writeWorkerMark(worker)}`);
  try {
    accessSync(join(base, "cgroup.procs"), constants.W_OK);
    mkdirSync(folder);
  } catch (error) {
    return { kind: "none", why: `the cgroup ${base} is not the bridge's to divide (${codeOf(error)})` };
  }
  const problems: string[] = [];
  const controllers = new Set<Controller>();
  for (const controller of ["memory", "cpu"] as const) {
    try {
      for (const place of [base, folder]) writeFileSync(join(place, "cgroup.subtree_control"), `+${controller}`);
      controllers.add(controller);
    } catch (error) {
      problems.push(`the cgroup ${base} does not give ${controller} on (${codeOf(error)})`);
    }
  }
  return { kind: "usable", base, folder, controllers, why: problems.join("; ") };
}

export function closeCgroups(cgroups: Cgroups): void {
  if (cgroups.kind === "usable") removeFolder(cgroups.folder);
}

/** What workers that are no more have left. */
export function endLeftCgroups(cgroups: Cgroups, isAlive: (worker: WorkerMark) => boolean): void {
  if (cgroups.kind === "none") return;
  for (const name of readdirSync(cgroups.base)) {
    const worker = name.startsWith(prefix) ? readWorkerMark(name.slice(prefix.length)) : undefined;
    if (worker === undefined || isAlive(worker)) continue;
    tryTo(() => writeFileSync(join(cgroups.base, name, "cgroup.kill"), "1"));
    // What was only now killed is removed the next time.
    removeFolder(join(cgroups.base, name));
  }
}

/** The cgroup of one process and all that it starts. */
export class ProcessCgroup {
  readonly limitsMemory: boolean;
  private readonly folder: string;

  constructor({ folder, controllers }: Cgroups & { readonly kind: "usable" }, number: number, limits: ProcessLimits) {
    this.folder = join(folder, String(number));
    this.limitsMemory = limits.memoryBytes !== undefined && controllers.has("memory");
    mkdirSync(this.folder);
    if (this.limitsMemory) {
      this.write("memory.max", String(limits.memoryBytes));
      // All of it, or a server would go on without a part of itself; and swap would only make it slow.
      this.write("memory.oom.group", "1");
      tryTo(() => this.write("memory.swap.max", "0"));
    }
    if (limits.cpus !== undefined && controllers.has("cpu")) this.write("cpu.max", `${Math.max(1_000, Math.round(limits.cpus * periodUs))} ${periodUs}`);
  }

  place(pid: number): void {
    this.write("cgroup.procs", String(pid));
  }

  pids(): ReadonlySet<number> {
    const text = tryTo(() => readFileSync(join(this.folder, "cgroup.procs"), "latin1")) ?? "";
    return new Set(text.split("\n").filter((line) => line !== "").map(Number));
  }

  ranOutOfMemory(): boolean {
    return /^oom_kill [1-9]/m.test(tryTo(() => readFileSync(join(this.folder, "memory.events"), "latin1")) ?? "");
  }

  /** Whoever is still in it ends now. */
  async end(): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt++) {
      tryTo(() => this.write("cgroup.kill", "1"));
      if (removeFolder(this.folder)) return;
      await delay(25);
    }
  }

  private write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }
}

/** Of the texts of mountinfo and of our line in /proc/self/cgroup. */
export function findOwn(mountInfo: string, cgroup: string): string | undefined {
  const mount = mountInfo.split("\n").find((line) => line.includes(" - cgroup2 "))?.split(" ");
  const [root, place] = [mount?.[3], mount?.[4]];
  const path = /^0::(\/.*)$/m.exec(cgroup)?.[1];
  if (root === undefined || place === undefined || path === undefined || path.includes("/..")) return undefined;
  const below = root !== "/" && path.startsWith(root) ? path.slice(root.length) : path;
  return below === "/" ? place : join(place, below);
}

/** A unit of systemd with `DelegateSubgroup` has its processes in a folder inside of what it was given to divide. */
export function delegatedFolder(own: string): string {
  const isUnit = (path: string): boolean => /\.(service|scope)$/.test(basename(path));
  return isUnit(dirname(own)) && !isUnit(own) ? dirname(own) : own;
}

const prefix = "mcp-mesh.";
const periodUs = 100_000;

/** With those in it, which are one level deep. False while a process is left in one. */
function removeFolder(folder: string): boolean {
  const inside = tryTo(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  for (const entry of inside) if (entry.isDirectory()) tryTo(() => rmdirSync(join(folder, entry.name)));
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return codeOf(error) === "ENOENT";
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** What is not there, or closed to us, is as good as absent. */
function tryTo<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

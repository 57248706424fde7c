/** What every bench has: its processes, its load, and its answer as a table. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../protos/project-root.js";
import { Child } from "../e2e/child.js";
import { until } from "../e2e/until.js";
import type { PumpOrder, PumpResult } from "./http-pump.js";

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes?: readonly string[];
}

/** Opened things are closed when the bench is over, however it ends. */
export type Open = <T extends { stop(): Promise<void> }>(opening: T | Promise<T>) => Promise<T>;

export interface Bench {
  readonly name: string;
  run(open: Open, say: (line: string) => void): Promise<Table>;
}

const run = promisify(execFile);
const program = (name: string): string => join(projectRoot, "dist/test/bench", name);

export async function pump(order: PumpOrder): Promise<PumpResult> {
  const { stdout } = await run(process.execPath, [program("http-pump.js"), JSON.stringify(order)]);
  return JSON.parse(stdout) as PumpResult; // http-pump.ts wrote it.
}

export async function startBackend(open: Open): Promise<number> {
  const child = await open(new Child({ name: "backend", command: [process.execPath, program("backend.js")], env: {} }));
  return until("the backend's port", () => Number(/^\d+/.exec(child.log())?.[0] ?? 0) || undefined);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function ms(value: number): string {
  return value < 10 ? value.toFixed(3) : value.toFixed(0);
}

/** In MB: what the process has in memory now, and had at the most. */
export function memoryOf(pid: number): { readonly nowMb: number; readonly peakMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) / 1_024;
  return { nowMb: read("VmRSS"), peakMb: read("VmHWM") };
}

/** Seconds of CPU that a process has used; Linux counts them in hundredths. */
export function cpuSecondsOf(pid: number): number {
  // The name in parentheses may hold spaces; utime and stime are fields 14 and 15.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.version}`;
}

export function toMarkdown({ title, columns, rows, notes = [] }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [`### ${title}`, "", line(columns), line(columns.map(() => "---")), ...rows.map(line), "", ...notes.map((note) => `- ${note}`), ""].join("\n");
}

/** The processes of a run: those that have its temporary folder in their environment. Linux alone tells. */

import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

export interface FoundProcess {
  readonly pid: number;
  readonly program: string;
  readonly command: string;
}

export function processesOf(temporaryFolder: string): readonly FoundProcess[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    const pid = Number(name);
    const environment = readProcess(pid, "environ").split("\0");
    if (!environment.some((variable) => variable.includes(temporaryFolder))) return [];
    const words = readProcess(pid, "cmdline").split("\0");
    return [{ pid, program: basename(words[0] ?? ""), command: words.join(" ") }];
  });
}

function readProcess(pid: number, what: "environ" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "utf8");
  } catch {
    // It ended while we looked, or is not ours.
    return "";
  }
}

/** What the fields of a stdio entry must agree on among themselves. */

import type { Complaint } from "./complaints.js";
import type { StdioEntry } from "./schema.js";
import type { Path } from "./registry-node.js";
import { toMilliCpus } from "./milli-cpus.js";

export function stdioRules(entry: StdioEntry): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (path: Path, says: string, hint: string): void => void complaints.push({ path, says, hint });

  const field = entry.cmd === undefined ? "command" : "cmd";
  const command = entry[field];
  if (typeof command === "string") {
    if (entry.args === undefined && /\s/.test(command.trim())) complain([field], "is one text with spaces: nothing is run through a shell", `write ${field}: [program, argument, …]`);
    if (command.trim() === "") complain([field], "is empty", `write ${field}: [program, argument, …]`);
  } else if (command !== undefined) {
    if (entry.args !== undefined) complain(["args"], `contradicts "${field}": the list holds the arguments already`, "keep one of the two");
    if (command[0]?.trim() === "") complain([field, 0], "is empty: the first item is the program", `write ${field}: [program, argument, …]`);
  }
  for (const variables of ["env_vars", "env"] as const) {
    for (const name of Object.keys(entry[variables] ?? {})) {
      if (name === "" || /[=\0]/.test(name)) complain([variables, name], "is no name of a variable", "it may hold no = and not be empty");
    }
  }
  const max = entry.pool?.max ?? entry.pool_size;
  const min = entry.pool?.min;
  if (max !== undefined && min !== undefined && min > max) complain(["pool", "min"], `is greater than ${entry.pool?.max === undefined ? "pool_size" : "pool.max"} ${max}`, "lower it, or raise the other");

  if (entry.isolation !== "shared") {
    const sharedOnly = (path: Path, given: unknown): void => {
      if (given !== undefined) complain(path, "is for shared processes only: a process of one session serves all its requests", "add isolation: shared, or remove it");
    };
    sharedOnly(["concurrency"], entry.concurrency);
    sharedOnly(["pool", "max_requests"], entry.pool?.max_requests);
  }
  if (entry.limits?.cpu !== undefined && toMilliCpus(entry.limits.cpu) < 10) complain(["limits", "cpu"], "is less than a process can run with", "write 10m or more");
  return complaints;
}

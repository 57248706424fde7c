/** The ways in which a process ends or never begins, and how they are told to people. */

import { statSync } from "node:fs";
import type { ProcessCommand } from "./process-command.js";

export type ProcessErrorCode = "command_not_found" | "not_permitted" | "bad_working_dir" | "bad_user" | "spawn_failed" | "cannot_connect";

/** The process could not be started. */
export class ProcessError extends Error {
  readonly code: ProcessErrorCode;

  constructor(code: ProcessErrorCode, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export type ProcessExit =
  | { readonly kind: "not_started"; readonly error: ProcessError }
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals }
  | { readonly kind: "out_of_memory"; readonly limitBytes: number }
  /** It lives, or lived, but nothing more can come from it. */
  | { readonly kind: "closed_output" };

/** As the end of a sentence that begins with "the server process". */
export function describeExit(exit: ProcessExit): string {
  switch (exit.kind) {
    case "not_started": return `could not be started: ${exit.error.message}`;
    case "exited": return `ended with exit code ${exit.code}`;
    case "killed": return `was ended by ${exit.signal}`;
    case "out_of_memory": return `was ended because it needed more than the ${toMiB(exit.limitBytes)} that limits.memory allows`;
    case "closed_output": return "closed its output";
  }
}

function toMiB(bytes: number): string {
  return bytes % 1_048_576 === 0 ? `${bytes / 1_048_576} MiB` : `${bytes} bytes`;
}

/** Node tells of a missing working directory with the words for a missing program; here they are told apart. */
export function toProcessError(command: ProcessCommand, cause: unknown): ProcessError {
  if (cause instanceof ProcessError) return cause;
  const program = command.argv[0];
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (command.workingDir !== undefined && !isDirectory(command.workingDir)) {
    return new ProcessError("bad_working_dir", `working directory "${command.workingDir}" is not a directory that the bridge can enter`, cause);
  }
  switch (code) {
    case "ENOENT": return new ProcessError("command_not_found", `command "${program}" not found: install it on the bridge's machine, or give its full path`, cause);
    case "EACCES": return new ProcessError("not_permitted", `command "${program}" may not be executed: check its permissions`, cause);
    case "EPERM": return new ProcessError("not_permitted", `command "${program}" may not be started by the bridge's user`, cause);
    default: return new ProcessError("spawn_failed", `command "${program}" cannot be started: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Absent or closed to us: the same for a working directory.
  }
}

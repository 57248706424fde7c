/** Runs a program to its end and gives what it said; the shared way to ask `envoy`, `python3` and `pip`. */

import { execFile, type ExecFileException } from "node:child_process";

export interface Ran {
  /** null: it was ended by a signal, or never ran; `failure` then says why. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly failure?: ExecFileException;
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly stop?: AbortSignal;
}

export function runProgram(file: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      {
        env: options.env,
        timeout: options.timeoutMs,
        killSignal: "SIGKILL",
        maxBuffer: 16 * 1024 * 1024,
        ...(options.stop === undefined ? {} : { signal: options.stop }),
      },
      (failure, stdout, stderr) => {
        if (failure === null) resolve({ exitCode: 0, stdout, stderr });
        else resolve({ exitCode: typeof failure.code === "number" ? failure.code : null, stdout, stderr, failure });
      },
    ).stdin?.end();
  });
}

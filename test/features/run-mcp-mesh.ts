/** Runs the mcp-mesh command as its users do: as a process of its own. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../../protos/project-root.js";

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const limitMs = 60_000;

export async function runMcpMesh(args: readonly string[], { env = {}, cwd = projectRoot }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {}): Promise<Ran> {
  const program = join(projectRoot, "dist/xds-server/cli/mcp-mesh.js");
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd, env: { ...process.env, ...env }, timeout: limitMs, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === "number") resolve({ exitCode, stdout, stderr });
      else reject(new Error(`mcp-mesh ${args.join(" ")} did not end by itself`, { cause: error }));
    });
  });
}

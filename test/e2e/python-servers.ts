/** Real MCP servers from the Python package index: fetched once into the cache, by pip, at pinned versions. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../../envoy/run-program.js";
import { projectRoot } from "../../protos/project-root.js";
import { fetchedOnce } from "../fetched.js";

export interface PythonServers {
  /** A registry entry that runs one of them. */
  entry(program: string, ...args: readonly string[]): { readonly type: "stdio"; readonly cmd: readonly string[]; readonly env: Readonly<Record<string, string>> };
}

export async function fetchPythonServers(): Promise<PythonServers> {
  const requirements = join(projectRoot, "test/e2e/fixtures/python-servers.txt");
  const { stdout: version } = await runProgram("python3", ["--version"], { env: process.env, timeoutMs: 20_000 });
  const folder = await fetchedOnce("python-servers", [await readFile(requirements, "utf8"), version], async (work) => {
    const args = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:", "--target", work, "--requirement", requirements];
    const ran = await runProgram("python3", args, { env: process.env, timeoutMs: 280_000 });
    if (ran.exitCode !== 0) throw new Error(`the Python servers cannot be fetched: pip ended with ${ran.exitCode}\n${ran.stderr.slice(-2_000)}`);
  });
  return { entry: (program, ...args) => ({ type: "stdio", cmd: [join(folder, "bin", program), ...args], env: { PYTHONPATH: folder, NO_PROXY: "127.0.0.1" } }) };
}

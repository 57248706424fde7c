/** Runs the official MCP conformance suite against a URL and gives each of its checks. */

import { cp, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../envoy/run-program.js";
import { projectRoot } from "../../protos/project-root.js";
import { fetchedOnce } from "../fetched.js";

const pins = join(projectRoot, "test/conformance/suite");
const neededNode = 22;

export interface Suite {
  /** A Node that is new enough for it. */
  readonly node: string;
  readonly folder: string;
}

export interface Run {
  readonly name: string;
  readonly args: readonly string[];
  readonly package: string;
}

export const runs: readonly Run[] = [
  { name: "2025-11-25", args: ["--requirements", "2025-11-25"], package: "@modelcontextprotocol/conformance" },
  { name: "2026-07-28", args: ["--requirements", "2026-07-28"], package: "@modelcontextprotocol/conformance" },
  { name: "the older suite", args: ["--suite", "all"], package: "conformance-0.1" },
];

/** As the suite names it; the same check of a scenario may be made several times. */
export interface Check {
  readonly name: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly message: string;
}

export async function fetchSuite(): Promise<Suite> {
  const texts = await Promise.all(["package.json", "package-lock.json"].map((file) => readFile(join(pins, file), "utf8")));
  const folder = await fetchedOnce("conformance", texts, async (work) => {
    await cp(pins, work, { recursive: true });
    const ran = await runProgram("npm", ["ci", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund"], { env: process.env, timeoutMs: 240_000 });
    if (ran.exitCode !== 0) throw new Error(`the conformance suite cannot be fetched: npm ci ended with ${ran.exitCode}\n${ran.stderr.slice(-2_000)}`);
  });
  const fetchedNode = join(folder, "node_modules", `node-${process.platform}-${process.arch}`, "bin/node");
  const node = Number(process.versions.node.split(".")[0]) >= neededNode ? process.execPath : fetchedNode;
  const { exitCode } = await runProgram(node, ["--version"], { env: process.env, timeoutMs: 20_000 });
  if (exitCode !== 0) throw new Error(`the conformance suite needs Node ${neededNode}, and none is fetched for ${process.platform}-${process.arch}; run the tests with a newer Node`);
  return { node, folder };
}

export async function runSuite({ node, folder }: Suite, run: Run, url: string): Promise<readonly Check[]> {
  const results = await mkdtemp(join(tmpdir(), "mcp-mesh-conformance-"));
  try {
    const program = join(folder, "node_modules", run.package, "dist/index.js");
    const ran = await runProgram(node, [program, "server", "--url", url, ...run.args, "--output-dir", results], { env: process.env, timeoutMs: 120_000 });
    const checks = await readChecks(results);
    // Its exit code says only whether there are failures, and those are among the checks.
    if (!/^Total: \d+ passed/m.test(ran.stdout) || checks.length === 0) throw new Error(`the conformance suite did not come to its end (${ran.exitCode})\n${ran.stdout.slice(-2_000)}\n${ran.stderr.slice(-2_000)}`);
    return checks;
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

async function readChecks(results: string): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const folder of (await readdir(results)).sort()) {
    const scenario = folder.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
    // A scenario that did not come to its end leaves nothing but its folder.
    const text = await readFile(join(results, folder, "checks.json"), "utf8").catch(() => '[{"id":"ended","name":"Ended","status":"FAILURE","errorMessage":"the scenario did not come to its end"}]');
    const found = JSON.parse(text) as readonly { readonly id: string; readonly name: string; readonly status: Check["status"]; readonly errorMessage?: string }[]; // The suite's own format, of a pinned version.
    checks.push(...found.map(({ id, name, status, errorMessage = "" }) => ({ name: `${scenario}: ${id} (${name})`, status, message: errorMessage })));
  }
  return checks;
}

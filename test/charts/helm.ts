/** Helm for tests of the charts: what a chart makes of values, and what it says to values that it refuses. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { projectRoot } from "../../protos/project-root.js";

export interface Rendering {
  readonly chart: string;
  readonly release?: string;
  readonly namespace?: string;
  readonly values?: object;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
}

export interface Ran { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export function hasHelm(): boolean {
  return runHelm(["version", "--short"]).code === 0;
}

/** Without helm on PATH the tests of this block are passed over, aloud. */
export function needsHelm(context: Mocha.Context): void {
  if (hasHelm()) return;
  console.error("\n  SKIPPED: there is no helm 3 on PATH, so nobody looks at the charts\n");
  context.skip();
}

export function runHelm(args: readonly string[], input?: string): Ran {
  const { status, stdout, stderr } = spawnSync("helm", args, { cwd: projectRoot, encoding: "utf8", timeout: 60_000, maxBuffer: 64 * 1024 * 1024, ...(input === undefined ? {} : { input }) });
  return { code: status, stdout, stderr };
}

export function chartFolder(chart: string): string {
  return join(projectRoot, "charts", chart);
}

export function template({ chart, release = "mesh", namespace = "mcp", values = {} }: Rendering): Ran {
  return runHelm(["template", release, chartFolder(chart), "--namespace", namespace, "--kube-version", "1.34.0", "--values", "-"], JSON.stringify(values));
}

export function rendered(rendering: Rendering): readonly KubernetesObject[] {
  const { code, stdout, stderr } = template(rendering);
  if (code !== 0) throw new Error(`helm template ended with code ${code}: ${stderr}`);
  // Helm leaves empty documents where a template makes nothing.
  return parseAllDocuments(stdout).flatMap((document) => {
    if (!("errors" in document)) return [];
    if (document.errors.length > 0) throw new Error(`the chart's output is no YAML: ${String(document.errors[0])}`);
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}

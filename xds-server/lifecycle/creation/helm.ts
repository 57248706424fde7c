/** Renders a chart with the `helm` program: it is the only one that knows what a chart means. */

import { spawn } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CreationError } from "./creation-error.js";

export interface HelmOptions {
  /** A program of the PATH, or a file. */
  readonly helm: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Looked through in this order. */
  readonly chartFolders: readonly string[];
  /** How long Helm may take for one chart; absent: 30 s. */
  readonly timeoutMs?: number;
}

export interface Release {
  readonly chart: string;
  readonly name: string;
  readonly namespace: string;
  readonly values: unknown;
}

const usualTimeoutMs = 30_000;
const maxOutputBytes = 8 * 1024 * 1024;

/** Throws CreationError. */
export async function findChart({ chartFolders }: HelmOptions, chart: string): Promise<string> {
  for (const folder of chartFolders) {
    const candidate = join(folder, chart);
    if (await isChart(candidate)) return candidate;
  }
  throw new CreationError("no_chart", `there is no chart ${chart} in ${chartFolders.join(", ") || "any folder"}`, "put its folder there, start with --charts FOLDER, or name an image instead");
}

/** Another one when a file of the chart has changed. Throws CreationError. */
export async function versionOfChart(chart: string, folder: string): Promise<string> {
  try {
    const entries = await readdir(folder, { recursive: true });
    const times = await Promise.all(entries.sort().map(async (entry) => `${entry} ${(await stat(join(folder, entry))).mtimeMs}`));
    return times.join("\n");
  } catch (cause) {
    throw new CreationError("no_chart", `the chart ${chart} in ${folder} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, "let the xds-server read all of its files", { cause });
  }
}

/** The objects as YAML. Throws CreationError. */
export async function renderChart(options: HelmOptions, folder: string, { chart, name, namespace, values }: Release, stop: AbortSignal): Promise<string> {
  const { timeoutMs = usualTimeoutMs } = options;
  // Values come over stdin: they may hold secrets, and everybody on the machine can read arguments.
  const child = spawn(options.helm, ["template", name, folder, "--namespace", namespace, "--no-hooks", "--skip-tests", "--values", "-"], { env: options.environment, stdio: "pipe", signal: stop, killSignal: "SIGKILL" });
  // Our own timer: a signal that is combined with a time may be collected before it fires, and spawn's own timer outlives a program that is not there.
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const read = async (stream: AsyncIterable<Buffer>): Promise<string> => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of stream) {
      // What is too long is seen to be so, and no more of it is kept.
      if (bytes <= maxOutputBytes) chunks.push(chunk);
      bytes += chunk.length;
    }
    return Buffer.concat(chunks).toString("utf8");
  };
  /** Null: it was killed. */
  const exit = new Promise<number | null | Error>((resolve) => {
    child.once("error", resolve);
    child.once("close", resolve);
  });
  // A helm that ends before it has read everything says why on stderr.
  child.stdin.on("error", () => undefined).end(JSON.stringify(values));
  const [output, complaint, code] = await Promise.all([read(child.stdout), read(child.stderr), exit]).finally(() => clearTimeout(timer));
  if (output.length > maxOutputBytes) throw new CreationError("chart_refused", `the chart ${chart} makes more than ${maxOutputBytes} bytes`, "a server's chart makes a few objects");
  if (code instanceof Error && "code" in code && (code.code === "ENOENT" || code.code === "EACCES")) {
    throw new CreationError("no_helm", `the chart ${chart} needs the program helm, and ${options.helm} cannot be run`, "install Helm 3, or set MCP_MESH_HELM; an image needs none", { cause: code });
  }
  if (code instanceof Error) throw new CreationError("chart_failed", `helm cannot be run for the chart ${chart}: ${code.message}`, `try: helm template ${name} ${folder}`, { cause: code });
  if (code === null) throw new CreationError("chart_failed", `helm did not render the chart ${chart} within ${timeoutMs / 1_000} s`, `try: helm template ${name} ${folder}`);
  if (code !== 0) throw new CreationError("chart_failed", `helm cannot render the chart ${chart}: ${firstLine(complaint)}`, `try: helm template ${name} ${folder}`);
  return output;
}

async function isChart(folder: string): Promise<boolean> {
  try {
    return (await stat(join(folder, "Chart.yaml"))).isFile();
  } catch {
    return false;
  }
}

function firstLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return (lines.find((line) => line.startsWith("Error:"))?.slice("Error:".length).trim() ?? lines[0] ?? "it says nothing").slice(0, 500);
}

/** A real Prometheus for tests: the machine's own, or Debian's package, fetched once into the cache and installed nowhere. */

import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../../envoy/run-program.js";
import { fetchedOnce } from "../fetched.js";
import { ask } from "./ask.js";
import { Child } from "./child.js";
import { until } from "./until.js";

export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/** Older ones do not know what is asked of them. */
const minVersion = [2, 42] as const;

export async function findPrometheus(): Promise<PrometheusPrograms> {
  const [prometheus = "", promtool = ""] = (await runProgram("/bin/sh", ["-c", "command -v prometheus && command -v promtool"], { env: process.env, timeoutMs: 20_000 })).stdout.split("\n");
  if (promtool !== "" && await isRecent(prometheus)) return { prometheus, promtool };
  const folder = await fetchedOnce("prometheus", ["debian"], fetchFromDebian);
  const programs = { prometheus: join(folder, "usr/bin/prometheus"), promtool: join(folder, "usr/bin/promtool") };
  if (!(await isRecent(programs.prometheus))) throw new Error(`Prometheus ${minVersion.join(".")} or newer is needed, and ${programs.prometheus} is none`);
  return programs;
}

async function isRecent(program: string): Promise<boolean> {
  const { stdout, stderr } = await runProgram(program, ["--version"], { env: process.env, timeoutMs: 20_000 });
  const [, major = "0", minor = "0"] = /version (\d+)\.(\d+)/.exec(stdout + stderr) ?? [];
  return Number(major) > minVersion[0] || (Number(major) === minVersion[0] && Number(minor) >= minVersion[1]);
}

/** Only the release that the machine runs has it, so its version cannot be pinned; apt checks its signature. */
async function fetchFromDebian(folder: string): Promise<void> {
  const own = join(folder, "apt");
  await mkdir(join(own, "lists/partial"), { recursive: true });
  await mkdir(join(own, "archives/partial"), { recursive: true });
  // Lists of our own, where the machine has none, need no root.
  const ownState = ["-o", `Dir::State::lists=${own}/lists`, "-o", `Dir::Cache=${own}`];
  const tried: string[] = [];
  for (const options of [[], ownState]) {
    if (options.length > 0) await attempt("apt-get", [...options, "update", "-qq"], folder, tried);
    await attempt("apt-get", [...options, "download", "-qq", "prometheus"], folder, tried);
    const [file] = (await readdir(folder)).filter((name) => name.endsWith(".deb"));
    if (file === undefined) continue;
    const ran = await attempt("dpkg-deb", ["--extract", file, "."], folder, tried);
    if (!ran) break;
    await rm(join(folder, file));
    await rm(own, { recursive: true });
    return;
  }
  throw new Error(`Prometheus is not on this machine and cannot be fetched:\n${tried.join("\n").slice(-2_000)}`);
}

async function attempt(program: string, args: readonly string[], cwd: string, tried: string[]): Promise<boolean> {
  const { exitCode, stderr, failure } = await runProgram("/bin/sh", ["-c", 'cd "$0" && exec "$@"', cwd, program, ...args], { env: process.env, timeoutMs: 240_000 });
  if (exitCode !== 0) tried.push(`${program} ${args.join(" ")}: ${stderr || String(failure)}`);
  return exitCode === 0;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  readonly lastError: string;
}

/** Asks a Prometheus, whoever has started it. */
export class PrometheusClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async query(expression: string): Promise<readonly Sample[]> {
    const { result } = await this.#get<{ readonly result: readonly { readonly metric: Sample["metric"]; readonly value: readonly [number, string] }[] }>(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  /** As Grafana's `label_values(selector, label)`. */
  async labelValues(label: string, selector: string): Promise<readonly string[]> {
    return this.#get(`/api/v1/label/${label}/values?match[]=${encodeURIComponent(selector)}`);
  }

  async targets(): Promise<readonly Target[]> {
    const { activeTargets } = await this.#get<{ readonly activeTargets: readonly Target[] }>("/api/v1/targets?state=active");
    return activeTargets;
  }

  async #get<T>(path: string): Promise<T> {
    const { status, body } = await ask(this.url, path);
    // Prometheus' API fixes the shape; a wrong one fails in the test that reads it.
    const { data, error } = JSON.parse(body) as { readonly data: T; readonly error?: string };
    if (status !== 200) throw new Error(`Prometheus answers ${path} with ${status}: ${error ?? body}`);
    return data;
  }
}

export interface PrometheusOptions {
  readonly programs: PrometheusPrograms;
  /** Its files go there. */
  readonly folder: string;
  readonly port: number;
  readonly config: string;
}

export class Prometheus extends PrometheusClient {
  readonly #child: Child;

  private constructor(child: Child, url: string) {
    super(url);
    this.#child = child;
  }

  static async start({ programs, folder, port, config }: PrometheusOptions): Promise<Prometheus> {
    const file = join(folder, "prometheus.yml");
    await writeFile(file, config);
    const url = `http://127.0.0.1:${port}`;
    const args = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, "prometheus")}`, `--web.listen-address=127.0.0.1:${port}`];
    const child = new Child({ name: "prometheus", command: [programs.prometheus, ...args], env: {} });
    await until("Prometheus to be ready", async () => (await ask(url, "/-/ready")).status === 200).catch(async (error: unknown) => {
      await child.stop();
      throw new Error(child.log(), { cause: error });
    });
    return new Prometheus(child, url);
  }

  logs(): string {
    return this.#child.log();
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }
}

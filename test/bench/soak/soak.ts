/** A soak of the whole system: sessions opened and abandoned while processes and workers are killed and the registry changes. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { projectRoot } from "../../../protos/project-root.js";
import { ask } from "../../e2e/ask.js";
import { Child } from "../../e2e/child.js";
import { freePorts } from "../../e2e/mesh.js";
import { until } from "../../e2e/until.js";
import { McpClient } from "../bridge/mcp-client.js";
import { anonymousMb, familyOf, type RunningProcess } from "../bridge/processes.js";
import { changeRegistry, killProcesses, killWorkers, marked, noIncidents, watchForOrphans, type Incidents } from "./chaos.js";
import { noCounts, runClients, soakServers, type Counts } from "./clients.js";

export interface SoakOptions {
  readonly seconds: number;
  readonly sessions: number;
  readonly sessionsAtOnce: number;
  /** The longest that a client thinks between two calls. */
  readonly pauseMs: number;
  readonly workers: number;
  readonly killProcessEveryMs: number;
  readonly killWorkerEveryMs: number;
  readonly changeRegistryEveryMs: number;
  /** A while of sessions alone, after which memory is said to be as at the start; 0: memory is not looked at. */
  readonly warmUpSeconds: number;
}

export interface SoakReport {
  readonly counts: Counts;
  readonly incidents: Incidents;
  /** What the system's own programs have in memory without load, before and after. */
  readonly startMb: number;
  readonly endMb: number;
}

const idleTimeoutSeconds = 4;
/** Of both servers together, when nobody has a session. */
const maxSparesAWorker = 2 + 3;
/** What a killed bridge leaves behind ends within the patience of its guard. */
const orphanLimitMs = 10_000;
/** Garbage collectors come to rest. */
const restMs = 15_000;

export async function runSoak(options: SoakOptions, say: (line: string) => void): Promise<SoakReport> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-mesh-soak-"));
  const registryPath = join(folder, "registry.yaml");
  const mark = `soak-${randomBytes(8).toString("hex")}`;
  await writeFile(registryPath, toRegistry(mark, 0));
  const [port = 0, adminPort = 0, xdsPort = 0] = await freePorts(3);
  const up = new Child({
    name: "up",
    command: [
      process.execPath, join(projectRoot, "dist/xds-server/cli/mcp-mesh.js"), "up",
      "--registry", registryPath, "--port", String(port), "--admin-port", String(adminPort), "--xds-port", String(xdsPort),
      "--workers", String(options.workers),
    ],
    env: {},
    cwd: folder,
  });
  try {
    await until("the system to be ready", async () => (await ask(`http://127.0.0.1:${adminPort}`, "/readyz")).status === 200, 60_000);
    for (const server of soakServers) await until(`${server} to be served`, () => answers(port, server), 30_000);
    const report = await soak(options, { port, registryPath, mark, up }, say);
    await up.stop();
    // The processes end with the system.
    await until("the last processes to end", () => marked(mark).length === 0, orphanLimitMs).catch(() => undefined);
    report.incidents.orphans.push(...marked(mark).map(({ pid, command }) => `${pid} ${command}, after the end`));
    return report;
  } catch (error) {
    throw new Error(`the soak broke off\n${up.log().slice(-20_000)}`, { cause: error });
  } finally {
    await up.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface RunningSystem { readonly port: number; readonly registryPath: string; readonly mark: string; readonly up: Child }

async function soak(options: SoakOptions, { port, registryPath, mark, up }: RunningSystem, say: (line: string) => void): Promise<SoakReport> {
  const { seconds, sessions, sessionsAtOnce: atOnce, pauseMs, warmUpSeconds } = options;
  const counts = noCounts();
  const incidents = noIncidents();
  const ownProcesses = (): readonly RunningProcess[] => familyOf(up.pid).filter(({ command }) => !command.includes(mark));
  const workers = (): readonly RunningProcess[] => ownProcesses().filter(({ command }) => command.includes("stdio-bridge/main.js"));
  const memoryAtRest = async (): Promise<number> => {
    await until("abandoned sessions to end", () => marked(mark).length <= options.workers * maxSparesAWorker && workers().length === options.workers, 60_000);
    if (warmUpSeconds > 0) await pause(restMs);
    return anonymousMb(ownProcesses());
  };

  if (warmUpSeconds > 0) {
    say(`warming up for ${warmUpSeconds} s`);
    await runClients({ port, sessions: Math.ceil((sessions * warmUpSeconds) / seconds), spanMs: warmUpSeconds * 1_000, atOnce, pauseMs }, noCounts());
  }
  const startMb = await memoryAtRest();
  say(`${sessions} sessions in ${seconds} s`);
  const [chaos, watch] = [new AbortController(), new AbortController()];
  const watching = watchForOrphans(up.pid, mark, orphanLimitMs, incidents, watch.signal);
  const raging = Promise.all([
    killProcesses(options.killProcessEveryMs, () => marked(mark), incidents, chaos.signal),
    killWorkers(options.killWorkerEveryMs, workers, incidents, chaos.signal),
    changeRegistry(options.changeRegistryEveryMs, registryPath, (turn) => toRegistry(mark, turn), incidents, chaos.signal),
  ]);
  await runClients({ port, sessions, spanMs: seconds * 1_000, atOnce, pauseMs }, counts);
  chaos.abort();
  await raging;
  say("waiting for what was abandoned to end");
  const endMb = await memoryAtRest();
  watch.abort();
  await watching;
  return { counts, incidents, startMb, endMb };
}

/** What a soak must not find, in words. */
export function faultsOf({ counts, incidents }: SoakReport): readonly string[] {
  return [
    ...counts.wrong.map((what) => `wrong answer: ${what}`),
    ...counts.unanswered.map((what) => `no answer: ${what}`),
    ...counts.lost.map((what) => `lost session: ${what}`),
    ...incidents.orphans.map((what) => `orphan: ${what}`),
  ];
}

async function answers(port: number, server: string): Promise<boolean> {
  const client = new McpClient({ port, path: `/${server}` });
  try {
    await client.open();
    await client.end();
    return true;
  } finally {
    client.close();
  }
}

/** Each turn differs: sizes, descriptions, a server that comes and goes, and now and then what the processes are given. */
function toRegistry(mark: string, turn: number): string {
  const server = { type: "stdio", cmd: [process.execPath, join(projectRoot, "dist/test/bench/fixtures/soak-server.js"), mark], description: `turn ${turn}` };
  return stringify({
    own: { ...server, pool: { min: 1 + (turn % 2), max: 24, idle_timeout: idleTimeoutSeconds, queue: { max: 100, timeout: "10s" } } },
    shared: { ...server, isolation: "shared", concurrency: 4 + (turn % 3), env: { TURN: String(Math.floor(turn / 10)) }, pool: { min: 1, max: 3, max_requests: 200, idle_timeout: idleTimeoutSeconds } },
    ...(turn % 2 === 0 && { [`passing-${turn}`]: { ...server, pool: { min: 0, max: 1 } } }),
  });
}

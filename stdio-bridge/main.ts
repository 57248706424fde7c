/** The stdio-bridge: reads its configuration, joins its rooms, starts and stops them. The only file that knows them all. */

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { pino, type Logger } from "pino";
import type { BridgeReport } from "../protos/gen/mcp_mesh/v1/BridgeReport.js";
import { startAdmin } from "./admin.js";
import { readConfig, type Config } from "./config.js";
import { AdsClient } from "./control/ads-client.js";
import { makeCredentials } from "./control/connection.js";
import { findOwnAddress, isEveryAddress } from "./control/own-address.js";
import { reportTimes } from "./control/reports.js";
import { lookUpMs, ReportsToAll } from "./control/reports-to-all.js";
import type { StdioServer } from "./control/stdio-server.js";
import { Front, frontLimits } from "./http/front.js";
import { Gate, gateLimits } from "./http/gate.js";
import { poolTimes } from "./pool/pool.js";
import { startCustody } from "./process/custody.js";
import { Tally } from "./process/tally.js";
import { runSidecar } from "./sidecar.js";
import { EraMemory } from "./session/era.js";
import type { ServerSettings } from "./session/generation.js";
import type { ServerStatus } from "./session/hosted-server.js";
import { ServerTable } from "./session/server-table.js";
import { sessionLimits } from "./session/session.js";

/** The xds-server hears of it at once, and Envoy from that within some hundredths of a second. */
const handOverStepMs = 300;
const drainOldCommandMs = 10 * 60_000;
const removeMs = 5_000;
const leftMs = 5_000;
/** At the end of the bridge the patience with each process is short: all of it must be over within seconds. */
const lastGrace = { closeMs: 500, termMs: 500 };
const reportStates = { starting: "STARTING", ready: "READY", unhealthy: "UNHEALTHY" } as const;

const config = readConfig();
const log = pino({ level: config.logLevel, base: { program: "stdio-bridge", worker: config.worker } });
await (config.connect === undefined ? run(config, log) : runSidecar(config, config.connect, askedToEnd(config), log));

async function run(config: Config, log: Logger): Promise<void> {
  const ending = askedToEnd(config);
  const ownHost = await hostOf(config, log, ending);
  const tally = new Tally();
  const custody = startCustody(log, tally);
  const servers = new ServerTable({
    times: { pool: poolTimes, drainMs: drainOldCommandMs, leftMs, removeMs },
    limits: sessionLimits,
    surroundings: { custody, log },
    eras: new EraMemory(),
    // Nobody asks before the front listens.
    worker: { address: () => `${reachedAt.host}:${reachedAt.port}`, life: randomUUID() },
    // There is no server, and so no change, before the reports exist.
    onState: () => reports.changed(),
  });
  const gate = new Gate(gateLimits);
  const front = new Front(servers, { host: config.host, port: config.port, maxRequestBytes: config.maxRequestBytes, limits: frontLimits, gate }, log, tally);
  const cannotListen = (port: number) => (error: unknown) => {
    log.fatal({ error: String(error) }, `cannot listen on ${config.host}:${port}: choose another port, or 0 for a free one`);
    process.exit(1);
  };
  const port = await front.start().catch(cannotListen(config.port));
  const { adminPort } = config;
  let isReady = (): boolean => false;
  const admin = adminPort === undefined ? undefined : await startAdmin({ host: config.host, port: adminPort, isReady: () => isReady(), statuses: () => servers.statuses(), tally, openStreams: () => front.openStreams }).catch(cannotListen(adminPort));
  const reachedAt: { readonly host: string; readonly port: number } = config.advertise ?? { host: ownHost, port };
  log.info({ host: config.host, port, adminPort: admin?.port, reachedAt, xdsAddress: config.xdsAddress }, "listening");

  const connection = { address: config.xdsAddress, credentials: makeCredentials(config.xdsTls), log };
  const reports = new ReportsToAll({
    ...connection,
    ...reportTimes,
    lookUpMs,
    makeReport: () => ({ worker: config.worker, ...reachedAt, draining: servers.isDraining, admin_port: admin?.port ?? 0, servers: servers.statuses().map(toReport) }),
  });
  const adsClient = new AdsClient({
    ...connection,
    worker: config.worker,
    onServer: (server) => servers.put(toSettings(server, config)),
    onRemoved: (name) => void servers.remove(name),
    onFirstAnswer: () => gate.open(),
  });

  // Once it has caught up it stays ready: without the xds-server, or with a server that is only starting, it serves on.
  let hasCaughtUp = false;
  isReady = () => (hasCaughtUp ||= adsClient.hasAnswer && servers.statuses().every(({ state }) => state !== "starting") && reports.isTaken);

  const why = await ending;
  log.info({ why }, "ending");
  const untilMs = performance.now() + config.drainMs;
  await handOver(servers, reports, front, untilMs);
  log.info("handed over: what is open may end");
  await servers.drain(Math.max(0, untilMs - performance.now()));
  adsClient.stop();
  await servers.stop(lastGrace);
  await front.stop();
  await admin?.stop();
  custody.stop();
  log.info("ended");
  process.exit(0);
}

/**
 * First new sessions go to other workers, then, with the end of our reports, every request does: sessions go on there.
 * What comes here in the meantime, since Envoy cannot know at once, is served as ever. Resolves when nothing comes any more.
 */
async function handOver(servers: ServerTable, reports: ReportsToAll, front: Front, untilMs: number): Promise<void> {
  const stepMs = Math.min(handOverStepMs, (untilMs - performance.now()) / 4);
  servers.announceEnd();
  reports.sendNow();
  await delay(stepMs);
  reports.stop();
  for (let quietMs = 0; quietMs < stepMs && performance.now() < untilMs; quietMs = front.quietMs) await delay(Math.max(1, stepMs - quietMs));
}

/** Where it listens; where that is every address, the one that leads to the xds-server, which may take until that is there. */
async function hostOf({ advertise, host, xdsAddress }: Config, log: Logger, ending: Promise<string>): Promise<string> {
  if (advertise !== undefined || !isEveryAddress(host)) return host;
  const stop = new AbortController();
  void ending.then(() => stop.abort());
  return findOwnAddress(xdsAddress, log, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
    log.info("ended before the xds-server was there");
    process.exit(0);
  });
}

/** Resolves with the reason. Who asks twice does not want to wait: the guard ends what is left then. */
function askedToEnd(config: Config): Promise<string> {
  return new Promise((resolve) => {
    let isAsked = false;
    const ask = (why: string): void => {
      if (isAsked) process.exit(1);
      isAsked = true;
      resolve(why);
    };
    process.on("SIGTERM", ask);
    process.on("SIGINT", ask);
    if (!config.exitWithParent) return;
    process.stdin.on("end", () => resolve("the parent has gone"));
    process.stdin.on("error", () => resolve("the parent has gone"));
    process.stdin.resume();
  });
}

function toSettings(server: StdioServer, config: Config): ServerSettings {
  return {
    name: server.name,
    version: server.version,
    command: {
      argv: server.command,
      workingDir: server.workingDir,
      env: { ...config.inheritedEnv, ...server.env },
      secretNames: Object.keys(server.env),
      maxMessageBytes: server.maxMessageBytes,
      limits: { memoryBytes: server.memoryBytes, cpus: server.cpus },
      user: server.user,
    },
    pool: { min: server.minSpares, max: server.maxProcesses, queueMax: server.queueMax, queueTimeoutMs: server.queueTimeoutMs },
    idleTimeoutMs: server.idleTimeoutMs,
    shared: server.shared,
    sessions: { keys: server.sessionKeys, endOnLoss: server.endOnLoss, maxAgeMs: server.sessionMaxAgeMs },
  };
}

function toReport(status: ServerStatus): NonNullable<BridgeReport["servers"]>[number] {
  return {
    name: status.name,
    version: status.version,
    state: reportStates[status.state],
    reason: status.reason,
    last_stderr_lines: [...status.lastStderrLines],
    processes: status.processes,
    sessions: status.sessions,
    open_requests: status.openRequests,
    queue_length: status.queueLength,
    warnings: [...status.warnings],
  };
}

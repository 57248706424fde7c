/** The bridge beside one server in its pod: the server's processes are begun over there, one for each connection, and Kubernetes tells Envoy of the pod. */

import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { startAdmin } from "./admin.js";
import type { Config, ConnectConfig } from "./config.js";
import { Front, frontLimits } from "./http/front.js";
import { poolTimes } from "./pool/pool.js";
import { startCustody } from "./process/custody.js";
import { Tally } from "./process/tally.js";
import { EraMemory } from "./session/era.js";
import type { ServerSettings } from "./session/generation.js";
import { ServerTable } from "./session/server-table.js";
import { sessionLimits } from "./session/session.js";

/** Those of a stdio server whose entry says nothing of them. */
const usual = { maxMessageBytes: 64 * 1024 * 1024, idleTimeoutMs: 30 * 60_000, queueMax: 128, queueTimeoutMs: 30_000, sessionMaxAgeMs: 24 * 3_600_000 };
const lookMs = 250;
const sessionKeyBytes = 32;
const lastGrace = { closeMs: 500, termMs: 500 };

/**
 * Whoever begins the processes is expected to take twice as many connections as there may be processes: a process that
 * does not end with its input keeps its place there, and nobody but the end of its container can end it.
 *
 * Listens once a process has lived for a while: whoever sees the port open sees a server that works.
 */
export async function runSidecar(config: Config, connect: ConnectConfig, ending: Promise<string>, log: Logger): Promise<void> {
  const tally = new Tally();
  const custody = startCustody(log, tally);
  const servers = new ServerTable({
    times: { pool: poolTimes, drainMs: config.drainMs, leftMs: config.drainMs, removeMs: config.drainMs },
    limits: sessionLimits,
    surroundings: { custody, log },
    eras: new EraMemory(),
    worker: { address: () => `${config.host}:${config.port}`, life: randomUUID() },
    onState: () => undefined,
  });
  servers.put(toSettings(connect));
  const front = new Front(servers, { host: config.host, port: config.port, maxRequestBytes: config.maxRequestBytes, limits: frontLimits }, log, tally);
  const { adminPort } = config;
  let isListening = false;
  // From the beginning: Kubernetes asks it whether the container of the processes is to be started again.
  const admin = adminPort === undefined ? undefined : await startAdmin({
    host: config.host, port: adminPort, tally,
    isReady: () => isListening,
    hasRoom: () => servers.statuses().every((status) => (status.tally.read("processes_left").get("") ?? 0) < connect.maxProcesses),
    statuses: () => servers.statuses(),
    openStreams: () => front.openStreams,
  });
  const stop = new AbortController();
  void ending.then(() => stop.abort());
  const works = await untilItWorks(servers, connect.serverId, stop.signal);
  if (works) {
    const port = await front.start();
    isListening = true;
    log.info({ host: config.host, port, adminPort: admin?.port, server: connect.serverId, processes: `${connect.host}:${connect.port}` }, "listening");
    log.info({ why: await ending }, "ending");
    // Kubernetes has told Envoy before it asked for our end.
    servers.announceEnd();
    await servers.drain(config.drainMs);
  }
  await servers.stop(lastGrace);
  if (works) await front.stop();
  await admin?.stop();
  custody.stop();
  process.exit(0);
}

/** Whoever begins the processes takes every connection, also where there is no such command: only one that stays says something. */
async function untilItWorks(servers: ServerTable, serverId: string, stop: AbortSignal): Promise<boolean> {
  for (let looks = 0; looks < 2;) {
    await delay(lookMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return false;
    const status = servers.find(serverId)?.status();
    looks = status?.state === "ready" && status.processes > 0 ? looks + 1 : 0;
  }
  return true;
}

function toSettings({ host, port, serverId, maxProcesses }: ConnectConfig): ServerSettings {
  return {
    name: serverId,
    version: "1",
    command: { argv: [`${host}:${port}`], connectTo: { host, port }, workingDir: undefined, env: {}, secretNames: [], maxMessageBytes: usual.maxMessageBytes, limits: { memoryBytes: undefined, cpus: undefined }, user: undefined },
    pool: { min: 1, max: maxProcesses, queueMax: usual.queueMax, queueTimeoutMs: usual.queueTimeoutMs },
    idleTimeoutMs: usual.idleTimeoutMs,
    shared: undefined,
    // A session is lost with its pod: another has another key, and answers that it does not know it.
    sessions: { keys: [{ id: 1, key: randomBytes(sessionKeyBytes) }], endOnLoss: false, maxAgeMs: usual.sessionMaxAgeMs },
  };
}

/** The xds-server: joins the stages, starts them and stops them; the only file that knows them all. */

import "./small-heap.js";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { pino, type Logger } from "pino";
import { projectRoot } from "../protos/project-root.js";
import { startAdmin } from "./admin/admin-server.js";
import { GatewayInForce } from "./admin/gateway-in-force.js";
import { toReadiness } from "./admin/readiness.js";
import { readTokenFile } from "./admin/rest/token-file.js";
import type { ToolsServer, ToolsServerOptions } from "./admin/tools/tools-server.js";
import { readConfig, type Config, type KubernetesConfig } from "./config.js";
import { untilEnvoysHaveTaken } from "./envoys-have-taken.js";
import type { KubernetesApi } from "./kubernetes/kubernetes-api.js";
import { startCreation, uncreated, type Creation } from "./lifecycle/creation/creation.js";
import { makeLifecycle, type Lifecycle } from "./lifecycle/lifecycle.js";
import type { Problem, RegistryView } from "./model/model.js";
import { joiningTools } from "./model/tools-server.js";
import { runPipeline, type Round } from "./pipeline.js";
import { startXdsServer } from "./serve/ads-server.js";
import { dumpSnapshot } from "./snapshot/dump.js";
import { SnapshotStore } from "./snapshot/snapshot-store.js";
import { makeBridgesSource } from "./sources/bridges/bridges-source.js";
import { makeKubernetesSource, type KubernetesSource } from "./sources/kubernetes/kubernetes-source.js";
import { noKubernetes } from "./sources/kubernetes/no-kubernetes.js";
import { makeRegistrySource } from "./sources/registry/registry-source.js";
import { createKeyFile } from "./sources/session-keys/create-key-file.js";
import { makeSessionKeysSource } from "./sources/session-keys/session-keys-source.js";
import { makeTranslation } from "./translate/translate.js";

/** Bridges repeat their report every 2 s; one that is silent for three times as long is gone. */
const bridgeLeaseMs = 6_000;
/** Longer than Kubernetes takes to list what there is, also on a busy machine. */
const settleMs = 5_000;
const stopGraceMs = 1_000;
const newsMs = 1_000;

async function run(config: Config, log: Logger, stop: AbortSignal): Promise<void> {
  const startedAtMs = Date.now();
  if (config.createSessionKey && config.sessionKeyFile !== undefined && createKeyFile(config.sessionKeyFile, randomBytes(32)) === "made") log.info({ file: config.sessionKeyFile }, "made a key for session ids");
  const version = readVersion();
  const { adminTokenFile } = config;
  if (adminTokenFile !== undefined) await readTokenFile(adminTokenFile);
  const store = new SnapshotStore();
  let round: Round | undefined;
  const snapshots = { published: 0, lastPublishedAtMs: undefined as number | undefined };
  const reloads = { ok: 0, failed: 0 };
  let lastReadAtMs: number | undefined;
  let asked: RegistryView | undefined;
  const gatewayInForce = new GatewayInForce();

  const bridges = makeBridgesSource({
    expectedBridges: config.expectedBridges,
    settleMs: config.bridgesWaitMs,
    leaseMs: bridgeLeaseMs,
    now: () => performance.now(),
    log: log.child({ room: "bridges" }),
    stdioServerIds: () => round && new Set(round.model.servers.filter(({ runsAs }) => runsAs.kind === "stdio").map(({ id }) => id)),
  });
  const kubernetes = config.kubernetes.mode === "off" ? undefined : watchKubernetes(config.kubernetes, log);
  const xdsServer = await startXdsServer({
    host: config.xdsHost,
    port: config.xdsPort,
    ...(config.xdsTls === undefined ? {} : { tls: config.xdsTls }),
    allowInsecure: config.xdsInsecure,
    store,
    extraServices: [bridges.service],
    log: log.child({ room: "xds" }),
    now: () => Date.now(),
  });
  const lifecycle = openLifecycle(config);
  const toolsKey = randomBytes(32).toString("base64url");
  const tools = lifecycle === undefined ? undefined : await startTools({ ...config.tools, key: toolsKey, version, lifecycle, log: log.child({ room: "tools" }) });
  const ending = new AbortController();
  const creation = startCreating(config, (signal) => untilEnvoysHaveTaken(xdsServer, store, signal), log, AbortSignal.any([stop, ending.signal]));
  const problems = (): readonly Problem[] => (round === undefined ? [] : [...round.problems, ...creation?.problems() ?? uncreated(round.registry)]);
  let logged: readonly Problem[] = [];
  // What Kubernetes says of created servers changes nothing that is served, so that no round comes with it.
  const news = setInterval(() => (logged = logNews(log, logged, problems())), newsMs);
  const admin = await startAdmin({
    host: config.adminHost,
    port: config.adminPort,
    log: log.child({ room: "admin" }),
    now: () => Date.now(),
    isServing: () => round?.isSettled === true,
    isReady: () => toReadiness(xdsServer.clients(), snapshots.published > 0),
    statusInput: () => ({
      version,
      startedAtMs,
      model: round?.model,
      gatewayInForce: gatewayInForce.of(xdsServer.clients()),
      problems: problems(),
      leader: creation?.leader(),
      registry: { files: config.registryPaths, reloads, lastReadAtMs },
      snapshots,
      clients: xdsServer.clients(),
      refusals: xdsServer.refusals(),
      bridges: bridges.reports(),
      kubernetes: kubernetes?.status(),
    }),
    configDump: () => (store.current === undefined ? {} : dumpSnapshot(store.current)),
    envoyAdmin: config.envoyAdmin,
    lifecycle,
    readToken: adminTokenFile === undefined ? undefined : () => readTokenFile(adminTokenFile),
  });
  log.info({ xds: `${config.xdsHost}:${xdsServer.port}`, admin: `${config.adminHost}:${admin.port}`, registry: config.registryPaths }, "xds-server listens");

  try {
    await runPipeline({
      registry: makeRegistrySource({ paths: config.registryPaths, environment: config.environment }),
      bridges: bridges.source,
      sessionKeys: makeSessionKeysSource({ path: config.sessionKeyFile, makeKey: () => randomBytes(32), log: log.child({ room: "session keys" }) }),
      kubernetes: kubernetes?.source ?? noKubernetes,
      gatewayOverride: { ...(config.host === undefined ? {} : { host: config.host }), ...(config.port === undefined ? {} : { port: config.port }) },
      joinTools: joiningTools(tools === undefined ? undefined : { host: config.tools.host, port: tools.port, ...config.tools.advertise, key: toolsKey }),
      moreAllowedHosts: config.allowedHosts,
      translate: makeTranslation({ systemCaFile: config.systemCaFile, eagerServers: config.eagerServers }),
      store,
      log,
      onRound: (next) => {
        if (next.registry !== round?.registry) {
          reloads[next.registry.problems.some(({ severity }) => severity === "error") ? "failed" : "ok"] += 1;
          lastReadAtMs = Date.now();
        }
        snapshots.published += 1;
        snapshots.lastPublishedAtMs = Date.now();
        if (store.current !== undefined) gatewayInForce.note(store.current, next.model.gateway, xdsServer.clients());
        round = next;
        kubernetes?.want(namespacesOf(next.registry));
        // Until then Envoy has routes of which it was told before our start, whatever has left the registry since.
        if (next.isSettled && next.registry !== asked) {
          asked = next.registry;
          creation?.want(asked);
        }
        logged = logNews(log, logged, problems());
      },
    }, stop);
  } finally {
    clearInterval(news);
    ending.abort();
    await Promise.all([xdsServer.stop(stopGraceMs), admin.stop(), tools?.stop(), creation?.ended]);
  }
}

function startCreating({ kubernetes, environment }: Config, drained: (stop: AbortSignal) => Promise<void>, log: Logger, stop: AbortSignal): Creation | undefined {
  const { creation, namespaces, mode } = kubernetes;
  if (creation === undefined || mode === "off") return undefined;
  return startCreation({
    ...creation,
    connect: () => connect(kubernetes),
    ...(namespaces === undefined ? {} : { namespaces }),
    identity: `${hostname()}-${randomBytes(4).toString("hex")}`,
    environment,
    drained,
    log: log.child({ room: "creation" }),
  }, stop);
}

/** The client, which knows kubeconfigs and their plugins, is large: it is loaded when it is first used. */
async function connect({ kubeconfigFile, context }: KubernetesConfig): Promise<KubernetesApi> {
  const { connectKubernetes } = await import("./kubernetes/kubernetes-api.js");
  return connectKubernetes({ ...(kubeconfigFile === undefined ? {} : { kubeconfigFile }), ...(context === undefined ? {} : { context }) });
}

/** A developer's kubeconfig is at hand on many machines: what stands in it is not put on a port unless somebody says so. */
function openLifecycle({ kubernetes, maxReplicas }: Config): (() => Promise<Lifecycle>) | undefined {
  if (!isAtHome(kubernetes)) return undefined;
  let opened: Promise<Lifecycle> | undefined;
  return async () => {
    opened ??= connect(kubernetes).then((api) => makeLifecycle({ api, maxReplicas }));
    try {
      return await opened;
    } catch (error) {
      // A kubeconfig that cannot be read now may be there the next time.
      opened = undefined;
      throw error;
    }
  };
}

/** The MCP SDK is large as well, and most meshes have no use for it here. */
async function startTools(options: ToolsServerOptions): Promise<ToolsServer> {
  const { startToolsServer } = await import("./admin/tools/tools-server.js");
  return startToolsServer(options);
}

function isAtHome({ mode, isInPod }: KubernetesConfig): boolean {
  return mode === "on" || (mode === "auto" && isInPod);
}

function watchKubernetes(kubernetes: KubernetesConfig, log: Logger): KubernetesSource {
  const { namespaces, discovers } = kubernetes;
  return makeKubernetesSource({
    connect: () => connect(kubernetes),
    beginsAtOnce: isAtHome(kubernetes),
    ...(namespaces === undefined ? {} : { namespaces }),
    discovers,
    settleMs,
    now: () => performance.now(),
    log: log.child({ room: "kubernetes" }),
  });
}

function namespacesOf({ servers }: RegistryView): ReadonlySet<string | undefined> {
  return new Set(servers.flatMap(({ runsAs }) => (runsAs.kind === "http" && runsAs.kubernetes !== undefined ? [runsAs.kubernetes.namespace] : [])));
}

/** Each problem is logged once when it comes and once when it is gone. */
function logNews(log: Logger, before: readonly Problem[], now: readonly Problem[]): readonly Problem[] {
  // A hint may quote what a server said last, which is another thing each time.
  const key = ({ severity, where, what }: Problem): string => JSON.stringify([severity, where, what]);
  const known = new Set(before.map(key));
  const still = new Set(now.map(key));
  for (const problem of now) if (!known.has(key(problem))) log[problem.severity === "error" ? "error" : "warn"]({ problem }, problem.what);
  for (const problem of before) if (!still.has(key(problem))) log.info({ problem }, `solved: ${problem.what}`);
  return now;
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string };
  return version;
}

const config = readConfig();
const log = pino({ name: "xds-server", level: config.logLevel, redact: ["*.value", "*.key", "*.env"] });
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort());
if (config.exitWithParent) process.stdin.resume().on("end", () => stopping.abort()).on("error", () => stopping.abort());

try {
  await run(config, log, stopping.signal);
  process.exit(0);
} catch (error) {
  log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/** A checked entry → McpServer, with every default filled in. */

import { isAbsolute, join } from "node:path";
import type { z } from "zod";
import type { Auth, Cors, HealthCheck, HttpEndpoint, HttpServer, KubernetesOrigin, McpServer, OutlierDetection, Policy, Pool, RateLimit, ServerDefaults, SessionAffinity, Shared, StdioServer, UpstreamTls } from "../../model/model.js";
import type { GoodEntry } from "./entry.js";
import { absolutePath } from "./expansion.js";
import { instancesOf, toEndpoints } from "./http-rules.js";
import { toMilliCpus } from "./milli-cpus.js";
import type { K8sEntry, StdioEntry, UpstreamEntry } from "./schema.js";
import type { auth, PolicyFields } from "./schema-policy.js";
import { toCreatedOrigin } from "./to-workload.js";

/**
 * A stream holds a connection and a request as long as it lasts, so Envoy's own 1024 would leave the next one hanging;
 * its 3 retries at once fail requests when one of three replicas dies under load.
 */
const circuitBreaker = { maxConnections: 100_000, maxPendingRequests: 100_000, maxRequests: 100_000, maxRetries: 100 };
const outlierDetection: OutlierDetection = { consecutiveErrors: 5, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 50 };
const retries = { attempts: 2 };
const timeouts = { connectMs: 5_000 };
const dnsRefreshMs = 5_000;
const pool: Pool = { min: 1, max: 32, idleTimeoutMs: 30 * 60_000, queueMax: 128, queueTimeoutMs: 30_000 };
const noLabels = {};
const noHeaders: readonly never[] = [];
const noEnvironment = {};
const off: { readonly type: "off" } = { type: "off" };
const autoAffinity: { readonly by: "auto" } = { by: "auto" };
const autoHost: { readonly kind: "auto" } = { kind: "auto" };

export function toMcpServer(id: string, entry: GoodEntry, defaults: ServerDefaults): McpServer {
  const { description, labels } = entry.fields;
  return {
    id,
    ...(description === undefined ? {} : { description }),
    labels: labels ?? noLabels,
    runsAs: toRunsAs(id, entry, defaults),
    policy: toPolicy(entry.fields, defaults),
  };
}

function toRunsAs(id: string, entry: GoodEntry, defaults: ServerDefaults): McpServer["runsAs"] {
  switch (entry.kind) {
    case "http": {
      const instances = instancesOf(entry.fields);
      const [first] = instances;
      return toHttpServer(entry, { scheme: first?.scheme ?? "http", endpoints: toEndpoints(instances), ...(first?.path === undefined ? {} : { path: first.path }), dnsRefreshMs: entry.fields.dns_refresh ?? dnsRefreshMs }, defaults);
    }
    case "k8s": {
      // A bridge serves a server at the path of its id.
      const where = { scheme: entry.fields.scheme ?? "http", endpoints: [], dnsRefreshMs, ...(entry.fields.transport === "stdio" ? { path: `/${id}` } : {}) };
      return { ...toHttpServer(entry, where, defaults), kubernetes: entry.fields.service === undefined ? toCreatedOrigin(id, entry.fields, entry.filled) : toOrigin(entry.fields, entry.fields.service) };
    }
    case "stdio": return toStdioServer(entry.fields, entry.folder);
  }
}

function toOrigin({ namespace, port }: K8sEntry, service: string): KubernetesOrigin {
  return { ...(namespace === undefined ? {} : { namespace }), service, ...(port === undefined ? {} : { port }) };
}

/** Where an entry says that its server is. */
interface Whereabouts {
  readonly scheme: "http" | "https";
  readonly endpoints: readonly HttpEndpoint[];
  /** Of its URL. */
  readonly path?: string;
  readonly dnsRefreshMs: number;
}

interface UpstreamParts { readonly fields: UpstreamEntry; readonly folder: string; readonly tlsFilesVersion?: string }

function toHttpServer({ fields, folder, tlsFilesVersion }: UpstreamParts, { scheme, endpoints, path: own, dnsRefreshMs: refreshMs }: Whereabouts, defaults: ServerDefaults): HttpServer {
  const tls = scheme === "https" ? toTls(fields, folder, tlsFilesVersion) : undefined;
  const outliers = toOutlierDetection(fields);
  return {
    kind: "http",
    endpoints,
    path: fields.path ?? own ?? "/mcp",
    basePath: (own ?? "").replace(/\/$/, ""),
    loadBalancing: fields.load_balancing ?? (hashes(fields) ? "maglev" : "round_robin"),
    healthCheck: toHealthCheck(fields, defaults),
    sessionAffinity: toAffinity(fields),
    ...(outliers === undefined ? {} : { outlierDetection: outliers }),
    circuitBreaker: fields.circuit_breaker === undefined ? circuitBreaker : {
      maxConnections: fields.circuit_breaker.max_connections ?? circuitBreaker.maxConnections,
      maxPendingRequests: fields.circuit_breaker.max_pending_requests ?? circuitBreaker.maxPendingRequests,
      maxRequests: fields.circuit_breaker.max_requests ?? circuitBreaker.maxRequests,
      maxRetries: fields.circuit_breaker.max_retries ?? circuitBreaker.maxRetries,
    },
    retries: toRetries(fields.retries),
    timeouts: fields.timeouts === undefined ? timeouts : {
      connectMs: fields.timeouts.connect ?? timeouts.connectMs,
      ...(fields.timeouts.request === undefined ? {} : { requestMs: fields.timeouts.request }),
      ...(fields.timeouts.idle === undefined ? {} : { idleMs: fields.timeouts.idle }),
    },
    ...(fields.slow_start === undefined ? {} : { slowStartMs: fields.slow_start }),
    requestHeaders: fields.headers === undefined ? noHeaders : Object.entries(fields.headers).map(([name, value]) => ({ name, value })),
    ...(tls === undefined ? {} : { tls }),
    dnsRefreshMs: refreshMs,
    hostHeader: toHostHeader(fields.host_header),
  };
}

/** Affinity by a hash needs a balancing that hashes; where none is named, maglev is. */
function hashes({ session_affinity: affinity }: UpstreamEntry): boolean {
  return typeof affinity === "object";
}

function toHealthCheck({ health_check: given }: UpstreamEntry, { healthCheckIntervalMs }: ServerDefaults): HealthCheck {
  if (given === undefined && healthCheckIntervalMs === undefined) return off;
  const check: Exclude<typeof given, undefined | { type: "off" }> = given ?? { type: "tcp" };
  const details = "interval" in check || "timeout" in check || "healthy_threshold" in check || "unhealthy_threshold" in check || "expected_statuses" in check ? check : undefined;
  const statuses = details?.expected_statuses;
  const type = check.type ?? (check.path !== undefined || statuses !== undefined ? "http" : "tcp");
  if (type === "off") return off;
  const intervalMs = details?.interval ?? healthCheckIntervalMs ?? 5_000;
  const times = {
    intervalMs,
    timeoutMs: details?.timeout ?? 2_000,
    healthyThreshold: details?.healthy_threshold ?? 1,
    unhealthyThreshold: details?.unhealthy_threshold ?? 2,
  };
  if (type !== "http") return { type, ...times };
  return { type, path: check.path ?? "/", expectedStatuses: statuses ?? [{ start: 200, end: 300 }], ...times };
}

function toAffinity({ session_affinity: affinity }: UpstreamEntry): SessionAffinity {
  if (affinity === undefined || affinity === "auto") return autoAffinity;
  if (affinity === "off") return { by: "off" };
  switch (affinity.by) {
    case "header": return { by: "header", name: affinity.name ?? "" };
    case "cookie": return { by: "cookie", name: affinity.name ?? "mcp-affinity", ttlMs: affinity.ttl ?? 3_600_000 };
    case "source_ip": return { by: "source_ip" };
  }
}

function toOutlierDetection({ outlier_detection: given }: UpstreamEntry): OutlierDetection | undefined {
  if (given === undefined || given === false || given === "off") return undefined;
  if (given === true) return outlierDetection;
  return {
    consecutiveErrors: given.consecutive_errors ?? outlierDetection.consecutiveErrors,
    intervalMs: given.interval ?? outlierDetection.intervalMs,
    baseEjectionMs: given.base_ejection ?? outlierDetection.baseEjectionMs,
    maxEjectionPercent: given.max_ejection ?? outlierDetection.maxEjectionPercent,
  };
}

function toRetries(given: UpstreamEntry["retries"]): { readonly attempts: number } {
  if (given === undefined) return retries;
  if (given === "off") return { attempts: 0 };
  return typeof given === "number" ? { attempts: given } : { attempts: given.attempts };
}

function toTls({ tls }: UpstreamEntry, folder: string, filesVersion: string | undefined): UpstreamTls {
  return {
    ...(tls?.sni === undefined ? {} : { sni: tls.sni }),
    ...(tls?.ca === undefined ? {} : { caFile: absolutePath(tls.ca, folder) }),
    ...(tls?.cert === undefined ? {} : { certFile: absolutePath(tls.cert, folder) }),
    ...(tls?.key === undefined ? {} : { keyFile: absolutePath(tls.key, folder) }),
    verify: tls?.verify ?? true,
    ...(filesVersion === undefined ? {} : { filesVersion }),
  };
}

function toHostHeader(given: string | undefined): HttpServer["hostHeader"] {
  if (given === undefined || given === "auto") return autoHost;
  return given === "keep" ? { kind: "keep" } : { kind: "name", name: given };
}

function toStdioServer(fields: StdioEntry, folder: string): StdioServer {
  const command = fields.cmd ?? fields.command ?? [];
  return {
    kind: "stdio",
    command: typeof command === "string" ? [command, ...(fields.args ?? [])] : command,
    workingDir: fields.working_dir === undefined ? folder : isAbsolute(fields.working_dir) ? fields.working_dir : join(folder, fields.working_dir),
    env: fields.env_vars ?? fields.env ?? noEnvironment,
    pool: toPool(fields),
    maxMessageBytes: fields.limits?.message_bytes ?? 64 * 1024 * 1024,
    ...toLimits(fields),
    ...(fields.user === undefined ? {} : { user: fields.user }),
    ...(fields.isolation === "shared" ? { shared: toShared(fields) } : {}),
    onLoss: fields.on_loss ?? "reinitialize",
    sessionMaxAgeMs: fields.session_max_age ?? 24 * 3_600_000,
  };
}

function toLimits({ limits }: StdioEntry): Pick<StdioServer, "limits"> {
  if (limits?.memory === undefined && limits?.cpu === undefined) return {};
  return {
    limits: {
      ...(limits.memory === undefined ? {} : { memoryBytes: limits.memory }),
      ...(limits.cpu === undefined ? {} : { milliCpus: toMilliCpus(limits.cpu) }),
    },
  };
}

function toShared({ concurrency, pool: given }: StdioEntry): Shared {
  return { concurrency: concurrency ?? 16, ...(given?.max_requests === undefined ? {} : { maxRequests: given.max_requests }) };
}

function toPool({ pool: given, pool_size: poolSize }: StdioEntry): Pool {
  if (given === undefined && poolSize === undefined) return pool;
  const max = given?.max ?? poolSize ?? Math.max(pool.max, given?.min ?? 0);
  return {
    min: given?.min ?? Math.min(pool.min, max),
    max,
    idleTimeoutMs: given?.idle_timeout ?? pool.idleTimeoutMs,
    queueMax: given?.queue?.max ?? pool.queueMax,
    queueTimeoutMs: given?.queue?.timeout ?? pool.queueTimeoutMs,
  };
}

function toPolicy(fields: PolicyFields, defaults: ServerDefaults): Policy {
  const auth = fields.auth === undefined ? defaults.auth : toAuth(fields.auth);
  const { tools } = fields;
  const rateLimit = toRateLimit(fields.rate_limit);
  const cors = toCors(fields.cors);
  return {
    ...(auth === undefined ? {} : { auth }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(tools === undefined ? {} : { tools: { ...(tools.allow === undefined ? {} : { allow: tools.allow }), deny: tools.deny ?? [] } }),
    ...(cors === undefined ? {} : { cors }),
    accessLog: fields.access_log ?? defaults.accessLog,
  };
}

export function toAuth(given: z.output<typeof auth>): Auth | undefined {
  if (given === "off") return undefined;
  return { kind: "api_keys", ...(given.header === undefined ? {} : { header: given.header }), keys: given.api_keys };
}

function toRateLimit(given: PolicyFields["rate_limit"]): RateLimit | undefined {
  if (given === undefined || given === "off") return undefined;
  return { requests: given.requests, perMs: given.per, burst: given.burst ?? given.requests };
}

function toCors(given: PolicyFields["cors"]): Cors | undefined {
  if (given === undefined || given === "off") return undefined;
  const rule = "allow_origins" in given ? given : { allow_origins: given };
  return { allowOrigins: rule.allow_origins, allowCredentials: rule.allow_credentials ?? false, maxAgeMs: rule.max_age ?? 600_000 };
}

/** The registry's schema: the single source of its types, its checks and the JSON Schema that editors read. */

import { z } from "zod";
import { readEndpointUrl, isPlainPath } from "./endpoint-url.js";
import { boolean, choice, duration, durationOrOff, integer, isOff, off, percentage, scalar, size, statusRange, text } from "./scalars.js";
import { listOf, mapOf, object } from "./schema-objects.js";
import { apiKeys, auth, policyFields } from "./schema-policy.js";
import { kubernetesName, workloadFields } from "./schema-workload.js";
import { maxIdLength } from "./server-id.js";

const endpoint = scalar({ type: "string", description: "http://host:port or https://host:port/path" }, readEndpointUrl);

const plainPath = scalar({ type: "string", pattern: "^/|\\$\\{|\\{\\{" }, (value) =>
  typeof value === "string" && value.startsWith("/") && isPlainPath(value)
    ? { value }
    : { says: "is no path", hint: "write /mcp: it begins with a slash and holds no query, no .., no //", isOtherKind: typeof value !== "string" });

const program = text({ maxLength: 131_072, allowEmpty: true });

const healthCheckTypes = ["http", "tcp", "mcp", "off"] as const;

/** The short form: `/health`, `tcp`, `mcp`, `off`. */
const healthCheckWord = scalar<{ readonly type: (typeof healthCheckTypes)[number]; readonly path?: string }>({ anyOf: [{ enum: [...healthCheckTypes, false] }, { type: "string", pattern: "^/|\\$\\{|\\{\\{" }] }, (value) => {
  if (isOff(value)) return { value: { type: "off" } };
  if (value === "tcp" || value === "mcp") return { value: { type: value } };
  if (typeof value === "string" && value.startsWith("/")) return isPlainPath(value) ? { value: { type: "http", path: value } } : { says: "is no path", hint: "write /health" };
  return { says: "is no health check", hint: "write /health, tcp, mcp, off or {type: http, path: /health, interval: 5s}", isOtherKind: typeof value !== "string" };
});

const healthCheck = z.union([
  object({
    type: choice(healthCheckTypes).optional().describe("http asks for a path, tcp connects, mcp asks the MCP path, off does nothing. Default: http with a path, else tcp."),
    path: plainPath.optional().describe("What an http check asks for."),
    interval: duration(10).optional().describe("Default: gateway.health_check_interval, else 5s."),
    timeout: duration(10).optional().describe("Default 2s."),
    healthy_threshold: integer(1, 1000).optional().describe("So many good answers in a row make an endpoint healthy. Default 1."),
    unhealthy_threshold: integer(1, 1000).optional().describe("So many bad answers in a row make it unhealthy. Default 2."),
    expected_statuses: listOf(statusRange(), 1).optional().describe("What an http check takes for healthy. Default [200-299]."),
  }),
  healthCheckWord,
], { error: "must be /path, tcp, mcp, off or {type, path, interval, …}" });

const sessionAffinity = z.union([
  object({
    by: choice(["header", "cookie", "source_ip"]).describe("What keeps a client at its replica."),
    name: text({ maxLength: 256 }).optional().describe("The header's or cookie's name."),
    ttl: duration().optional().describe("How long the cookie lasts. Default 1h."),
  }),
  choice(["auto", "off"]),
  off(),
], { error: "must be auto, off or {by: header|cookie|source_ip, name}" });

/** Of every server that is reached over HTTP, wherever it is. */
const upstreamFields = {
  path: plainPath.optional().describe("The MCP path upstream. Default: the endpoint's own path, else /mcp."),
  load_balancing: choice(["round_robin", "least_request", "random", "ring_hash", "maglev"], { least_connections: "least_request" }).optional().describe("How new sessions and single requests are spread over the replicas. Default round_robin."),
  health_check: healthCheck.optional().describe("/path, tcp, mcp, off, or {type, path, interval, …}. Default: tcp when gateway.health_check_interval is set, else off."),
  session_affinity: sessionAffinity.optional().describe("auto: the replica that made an MCP session keeps it. off: never. {by: header|cookie|source_ip, name}: by that. Default auto."),
  outlier_detection: z.union([
    object({
      consecutive_errors: integer(1, 100_000).optional().describe("So many errors in a row put an endpoint out. Default 5."),
      interval: duration(10).optional().describe("How often is looked. Default 10s."),
      base_ejection: duration(10).optional().describe("How long it stays out the first time. Default 30s."),
      max_ejection: percentage().optional().describe("At most this share of the endpoints is out. Default 50%."),
    }),
    off(),
    boolean(),
  ], { error: "must be true, off or {consecutive_errors, interval, base_ejection, max_ejection}" }).optional().describe("Puts endpoints that fail out for a while. true takes the defaults. Default off."),
  circuit_breaker: object({
    max_connections: integer(1, 4_294_967_295).optional().describe("Default 100000."),
    max_pending_requests: integer(1, 4_294_967_295).optional().describe("Default 100000."),
    max_requests: integer(1, 4_294_967_295).optional().describe("Default 100000."),
    max_retries: integer(0, 4_294_967_295).optional().describe("Default 100."),
  }).optional().describe("How much may be open at once; a stream holds a connection and a request as long as it lasts."),
  retries: z.union([
    object({ attempts: integer(0, 10).describe("0 is off.") }),
    integer(0, 10),
    off(),
  ], { error: "must be a number of attempts, or off" }).optional().describe("How often a request that has surely not run is tried again. Default 2."),
  timeouts: object({
    connect: duration(1, 3_600_000).optional().describe("Default 5s."),
    request: durationOrOff().optional().describe("How long a whole answer may take, streams too. Default: no limit."),
    idle: durationOrOff().optional().describe("How long a stream may be silent. Default: no limit."),
  }).optional().describe("Limits in time."),
  slow_start: durationOrOff().optional().describe("How long the share of a new endpoint grows; for round_robin and least_request."),
  headers: mapOf(text({ allowEmpty: true, maxLength: 65_536 })).optional().describe("Added to every request on its way upstream. ${ENV} and ${file:/path} are filled in and never shown."),
  tls: object({
    ca: text().optional().describe("PEM file of the authorities to trust. Default: the system's."),
    cert: text().optional().describe("PEM file of our own certificate."),
    key: text().optional().describe("PEM file of its key."),
    sni: text({ maxLength: 253 }).optional().describe("The name asked for and verified. Default: the endpoint's own."),
    verify: boolean().optional().describe("false trusts any certificate. Default true."),
  }).optional().describe("For https endpoints."),
  host_header: text({ maxLength: 259, pattern: /^(auto|keep|[A-Za-z0-9_.-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?)$/, says: "is no host", hint: "write auto, keep, or a host name" }).optional().describe("auto: a DNS endpoint is sent its own name, an IP endpoint the client's. keep: the client's. Or a name."),
};

export const httpFields = {
  endpoint: endpoint.optional().describe("Where the MCP server is: http://host:port or https://host:port/path. A DNS name stands for all its addresses."),
  url: endpoint.optional().describe("The same as endpoint."),
  instances: listOf(z.union([
    object({
      endpoint: endpoint.optional().describe("Where this replica is."),
      url: endpoint.optional().describe("The same as endpoint."),
      weight: integer(1, 1_000_000).optional().describe("Its share of the load beside the others. Default 1."),
      priority: integer(0, 127).optional().describe("0 is used first; the next number takes over when those before it are not healthy enough. Default 0."),
      zone: text({ maxLength: 256 }).optional().describe("Where it runs."),
    }),
    endpoint,
  ], { error: "must be a URL or {endpoint, weight, priority, zone}" }), 1).optional().describe("Several replicas of the same MCP server; scheme and path are the same for all."),
  ...upstreamFields,
  dns_refresh: duration(100).optional().describe("How often a DNS endpoint is looked up. Default 5s."),
};

const queue = object({
  max: integer(0, 1_000_000).optional().describe("How many requests may wait for a process. Default 128."),
  timeout: duration().optional().describe("How long they wait before 503. Default 30s."),
});

export const stdioFields = {
  cmd: z.union([listOf(program, 1), program], { error: "must be a list: program and arguments" }).optional().describe("Program and arguments as a list; never run through a shell. Or the program alone, with args."),
  command: z.union([listOf(program, 1), program], { error: "must be a list: program and arguments" }).optional().describe("The same as cmd."),
  args: listOf(program).optional().describe("Arguments, where cmd is the program alone."),
  working_dir: text().optional().describe("Where it runs; relative to the registry file's folder. Default: that folder."),
  env_vars: mapOf(text({ allowEmpty: true, maxLength: 131_072 })).optional().describe("Added to the bridge's own environment. ${ENV} and ${file:/path} are filled in and never shown."),
  env: mapOf(text({ allowEmpty: true, maxLength: 131_072 })).optional().describe("The same as env_vars."),
  pool_size: integer(1, 4096).optional().describe("The same as pool.max."),
  pool: object({
    min: integer(0, 4096).optional().describe("Warm processes kept ready. Default 1."),
    max: integer(1, 4096).optional().describe("Processes at the most, in each worker; without isolation: shared also sessions. Default 32."),
    idle_timeout: duration().optional().describe("A session without a request or stream for this long gives its process back, and so does a shared process beyond min without a request. Default 30m."),
    max_requests: integer(1, 1_000_000_000).optional().describe("isolation: shared only. A process is replaced after so many requests. Default: never."),
    queue: queue.optional().describe("Requests that wait for a process."),
  }).optional().describe("How many processes there are."),
  isolation: choice(["session", "shared"]).optional().describe("session: each session has a process of its own (default). shared: all sessions share the processes."),
  concurrency: integer(1, 1_000_000).optional().describe("isolation: shared only. Requests that may be open at one process. Default 16."),
  on_loss: choice(["reinitialize", "terminate"]).optional().describe("What becomes of a session whose process or worker is gone. reinitialize: it goes on with another process, which is initialised as the first was. terminate: it ends, and the client gets 404. Default reinitialize."),
  session_max_age: duration().optional().describe("A session that was begun longer ago is not brought back once it is lost. Default 24h."),
  limits: object({
    memory: size(1024 * 1024, 2 ** 50).optional().describe("Memory of a process with all that it starts; one that needs more is ended."),
    cpu: text({ pattern: /^\d{1,4}(\.\d{1,3})?$|^\d{1,7}m$/, says: "is no number of CPUs", hint: "write 0.5 or 500m" }).optional().describe("CPUs of a process with all that it starts, as 0.5 or 500m. Needs a cgroup that the bridge may divide."),
    message_bytes: size(1024, 2 ** 30).optional().describe("The longest message taken from the process. Default 64MiB."),
  }).optional().describe("What one process may use."),
  user: text({ pattern: /^[\w][\w.-]{0,63}\$?(:[\w][\w.-]{0,63})?$/, says: "is no user", hint: "write a name or number, and a group behind a colon if it is to be another: app, 1000, app:data" }).optional().describe("Whom it runs as: a name or number, with :group or not. Needs a bridge that runs as root. Default: the bridge's own."),
};

/** What Kubernetes takes for the name of a port, or its number. */
const portOfService = scalar<string | number>({ anyOf: [{ type: "integer", minimum: 1, maximum: 65535 }, { type: "string" }] }, (value) => {
  const isNumber = typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
  if (isNumber) return Number.isInteger(Number(value)) && Number(value) >= 1 && Number(value) <= 65_535 ? { value: Number(value) } : { says: "is not in 1..65535" };
  return typeof value === "string" && /^(?!.*--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value) ? { value } : { says: "is neither the name nor the number of a port", hint: "write 8080, or a name of lower case letters, digits and -" };
});

export const k8sFields = {
  ...upstreamFields,
  namespace: kubernetesName.optional().describe("Where it is. Default: the namespace of the xds-server."),
  service: kubernetesName.optional().describe("A Service that is there already: its endpoints are discovered."),
  port: portOfService.optional().describe("With service: name or number of the Service's port; without one it is mcp, else http, else the first. Else: where it listens in its pod, which is also in the variable PORT; default 8080."),
  scheme: choice(["http", "https"]).optional().describe("What its pods speak. Default http."),
  ...workloadFields,
  command: listOf(program, 1).optional().describe("What the container runs, instead of the image's entrypoint; never through a shell. Needed with transport: stdio."),
};

export const templateFields = {
  template_name: text({ maxLength: 128 }).describe("Which of the registry's templates."),
  instances: integer(1, 4096).optional().describe("{{instances}} in the template; else pool.max of a stdio server, replicas of a k8s one."),
  config: mapOf(z.unknown()).optional().describe("What its placeholders stand for: each {{name}} needs a value here, and each value here its {{name}}."),
};

export type EntryKind = "http" | "stdio" | "k8s" | "template";

const fieldsOfKind: Readonly<Record<EntryKind, object>> = { http: httpFields, stdio: stdioFields, k8s: k8sFields, template: templateFields };

export function isKnownField(field: string): boolean {
  return knownFields.has(field);
}

/** Of entries of any kind. */
export const knownFields: ReadonlySet<string> = new Set(["type", ...[policyFields, ...Object.values(fieldsOfKind)].flatMap((fields) => Object.keys(fields))]);

/** For which kinds of entry a field is, in words, when it is not for this one. */
function belongsTo(kind: EntryKind): (field: string) => string | undefined {
  return (field) => {
    const kinds = (Object.keys(fieldsOfKind) as EntryKind[]).filter((other) => other !== kind && Object.hasOwn(fieldsOfKind[other], field));
    return kinds.length === 0 ? undefined : `${kinds.join(" and ")} entries, and this is one of type ${kind}`;
  };
}

export const httpTypes = ["http", "sse", "streamable-http"] as const;

function type<const T extends readonly string[]>(...values: T) {
  return choice<T[number]>(values).optional().describe("May be left out where the other fields tell.");
}

export const httpEntry = object({ type: type(...httpTypes), ...httpFields, ...policyFields }, belongsTo("http")).meta({ id: "HttpServer", title: "An MCP server reached over HTTP" });
export const stdioEntry = object({ type: type("stdio"), ...stdioFields, ...policyFields }, belongsTo("stdio")).meta({ id: "StdioServer", title: "An MCP server that is a command" });
export const k8sEntry = object({ type: type("k8s"), ...k8sFields, ...policyFields }, belongsTo("k8s")).meta({ id: "KubernetesServer", title: "An MCP server on Kubernetes" });
export const templateEntry = object({ type: type("template"), ...templateFields, ...policyFields }, belongsTo("template")).meta({ id: "TemplateServer", title: "An MCP server made from a template" });

export type HttpEntry = z.output<typeof httpEntry>;
export type StdioEntry = z.output<typeof stdioEntry>;
export type K8sEntry = z.output<typeof k8sEntry>;
/** What entries of all servers that are reached over HTTP have in common. */
export type UpstreamEntry = z.output<z.ZodObject<typeof upstreamFields>>;

const adminId = text({ maxLength: maxIdLength }).describe("Its id: the first segment of its path at the gateway.");

export const gatewayEntry = object({
  host: text({ maxLength: 253 }).optional().describe("The address to listen on. Default 127.0.0.1; 0.0.0.0 is all of IPv4."),
  port: integer(1, 65535).optional().describe("The port that clients speak to. Default 8000."),
  allowed_hosts: listOf(text({ maxLength: 253, pattern: /^(\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9a-fA-F:]+\])$/, says: "is no host name", hint: "write mcp.example.com, *.example.com or *, without scheme and port" })).optional().describe("Names beside the loopback ones that clients may use: mcp.example.com, *.example.com, or * for any."),
  max_request_bytes: size(1024, 10 * 1024 * 1024).optional().describe("Larger requests get 413. Default and most: 10MiB."),
  reload_registry: boolean().optional().describe("false: the registry is read once. Default true."),
  health_check_interval: duration(10).optional().describe("How often endpoints are checked; set, it also makes tcp the default check."),
  tls: object({
    cert: text().describe("PEM file of the certificate and its chain."),
    key: text().describe("PEM file of its key."),
  }).optional().describe("Serve https with this certificate."),
  auth: auth.optional().describe("Who may use the servers, where an entry does not say it itself."),
  admin: object({
    id: adminId,
    auth: apiKeys.describe("Who may use it; it must be given, as gateway.auth does not count for it."),
  }, (field) => (field === "port" || field === "host" ? "the command line: start with --admin-port" : undefined)).optional().describe("The mesh's own MCP server, with tools that start, stop and scale servers on Kubernetes. Default off."),
  access_log: boolean().optional().describe("Whether requests are logged, where an entry does not say it itself. Default false."),
  tracing: object({
    otlp_endpoint: text({ maxLength: 512 }).describe("Where OpenTelemetry listens for gRPC: host:port or http://host:port."),
    sample: percentage().optional().describe("The share of requests that is traced. Default 100%."),
    service_name: text({ maxLength: 256 }).optional().describe("Default mcp-mesh."),
  }).optional().describe("Traces to an OpenTelemetry collector."),
}).meta({ id: "Gateway", title: "The one listener that clients speak to" });

export type GatewayEntry = z.output<typeof gatewayEntry>;

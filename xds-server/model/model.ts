/** What the mesh should look like: plain readonly data that every source feeds and every translation reads. */

import type { Workload } from "./workload.js";

/** Everything that is to be served, in one value. Servers are sorted by id. */
export interface Model {
  readonly gateway: Gateway;
  readonly servers: readonly McpServer[];
  /** The stdio-bridge workers that can serve a stdio server, by its id. A server without an entry has never been taken up by a worker. */
  readonly workers: ReadonlyMap<string, readonly WorkerEndpoint[]>;
  /** What the keys of session ids are derived from; the first one seals, all open. At least one, and secret. */
  readonly sessionKeys: readonly Uint8Array[];
}

/** One MCP server under one id: the first segment of its path at the gateway. */
export interface McpServer {
  readonly id: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly runsAs: HttpServer | StdioServer;
  readonly policy: Policy;
}

/** An MCP server that is reached over HTTP. All endpoints share scheme and base path. */
export interface HttpServer {
  readonly kind: "http";
  readonly endpoints: readonly HttpEndpoint[];
  /** Where `/<id>` leads, for example `/mcp`. Starts with a slash. */
  readonly path: string;
  /** What `/<id>/<rest>` is put behind: the endpoint URL's own path without a trailing slash, often empty. */
  readonly basePath: string;
  readonly loadBalancing: LoadBalancing;
  readonly healthCheck: HealthCheck;
  readonly sessionAffinity: SessionAffinity;
  /** Absent: off. */
  readonly outlierDetection?: OutlierDetection;
  readonly circuitBreaker: CircuitBreaker;
  readonly retries: Retries;
  readonly timeouts: Timeouts;
  /** Ramp-up of a new endpoint, for round_robin and least_request. Absent: off. */
  readonly slowStartMs?: number;
  /** Added to every request on its way upstream; values may be secrets. */
  readonly requestHeaders: readonly Header[];
  /** Present: the upstream speaks TLS. */
  readonly tls?: UpstreamTls;
  readonly dnsRefreshMs: number;
  readonly hostHeader: HostHeader;
  /** Present: its endpoints are the pods of a Kubernetes Service. A source leaves `endpoints` empty, and merge fills in what is known of them. */
  readonly kubernetes?: KubernetesOrigin;
  /** Nobody could be asked yet: an Envoy that has endpoints keeps them. */
  readonly areEndpointsUnknown?: true;
}

/** A Kubernetes Service whose pods serve an MCP server. */
export interface KubernetesOrigin {
  /** Absent: the xds-server's own. */
  readonly namespace?: string;
  readonly service: string;
  /** Name or number of the Service's port. Absent: `mcp`, else `http`, else the first. */
  readonly port?: string | number;
  /** Present: the Service, and what serves behind it, is made from the registry. */
  readonly workload?: Workload;
}

export interface HttpEndpoint {
  /** An IP address or a DNS name. */
  readonly host: string;
  readonly port: number;
  /** Relative share of the load, 1 and up. */
  readonly weight: number;
  /** 0 is used first; the next number takes over when the one before is not healthy enough. */
  readonly priority: number;
  readonly zone?: string;
  /** draining: keeps its sessions and gets no new ones. Absent: nobody has said. */
  readonly health?: "healthy" | "draining";
}

export type LoadBalancing = "round_robin" | "least_request" | "random" | "ring_hash" | "maglev";

export type HealthCheck =
  | { readonly type: "off" }
  | ({ readonly type: "tcp" } & HealthCheckTimes)
  | ({ readonly type: "mcp" } & HealthCheckTimes)
  | ({ readonly type: "http"; readonly path: string; readonly expectedStatuses: readonly StatusRange[] } & HealthCheckTimes);

export interface HealthCheckTimes {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** From `start`, inclusive, to `end`, exclusive. */
export interface StatusRange { readonly start: number; readonly end: number }

/** auto: by `Mcp-Session-Id`, the replica that made a session keeps it. The others hash, or pin by cookie. */
export type SessionAffinity =
  | { readonly by: "auto" }
  | { readonly by: "off" }
  | { readonly by: "header"; readonly name: string }
  | { readonly by: "cookie"; readonly name: string; readonly ttlMs: number }
  | { readonly by: "source_ip" };

export interface OutlierDetection {
  readonly consecutiveErrors: number;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  /** 0..100 */
  readonly maxEjectionPercent: number;
}

export interface CircuitBreaker {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
}

/** Only retries that cannot run a tool twice; 0 attempts is off. */
export interface Retries { readonly attempts: number }

/** Absent: no limit. Streams may run for hours. */
export interface Timeouts {
  readonly connectMs: number;
  readonly requestMs?: number;
  readonly idleMs?: number;
}

export interface Header { readonly name: string; readonly value: string }

export interface UpstreamTls {
  /** Server name sent and verified; absent: the endpoint's own DNS name. */
  readonly sni?: string;
  /** PEM file of trusted authorities; absent: the system's. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly verify: boolean;
  /** Another one when the files hold something else. Absent: no files. */
  readonly filesVersion?: string;
}

/** auto: a DNS endpoint gets its own name, an IP endpoint the client's. */
export type HostHeader = { readonly kind: "auto" } | { readonly kind: "keep" } | { readonly kind: "name"; readonly name: string };

/** An MCP server that is a command; a stdio-bridge runs it. */
export interface StdioServer {
  readonly kind: "stdio";
  /** Program and arguments, at least one; never run through a shell. */
  readonly command: readonly string[];
  readonly workingDir?: string;
  /** Added to the worker's own environment; values may be secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly pool: Pool;
  /** The longest message taken from the process, in bytes. */
  readonly maxMessageBytes: number;
  /** Absent: none. */
  readonly limits?: ProcessLimits;
  /** Whom it runs as: a name or number, with `:group` or not. Absent: as the bridge. */
  readonly user?: string;
  /** Absent: each session has a process of its own (`isolation: session`). */
  readonly shared?: Shared;
  /** What becomes of a session whose process or worker is gone. */
  readonly onLoss: "reinitialize" | "terminate";
  /** A session id that is older brings no session back. */
  readonly sessionMaxAgeMs: number;
}

/** Of a process with all that it starts; one of them at least is given. */
export interface ProcessLimits {
  readonly memoryBytes?: number;
  /** 1000 is one CPU. */
  readonly milliCpus?: number;
}

/** `isolation: shared`: all sessions share the processes. */
export interface Shared {
  /** Requests that may be open at a process. */
  readonly concurrency: number;
  /** A process is replaced after so many. Absent: never. */
  readonly maxRequests?: number;
}

/** `isolation: session`: a session has a process of its own, so these count processes and sessions alike. Each worker has a pool. */
export interface Pool {
  /** Warm spares kept ready. */
  readonly min: number;
  readonly max: number;
  /** A session without a request or stream for this long ends. */
  readonly idleTimeoutMs: number;
  readonly queueMax: number;
  readonly queueTimeoutMs: number;
}

/** A stdio-bridge worker as an endpoint of one stdio server. */
export interface WorkerEndpoint {
  readonly worker: string;
  readonly host: string;
  readonly port: number;
  readonly health: "healthy" | "unhealthy" | "draining";
  /** Why it is not healthy. */
  readonly reason?: string;
}

/** What applies to a server whatever it runs as. */
export interface Policy {
  /** Absent: everybody. */
  readonly auth?: Auth;
  readonly rateLimit?: RateLimit;
  readonly tools?: ToolRule;
  readonly cors?: Cors;
  readonly accessLog: boolean;
}

/** One of these keys is asked for, as `Authorization: Bearer KEY` or in `header`. */
export interface Auth { readonly kind: "api_keys"; readonly header?: string; readonly keys: readonly ApiKey[] }
export interface ApiKey { readonly client: string; readonly key: string }

/** A token bucket for the server as a whole, in each Envoy. */
export interface RateLimit { readonly requests: number; readonly perMs: number; readonly burst: number }

/** `deny` wins over `allow`; without `allow` every tool not denied is allowed. */
export interface ToolRule { readonly allow?: readonly string[]; readonly deny: readonly string[] }

/** Pages of these origins may use the server from a browser; `*` is any. */
export interface Cors { readonly allowOrigins: readonly string[]; readonly allowCredentials: boolean; readonly maxAgeMs: number }

/** The one listener that clients speak to. */
export interface Gateway {
  readonly host: string;
  readonly port: number;
  /** Names beside the loopback ones that the Host and Origin headers may bear; `*.example.com` covers the names below it, `*` any. */
  readonly allowedHosts: readonly string[];
  readonly maxRequestBytes: number;
  readonly tls?: GatewayTls;
  readonly accessLog: boolean;
  readonly tracing?: Tracing;
  /** The mesh's own MCP server. Absent: there is none. */
  readonly admin?: { readonly id: string; readonly auth: Auth };
}

/** `filesVersion` is another one when the files hold something else. */
export interface GatewayTls { readonly certFile: string; readonly keyFile: string; readonly filesVersion: string }

/** OpenTelemetry over gRPC to `host:port`; `samplePercent` of the requests, 0..100. */
export interface Tracing { readonly host: string; readonly port: number; readonly samplePercent: number; readonly serviceName: string }

/** Something an operator should see: bad input is data, it never stops the rest. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** `file:line:column`, or the source where there is no file. */
  readonly where: string;
  /** The id of the server that it keeps out or back, where it concerns one. */
  readonly serverId?: string;
  readonly what: string;
  readonly hint: string;
}

/** A value that could be read, and what was wrong on the way. */
export interface Checked<T> { readonly value: T; readonly problems: readonly Problem[] }

/** What the registry's files say, whole. Objects of entries that did not change are the same objects as in the view before. */
export interface RegistryView {
  readonly kind: "registry";
  readonly gateway: Gateway;
  readonly servers: readonly McpServer[];
  /** Of entries that are not served: they are switched off, or wrong, or lack a protection. Nobody else is served under their ids. Sorted. */
  readonly unservedIds: readonly string[];
  readonly defaults: ServerDefaults;
  readonly problems: readonly Problem[];
}

/** What the registry's gateway section says for servers that do not say it themselves, wherever they come from. */
export interface ServerDefaults {
  readonly auth?: Auth;
  readonly accessLog: boolean;
  readonly healthCheckIntervalMs?: number;
  /** Part of the protection that was asked for cannot be read, and never could: servers that rely on it are not served. */
  readonly isClosed?: true;
}

/** What the bridges report, whole. */
export interface BridgesView {
  readonly kind: "bridges";
  readonly workers: ReadonlyMap<string, readonly WorkerEndpoint[]>;
  readonly problems: readonly Problem[];
  /**
   * False while bridges that were there before a restart of the xds-server may still be about to report:
   * until then Envoy is sent nothing, so that it keeps the routes it has.
   */
  readonly settled: boolean;
}

/** The keys that session ids are made with. */
export interface SessionKeysView {
  readonly kind: "session_keys";
  readonly keys: readonly Uint8Array[];
  readonly problems: readonly Problem[];
}

/** What the Kubernetes API says, whole. Objects of Services that did not change are the same objects as in the view before. */
export interface KubernetesView {
  readonly kind: "kubernetes";
  /** off: nobody asks. */
  readonly state: "off" | "on";
  /** Our own: where a server without a namespace is. */
  readonly namespace: string;
  /** By namespace. */
  readonly namespaces: ReadonlyMap<string, KubernetesNamespace>;
  /** What a namespace is that is not among them: nobody looks there, it cannot be said yet, or it holds no Service. */
  readonly elsewhere: "unwatched" | "unknown" | "empty";
  /** The oldest Service first: of two with one id, that one counts. */
  readonly discovered: readonly DiscoveredServer[];
  readonly problems: readonly Problem[];
  /**
   * False while what was there before a restart of the xds-server may still be about to be listed:
   * until then Envoy is sent nothing, so that it keeps the endpoints it has.
   */
  readonly settled: boolean;
}

export interface KubernetesNamespace {
  /** False: it could not be listed yet, so that a Service that is missing may be there. */
  readonly isKnown: boolean;
  /** By name. */
  readonly services: ReadonlyMap<string, KubernetesService>;
}

export interface KubernetesService {
  /** The TCP ports, in the order of the Service. */
  readonly ports: readonly KubernetesPort[];
  /** Present: the Service is only another name for this host (type ExternalName). */
  readonly externalName?: string;
}

export interface KubernetesPort {
  /** Absent: a Service's only port needs none. */
  readonly name?: string;
  readonly port: number;
  readonly endpoints: readonly HttpEndpoint[];
}

/** An MCP server that nobody but its Service's label and annotations tells of. */
export interface DiscoveredServer {
  /** Its policy says nothing of auth and access log: those are the gateway's to say. */
  readonly mcpServer: McpServer;
  /** Of its Service, for people. */
  readonly where: string;
  /** False: whether and how often it is checked is the gateway's to say. */
  readonly saysHealthCheck: boolean;
}

export type View = RegistryView | BridgesView | SessionKeysView | KubernetesView;

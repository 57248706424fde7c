/** Servers → Envoy clusters: how the endpoints are found, chosen, checked and limited. */

import { isIP } from "node:net";
import type { Cluster } from "../../protos/gen/envoy/config/cluster/v3/Cluster.js";
import type { Any } from "../../protos/gen/google/protobuf/Any.js";
import type { HealthCheck as EnvoyHealthCheck } from "../../protos/gen/envoy/config/core/v3/HealthCheck.js";
import type { DnsCluster } from "../../protos/gen/envoy/extensions/clusters/dns/v3/DnsCluster.js";
import type { HttpProtocolOptions } from "../../protos/gen/envoy/extensions/upstreams/http/v3/HttpProtocolOptions.js";
import type { CircuitBreaker, HealthCheck, HttpServer, LoadBalancing, McpServer, OutlierDetection, Tracing } from "../model/model.js";
import { toLoadAssignment } from "./endpoints.js";
import { serverResourceName, sessionsClusterName, tracingClusterName } from "./names.js";
import { duration, tcpKeepalive, typed } from "./proto-values.js";
import type { Surroundings } from "./surroundings.js";
import { toUpstreamTls } from "./upstream-tls.js";

const httpProtocolOptionsName = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/**
 * Node's and uvicorn's HTTP servers close an idle connection after 5 s. Giving ours up first keeps a request
 * from being written into a connection that is just being closed, which a pinned request could not retry.
 */
const idleUpstreamConnectionMs = 4_000;

const common_http_protocol_options = { idle_timeout: duration(idleUpstreamConnectionMs) };
/** Also notices a server that is frozen, which its machine goes on acknowledging for. */
const http2_protocol_options = { connection_keepalive: { interval: duration(30_000), timeout: duration(10_000) } };
const http1 = protocolOptions({ common_http_protocol_options, explicit_http_config: { http_protocol_options: {} } });
const agreed = protocolOptions({ common_http_protocol_options, auto_config: { http_protocol_options: {}, http2_protocol_options } });

function protocolOptions(options: HttpProtocolOptions): Record<string, Any> {
  return { [httpProtocolOptionsName]: typed(httpProtocolOptionsName, options) };
}

export function toCluster(mcpServer: McpServer, surroundings: Surroundings): Cluster {
  switch (mcpServer.runsAs.kind) {
    case "http": return toHttpCluster(mcpServer.id, mcpServer.runsAs, surroundings);
    case "stdio": return toWorkersCluster(mcpServer.id);
  }
}

/** Endpoints that are all IP addresses come over EDS; names are resolved, all of their addresses, by Envoy itself. */
export function isResolvedByEnvoy(httpServer: HttpServer): boolean {
  return httpServer.endpoints.some((endpoint) => isIP(endpoint.host) === 0);
}

function toHttpCluster(serverId: string, httpServer: HttpServer, surroundings: Surroundings): Cluster {
  const name = serverResourceName(serverId);
  const balancing = effectiveBalancing(httpServer);
  return {
    name,
    ...(isResolvedByEnvoy(httpServer)
      ? { cluster_type: resolvedEvery(httpServer.dnsRefreshMs), load_assignment: toLoadAssignment(serverId, httpServer) }
      : viaEds(name)),
    connect_timeout: duration(httpServer.timeouts.connectMs),
    ...toBalancing(balancing, httpServer.slowStartMs),
    ...commonToAll,
    circuit_breakers: toCircuitBreakers(httpServer.circuitBreaker),
    ...(httpServer.healthCheck.type === "off" ? {} : { health_checks: [toHealthCheck(httpServer.healthCheck, httpServer)], ignore_health_on_host_removal: true }),
    ...(httpServer.outlierDetection === undefined ? {} : { outlier_detection: toOutlierDetection(httpServer.outlierDetection) }),
    ...(httpServer.tls === undefined ? {} : toUpstreamTls(httpServer.tls, httpServer, surroundings)),
    // Behind TLS the protocol is agreed by ALPN; in the clear MCP servers speak HTTP/1.1.
    typed_extension_protocol_options: httpServer.tls === undefined ? http1 : agreed,
  };
}

function toWorkersCluster(serverId: string): Cluster {
  const name = serverResourceName(serverId);
  return {
    name,
    ...viaEds(name),
    connect_timeout: duration(2_000),
    ...toBalancing("least_request", undefined),
    ...commonToAll,
    circuit_breakers: toCircuitBreakers({ maxConnections: 100_000, maxPendingRequests: 100_000, maxRequests: 100_000, maxRetries: 1_000 }),
  };
}

/**
 * The workers again, for requests with a session whose own worker is gone: whichever Envoy they reach, and whichever
 * form of the session's id the client keeps to, they all meet at one other worker, and change it only when workers come or go.
 */
export function toSessionsCluster(serverId: string): Cluster {
  return { ...toWorkersCluster(serverId), name: sessionsClusterName(serverId), lb_policy: "MAGLEV", maglev_lb_config: { table_size: { value: maglevTableSize } } };
}

/** A prime. Workers are few, and Envoy's default of 65,537 places would cost half a megabyte for each stdio server. */
const maglevTableSize = 1_021;

export function toTracingCluster(tracing: Tracing): Cluster {
  return {
    name: tracingClusterName,
    cluster_type: resolvedEvery(5_000),
    connect_timeout: duration(2_000),
    load_assignment: {
      cluster_name: tracingClusterName,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: tracing.host, port_value: tracing.port } } } }] }],
    },
    typed_extension_protocol_options: protocolOptions({ explicit_http_config: { http2_protocol_options: {} } }),
  };
}

function viaEds(serviceName: string): Pick<Cluster, "type" | "eds_cluster_config"> {
  return { type: "EDS", eds_cluster_config: { service_name: serviceName, eds_config: { ads: {}, resource_api_version: "V3" } } };
}

/** Every address of a name is an endpoint. */
function resolvedEvery(refreshMs: number): NonNullable<Cluster["cluster_type"]> {
  return { name: "envoy.clusters.dns", typed_config: typed("envoy.extensions.clusters.dns.v3.DnsCluster", { dns_refresh_rate: duration(refreshMs), dns_lookup_family: "V4_PREFERRED" } satisfies DnsCluster) };
}

/**
 * A draining endpoint keeps its sessions and gets no new ones. There is no panic mode: with two or three
 * replicas it would send most requests to those that are known to be dead.
 */
const commonToAll: Pick<Cluster, "common_lb_config" | "upstream_connection_options"> = {
  common_lb_config: {
    healthy_panic_threshold: { value: 0 },
    override_host_status: { statuses: ["UNKNOWN", "HEALTHY", "DEGRADED", "DRAINING"] },
  },
  upstream_connection_options: { tcp_keepalive: tcpKeepalive },
};

/** Affinity by something other than the MCP session needs a balancer that hashes. */
function effectiveBalancing(httpServer: HttpServer): LoadBalancing {
  const { loadBalancing, sessionAffinity } = httpServer;
  const hashes = loadBalancing === "ring_hash" || loadBalancing === "maglev";
  return sessionAffinity.by === "auto" || sessionAffinity.by === "off" || hashes ? loadBalancing : "maglev";
}

function toBalancing(balancing: LoadBalancing, slowStartMs: number | undefined): Partial<Cluster> {
  const slowStart = slowStartMs === undefined ? {} : { slow_start_config: { slow_start_window: duration(slowStartMs) } };
  switch (balancing) {
    case "round_robin": return { lb_policy: "ROUND_ROBIN", ...(slowStartMs === undefined ? {} : { round_robin_lb_config: slowStart }) };
    case "least_request": return { lb_policy: "LEAST_REQUEST", ...(slowStartMs === undefined ? {} : { least_request_lb_config: slowStart }) };
    case "random": return { lb_policy: "RANDOM" };
    case "ring_hash": return { lb_policy: "RING_HASH" };
    case "maglev": return { lb_policy: "MAGLEV" };
  }
}

function toCircuitBreakers(circuitBreaker: CircuitBreaker): NonNullable<Cluster["circuit_breakers"]> {
  const limits = {
    max_connections: { value: circuitBreaker.maxConnections },
    max_pending_requests: { value: circuitBreaker.maxPendingRequests },
    max_requests: { value: circuitBreaker.maxRequests },
    max_retries: { value: circuitBreaker.maxRetries },
  };
  return { thresholds: [{ priority: "DEFAULT", ...limits }] };
}

function toHealthCheck(healthCheck: Exclude<HealthCheck, { type: "off" }>, httpServer: HttpServer): EnvoyHealthCheck {
  const times: EnvoyHealthCheck = {
    interval: duration(healthCheck.intervalMs),
    // An endpoint that has no traffic is checked as often as one that has: the default of 60 s would keep it out for a minute.
    no_traffic_interval: duration(healthCheck.intervalMs),
    timeout: duration(healthCheck.timeoutMs),
    healthy_threshold: { value: healthCheck.healthyThreshold },
    unhealthy_threshold: { value: healthCheck.unhealthyThreshold },
  };
  switch (healthCheck.type) {
    case "tcp": return { ...times, tcp_health_check: {} };
    case "http": return { ...times, http_health_check: { path: healthCheck.path, expected_statuses: healthCheck.expectedStatuses.map(toRange) } };
    // A GET without an event stream in Accept makes no session anywhere; a living MCP endpoint answers it, mostly with 400, 405 or 406.
    case "mcp": return { ...times, http_health_check: { path: httpServer.path, expected_statuses: [{ start: 200, end: 300 }, { start: 400, end: 500 }] } };
  }
}

function toRange(range: { readonly start: number; readonly end: number }): { start: number; end: number } {
  return { start: range.start, end: range.end };
}

function toOutlierDetection(outlierDetection: OutlierDetection): NonNullable<Cluster["outlier_detection"]> {
  return {
    consecutive_5xx: { value: outlierDetection.consecutiveErrors },
    consecutive_gateway_failure: { value: outlierDetection.consecutiveErrors },
    enforcing_consecutive_gateway_failure: { value: 100 },
    interval: duration(outlierDetection.intervalMs),
    base_ejection_time: duration(outlierDetection.baseEjectionMs),
    max_ejection_percent: { value: outlierDetection.maxEjectionPercent },
  };
}

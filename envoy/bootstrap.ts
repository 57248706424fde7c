/** Makes Envoy's bootstrap: how it reaches the xds-server, where its admin answers, and what it leaves out to stay small. */

import { isIP } from "node:net";
import { metricsPortKey } from "../protos/node-metadata.js";

export interface BootstrapInput {
  readonly nodeId: string;
  readonly cluster: string;
  /** An IP address or a DNS name. */
  readonly xdsHost: string;
  readonly xdsPort: number;
  readonly admin: AdminAddress;
  /** Where Prometheus reads the statistics, and whoever watches over Envoy asks for /ready; the rest of the admin stays where it is. */
  readonly metrics?: MetricsAddress;
  /** Beyond it Envoy refuses new connections from clients: out of file descriptors it would crash instead. */
  readonly maxDownstreamConnections: number;
  /** Asked instead of those that the machine is set up with. */
  readonly dnsServers?: readonly { readonly host: string; readonly port: number }[];
  /** Absent: plain text, for loopback. */
  readonly xdsTls?: XdsTls;
  /** Envoy is not ready before the xds-server has told it what to serve. Absent: after 15 s it is, and serves nothing. */
  readonly waitsForXds?: boolean;
}

/** A path is a UNIX socket that only our user can open: no page in a browser and nobody on the network reaches it. */
export type AdminAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** On a loopback address only this machine's own names are answered, so that no page in a browser gets there by a name of its own. */
export interface MetricsAddress { readonly host: string; readonly port: number }

/** PEM files: the authority that signs the xds-server's certificate, and our own certificate and key. */
export interface XdsTls {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** The name in the xds-server's certificate. */
  readonly serverName: string;
}

/** The bootstrap in Envoy's JSON form. */
export type Bootstrap = Readonly<Record<string, unknown>>;

const xdsCluster = "xds-server";
const adminCluster = "envoy-admin";
const metricsName = "metrics";

export function makeBootstrap(input: BootstrapInput): Bootstrap {
  return {
    node: { id: input.nodeId, cluster: input.cluster, ...toMetadata(input) },
    admin: { address: toAdminAddress(input.admin) },
    dynamic_resources: {
      ads_config: {
        api_type: "DELTA_GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: xdsCluster,
              // A restarted xds-server is found again within seconds; Envoy alone would wait up to 30.
              retry_policy: { retry_back_off: { base_interval: "0.25s", max_interval: "3s" } },
            },
          },
        ],
      },
      lds_config: toAdsSource(input),
      cds_config: toAdsSource(input),
    },
    static_resources: {
      clusters: [toXdsCluster(input), ...(input.metrics === undefined ? [] : [toAdminCluster(input.admin)])],
      ...(input.metrics === undefined ? {} : { listeners: [toMetricsListener(input.metrics)] }),
    },
    typed_dns_resolver_config: toDnsResolver(input.dnsServers ?? []),
    // A cluster that no request has used yet costs half of one that has.
    cluster_manager: { enable_deferred_cluster_creation: true },
    deferred_stat_options: { enable_deferred_creation_stats: true },
    stats_config: { stats_tags: [serverTag], stats_matcher: { exclusion_list: { patterns: [{ prefix: routeNoise }, { safe_regex: { regex: clusterNoise } }] } } },
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: {
            "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            max_active_downstream_connections: input.maxDownstreamConnections,
          },
        },
      ],
    },
  };
}

/** The xds-server tells Prometheus where to look; on another machine, it would look for our loopback in vain. */
function toMetadata({ metrics, xdsHost }: BootstrapInput): object {
  if (metrics === undefined || (isLoopback(metrics.host) && !isLoopback(xdsHost))) return {};
  return { metadata: { [metricsPortKey]: metrics.port } };
}

/**
 * A new cluster is accepted once its name is resolved, and every later change of any cluster waits for that. With the
 * usual 5 s and four tries, one name whose DNS server is silent would hold all changes back for minutes.
 */
function toDnsResolver(servers: NonNullable<BootstrapInput["dnsServers"]>): object {
  return {
    name: "envoy.network.dns_resolver.cares",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
      query_timeout_seconds: 1,
      query_tries: 2,
      ...(servers.length === 0 ? {} : { resolvers: servers.map(({ host, port }) => ({ socket_address: { address: host, port_value: port } })) }),
    },
  };
}

function toAdsSource({ waitsForXds = false }: BootstrapInput): object {
  return { ads: {}, resource_api_version: "V3", ...(waitsForXds ? { initial_fetch_timeout: "0s" } : {}) };
}

/**
 * A label that tells a server's id, whichever of its clusters or its rate limit counts, as the mesh's own metrics do. Envoy's own
 * label takes the name of a cluster to end at its first dot, where an id may have some: what follows the name tells where it ends.
 */
const serverTag = {
  tag_name: "server",
  regex: "^(?:cluster\\.)?((?:mcp|sessions)/(.+?)\\.)(?:bind_|circuit_breakers\\.|default\\.|health_check\\.|http[123]\\.|http_local_rate_limit\\.|lb_|maglev_lb|max_host_weight|membership_|outlier_detection\\.|retry_|ring_hash_lb|ssl\\.|tls|upstream_)",
};

/** Statistics of each server's own small route configuration; those of the scopes tell the same for all. */
const routeNoise = "http.gateway.rds.";

/**
 * Statistics of each cluster that nobody looks at. Memory grows with clusters times statistics, so requests, connections,
 * health, ejections, retries and the default circuit breakers stay, and these go.
 */
const clusterNoise = `cluster\\..*\\.(${[
  "assignment_.*",
  "bind_errors",
  "(canary|external|internal|zone)\\..*",
  "circuit_breakers\\.high\\..*",
  "default\\.total_match_count",
  "lb_(local|recalculate|subsets|zone).*",
  "original_dst_host_invalid",
  "outlier_detection\\.ejections_detected_.*",
  "retry_or_shadow_abandoned",
  "update_.*",
  "upstream_cx_(close_notify|connect_attempts_exceeded|connect_with_0_rtt|destroy_.*|http[123]_total|length_ms|max_.*|none_healthy|pool_overflow|preconnect_skipped|[rt]x_bytes_buffered)",
  "upstream_flow_control_.*",
  "upstream_http3_broken",
  "upstream_internal_redirect_.*",
  "upstream_rq_(0rtt|maintenance_mode|max_duration_reached|pending_failure_eject|per_cx|per_try_.*|retry_backoff_.*|[rt]x_reset_no_error)",
  "version",
  "warming_state",
].join("|")})`;

function toAdminAddress(admin: AdminAddress): object {
  if ("path" in admin) return { pipe: { path: admin.path, mode: 0o600 } };
  return toSocketAddress(admin);
}

/** Envoy itself, to those who may read what it counts. */
function toAdminCluster(admin: AdminAddress): object {
  return {
    name: adminCluster,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: adminCluster,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: "path" in admin ? { pipe: { path: admin.path } } : toSocketAddress(admin) } }] }],
    },
  };
}

/**
 * The admin can stop Envoy and show its configuration, so it is for nobody on a network. Here are the two of its pages that
 * others need, to be read and nothing else; they go on being read when clients hold all the connections that there may be.
 */
function toMetricsListener({ host, port }: MetricsAddress): object {
  const read = { headers: [{ name: ":method", string_match: { safe_regex: { regex: "GET|HEAD" } } }] };
  const names = isLoopback(host) ? ["localhost", "127.0.0.1", "[::1]"] : ["*"];
  return {
    name: metricsName,
    address: toSocketAddress({ host, port }),
    ignore_global_conn_limit: true,
    filter_chains: [{
      filters: [{
        name: "envoy.filters.network.http_connection_manager",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          stat_prefix: metricsName,
          strip_any_host_port: true,
          common_http_protocol_options: { idle_timeout: "300s" },
          request_headers_timeout: "10s",
          route_config: {
            name: metricsName,
            virtual_hosts: [{
              name: metricsName,
              domains: names,
              routes: ["/stats/prometheus", "/ready"].map((path) => ({ match: { path, ...read }, route: { cluster: adminCluster, timeout: "60s" } })),
            }],
          },
          http_filters: [{ name: "envoy.filters.http.router", typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } }],
        },
      }],
    }],
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function toSocketAddress({ host, port }: { readonly host: string; readonly port: number }): object {
  return { socket_address: { address: host, port_value: port } };
}

function toXdsCluster(input: BootstrapInput): object {
  return {
    name: xdsCluster,
    type: isIP(input.xdsHost) === 0 ? "STRICT_DNS" : "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: xdsCluster,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: toSocketAddress({ host: input.xdsHost, port: input.xdsPort }) } }] }],
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        // A frozen xds-server, or one behind a cut network, is noticed and left.
        explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: "30s", timeout: "5s" } } },
      },
    },
    ...(input.xdsTls === undefined ? {} : { transport_socket: toTransportSocket(input.xdsTls) }),
  };
}

function toTransportSocket(tls: XdsTls): object {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      sni: tls.serverName,
      common_tls_context: {
        alpn_protocols: ["h2"],
        tls_certificates: [{ certificate_chain: { filename: tls.certFile }, private_key: { filename: tls.keyFile } }],
        validation_context: {
          trusted_ca: { filename: tls.caFile },
          match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: tls.serverName } }],
        },
      },
    },
  };
}

/** The gateway → Envoy's one listener. Nothing per server is in it: a change of it cuts live streams. */

import type { AccessLog } from "../../protos/gen/envoy/config/accesslog/v3/AccessLog.js";
import type { Listener } from "../../protos/gen/envoy/config/listener/v3/Listener.js";
import type { HttpConnectionManager } from "../../protos/gen/envoy/extensions/filters/network/http_connection_manager/v3/HttpConnectionManager.js";
import type { HttpFilter } from "../../protos/gen/envoy/extensions/filters/network/http_connection_manager/v3/HttpFilter.js";
import type { HeaderMutation } from "../../protos/gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/HeaderMutation.js";
import type { DownstreamTlsContext } from "../../protos/gen/envoy/extensions/transport_sockets/tls/v3/DownstreamTlsContext.js";
import { toStruct } from "../../protos/struct.js";
import type { Gateway, GatewayTls, Tracing } from "../model/model.js";
import { bodyMetadata, clientHeader, filterNames, logMetadata, serverHeader } from "./filter-names.js";
import { toGuard } from "./guard.js";
import { toLocalReplies } from "./local-replies.js";
import { gatewayListenerName, tracingClusterName } from "./names.js";
import { duration, tcpKeepalive, typed, type TypedConfig } from "./proto-values.js";
import { idFromBody } from "./request-body.js";

/** Time for a whole request to arrive; an upgraded connection or an answer's stream does not count. */
const requestTimeoutMs = 300_000;

export function toListener(gateway: Gateway): Listener {
  return {
    name: gatewayListenerName,
    address: { socket_address: { address: gateway.host === "localhost" ? "127.0.0.1" : gateway.host, port_value: gateway.port } },
    // A stream without events says nothing of a client whose machine was switched off.
    tcp_keepalive: tcpKeepalive,
    filter_chains: [{
      // A certificate that was renewed is read when this changes: new connections then get it, old ones are drained.
      ...(gateway.tls === undefined ? {} : { name: `tls-${gateway.tls.filesVersion}` }),
      ...(gateway.tls === undefined ? {} : { transport_socket: { name: "envoy.transport_sockets.tls", typed_config: toTls(gateway.tls) } }),
      filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", toConnectionManager(gateway)) }],
    }],
  };
}

function toConnectionManager(gateway: Gateway): HttpConnectionManager {
  const { accessLog, cors, buffer, requestBody, mcp, guard, apiKeyAuth, rateLimit, tools, onDemand, sessionFromQuery, statefulSession, router } = toFilters(gateway);
  return {
    stat_prefix: "gateway",
    codec_type: "AUTO",
    // The edge: what a client says of itself in x-forwarded-for and x-envoy-… headers is not believed.
    use_remote_address: { value: true },
    server_header_transformation: "PASS_THROUGH",
    stream_idle_timeout: duration(0),
    request_timeout: duration(requestTimeoutMs),
    request_headers_timeout: duration(10_000),
    // Paths are refused by the guard where they are ambiguous, and never normalised into another one.
    normalize_path: { value: false },
    merge_slashes: false,
    path_with_escaped_slashes_action: "KEEP_UNCHANGED",
    early_header_mutation_extensions: [{ name: "server-header", typed_config: typed("envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation", takePath) }],
    scoped_routes: {
      name: "servers",
      // "/a/b" split at "/" is "", "a", "b": element 1 is the server's id.
      scope_key_builder: { fragments: [{ header_value_extractor: { name: serverHeader, element_separator: "/", index: 1 } }] },
      rds_config_source: { ads: {}, resource_api_version: "V3" },
      scoped_rds: { scoped_rds_config_source: { ads: {}, resource_api_version: "V3" } },
    },
    // The id of a request is known to every reply behind the filters that read the body, and these never see more than the buffer lets through.
    http_filters: [accessLog, cors, buffer, requestBody, mcp, guard, apiKeyAuth, rateLimit, tools, onDemand, sessionFromQuery, statefulSession, router],
    // An upgrade has no body to buffer or to parse.
    upgrade_configs: [{ upgrade_type: "websocket", filters: [accessLog, guard, apiKeyAuth, rateLimit, onDemand, statefulSession, router] }],
    local_reply_config: toLocalReplies(gateway.maxRequestBytes),
    access_log: [toAccessLog(gateway.accessLog)],
    ...(gateway.tracing === undefined ? {} : { tracing: toTracing(gateway.tracing) }),
  };
}

const takePath: HeaderMutation = {
  mutations: [
    ...spellingsOf(clientHeader).map((remove) => ({ remove })),
    // The path as it came: `x-envoy-original-path`, which PATH prefers by itself, is the client's word.
    { append: { header: { key: serverHeader, value: "%PATH(NQ:PATH)%" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" } },
  ],
};

/** Servers that know headers by the names of variables (CGI, WSGI) take `_` and `-` for the same. */
function spellingsOf(header: string): readonly string[] {
  return header.split("-").reduce<readonly string[]>((spellings, word) => (spellings.length === 0 ? [word] : spellings.flatMap((start) => [`${start}-${word}`, `${start}_${word}`])), []);
}

/** A filter that only some servers use is disabled here and enabled by their routes: it costs the others nothing. */
function toFilters(gateway: Gateway): Record<keyof typeof filterNames, HttpFilter> {
  const bytes = { value: gateway.maxRequestBytes };
  return {
    accessLog: whereUsed("accessLog", "envoy.extensions.filters.http.set_metadata.v3.Config"),
    cors: whereUsed("cors", "envoy.extensions.filters.http.cors.v3.Cors"),
    buffer: always("buffer", "envoy.extensions.filters.http.buffer.v3.Buffer", { max_request_bytes: bytes }),
    requestBody: always("requestBody", "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata", idFromBody),
    mcp: whereUsed("mcp", "envoy.extensions.filters.http.mcp.v3.Mcp", { traffic_mode: "PASS_THROUGH", max_request_body_size: bytes }),
    guard: always("guard", "envoy.extensions.filters.http.rbac.v3.RBAC", toGuard(gateway)),
    apiKeyAuth: whereUsed("apiKeyAuth", "envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth"),
    rateLimit: whereUsed("rateLimit", "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", { stat_prefix: "gateway" }),
    tools: whereUsed("tools", "envoy.extensions.filters.http.rbac.v3.RBAC"),
    sessionFromQuery: whereUsed("sessionFromQuery", "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"),
    // Behind all that may refuse: who is refused makes nothing be fetched.
    onDemand: whereUsed("onDemand", "envoy.extensions.filters.http.on_demand.v3.OnDemand"),
    statefulSession: whereUsed("statefulSession", "envoy.extensions.filters.http.stateful_session.v3.StatefulSession"),
    router: always("router", "envoy.extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }),
  };
}

function always(name: keyof typeof filterNames, messageName: string, message: object): HttpFilter {
  return { name: filterNames[name], typed_config: typed(messageName, message) };
}

function whereUsed(name: keyof typeof filterNames, messageName: string, message: object = {}): HttpFilter {
  return { ...always(name, messageName, message), disabled: true };
}

function toTls(tls: GatewayTls): TypedConfig<DownstreamTlsContext> {
  return typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
    common_tls_context: {
      tls_certificates: [{ certificate_chain: { filename: tls.certFile }, private_key: { filename: tls.keyFile } }],
      alpn_protocols: ["h2", "http/1.1"],
    },
  });
}

/** It is always there, for the servers that want it: what a server says must not change the listener. */
function toAccessLog(logsAll: boolean): AccessLog {
  return {
    name: "envoy.access_loggers.stdout",
    filter: { metadata_filter: { matcher: { filter: logMetadata.namespace, path: [{ key: logMetadata.key }], value: { bool_match: true } }, match_if_key_not_found: { value: logsAll } } },
    typed_config: typed("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", {
      log_format: {
        json_format: toStruct({
          time: "%START_TIME%",
          server: "%ROUTE_NAME%",
          method: "%REQ(:METHOD)%",
          path: "%PATH(NQ)%",
          rpc_method: `%DYNAMIC_METADATA(${bodyMetadata}:method)%`,
          tool: `%DYNAMIC_METADATA(${bodyMetadata}:tool)%`,
          status: "%RESPONSE_CODE%",
          flags: "%RESPONSE_FLAGS%",
          details: "%RESPONSE_CODE_DETAILS%",
          upstream: "%UPSTREAM_HOST%",
          duration_ms: "%DURATION%",
          bytes_received: "%BYTES_RECEIVED%",
          bytes_sent: "%BYTES_SENT%",
          request_id: "%REQ(X-REQUEST-ID)%",
        }),
      },
    }),
  };
}

function toTracing(tracing: Tracing): NonNullable<HttpConnectionManager["tracing"]> {
  return {
    random_sampling: { value: tracing.samplePercent },
    provider: {
      name: "envoy.tracers.opentelemetry",
      typed_config: typed("envoy.config.trace.v3.OpenTelemetryConfig", {
        // Without it the cluster's name would be the authority, which is none: collectors refuse the call.
        grpc_service: { envoy_grpc: { cluster_name: tracingClusterName, authority: toAuthority(tracing) }, timeout: duration(1_000) },
        service_name: tracing.serviceName,
      }),
    },
  };
}

function toAuthority({ host, port }: Tracing): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

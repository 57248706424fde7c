/** Servers → scopes and route configurations: a small one for each server, and the index at `/`. */

import type { RetryPolicy } from "../../protos/gen/envoy/config/route/v3/RetryPolicy.js";
import type { Route } from "../../protos/gen/envoy/config/route/v3/Route.js";
import type { RouteAction, _envoy_config_route_v3_RouteAction_HashPolicy as HashPolicy } from "../../protos/gen/envoy/config/route/v3/RouteAction.js";
import type { RouteConfiguration } from "../../protos/gen/envoy/config/route/v3/RouteConfiguration.js";
import type { RouteMatch } from "../../protos/gen/envoy/config/route/v3/RouteMatch.js";
import type { ScopedRouteConfiguration } from "../../protos/gen/envoy/config/route/v3/ScopedRouteConfiguration.js";
import type { HeaderMutationPerRoute } from "../../protos/gen/envoy/extensions/filters/http/header_mutation/v3/HeaderMutationPerRoute.js";
import type { Gateway, HttpServer, McpServer } from "../model/model.js";
import { isResolvedByEnvoy } from "./clusters.js";
import { filterNames, serverHeader } from "./filter-names.js";
import { indexName, serverResourceName, sessionsClusterName } from "./names.js";
import { toPerFilterConfig } from "./policies.js";
import { duration, memoize, typed } from "./proto-values.js";

/** The key is the first segment of the path, as the listener's scope key builder takes it from the request. */
export function toScope(mcpServer: McpServer): ScopedRouteConfiguration {
  const name = serverResourceName(mcpServer.id);
  return { name, route_configuration_name: name, key: { fragments: [{ string_key: mcpServer.id }] } };
}

/** `isOnDemand`: Envoy fetches the cluster when the first request comes. */
export function toRouteConfiguration(mcpServer: McpServer, gateway: Gateway, isOnDemand: boolean): RouteConfiguration {
  const name = serverResourceName(mcpServer.id);
  const { runsAs } = mcpServer;
  return {
    name,
    virtual_hosts: [{
      name,
      domains: ["*"],
      routes: toRoutes(mcpServer),
      ...(runsAs.kind === "http" && runsAs.requestHeaders.length > 0
        ? { request_headers_to_add: runsAs.requestHeaders.map((header) => ({ header: { key: header.name, value: escapeFormat(header.value) }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" as const })) }
        : {}),
      request_headers_to_remove: internalHeaders,
      typed_per_filter_config: toPerFilterConfig(mcpServer, gateway, isOnDemand),
    }],
  };
}

const internalHeaders = [serverHeader];

/** `/<id>` and `/<id>/` lead to the MCP endpoint, `/<id>/<rest>` to what lies behind the server's own base path. */
function toRoutes(mcpServer: McpServer): Route[] {
  const { id, runsAs } = mcpServer;
  const endpointPath = runsAs.kind === "http" ? runsAs.path : `/${id}`;
  const restPath = runsAs.kind === "http" ? `${runsAs.basePath}/` : `/${id}/`;
  const paths: readonly (readonly [RouteMatch, string])[] = [
    [{ path: `/${id}` }, endpointPath],
    [{ path: `/${id}/` }, endpointPath],
    [{ prefix: `/${id}/` }, restPath],
  ];
  const isPinned = runsAs.kind === "stdio" || runsAs.sessionAffinity.by === "auto";
  const common = { cluster: serverResourceName(id), ...toAction(mcpServer) };
  const routes = paths.flatMap(([match, rewrite]): Route[] => {
    const action: RouteAction = { ...common, prefix_rewrite: rewrite };
    const retried: Route = { name: id, match, route: { ...action, ...toRetries(runsAs.kind === "http" ? runsAs.retries.attempts : 2) } };
    const pinned: Route = { name: id, match: { ...match, headers: hasSession }, route: { ...action, ...toSessionAction(mcpServer) } };
    return isPinned ? [pinned, retried] : [retried];
  });
  if (runsAs.kind === "http") return routes;
  const messages = `/${id}/messages`;
  return [{ name: id, match: { path: messages }, route: { ...common, prefix_rewrite: messages }, typed_per_filter_config: { [filterNames.sessionFromQuery]: sessionFromQuery } }, ...routes];
}

/**
 * Clients of HTTP+SSE (2024-11-05) send no session header, but post to the URI that the worker told them: it has put
 * its own address around the session's id in the query, in the form that the envelope of the sessions has.
 */
const sessionFromQuery = typed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", {
  mutations: { request_mutations: [{ append: { header: { key: "mcp-session-id", value: "%QUERY_PARAM(sessionId)%" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" } }] },
} satisfies HeaderMutationPerRoute);

/**
 * A session of an HTTP server is bound to its replica, which a retry would leave. One of a stdio server goes on at another
 * worker when its own cannot be reached at all: at that which the session's id, without its envelope, leads to by its hash.
 */
function toSessionAction({ id, runsAs }: McpServer): Partial<RouteAction> {
  return runsAs.kind === "http" ? {} : { cluster: sessionsClusterName(id), hash_policy: [{ header: { header_name: "mcp-session-id" } }], retry_policy: { retry_on: "connect-failure", num_retries: { value: 3 }, ...retryPolicy } };
}

const hasSession = [{ name: "mcp-session-id", present_match: true }];

function toAction(mcpServer: McpServer): Partial<RouteAction> {
  const { runsAs } = mcpServer;
  const timeouts = runsAs.kind === "http" ? runsAs.timeouts : undefined;
  return {
    // 0 is no limit: a stream may run for hours.
    timeout: duration(timeouts?.requestMs ?? 0),
    idle_timeout: duration(timeouts?.idleMs ?? 0),
    ...(runsAs.kind === "http" ? { ...toHost(runsAs), ...toHashPolicies(mcpServer.id, runsAs) } : {}),
    // A WebSocket's messages are not seen by the mcp filter, so where tools are restricted there is none.
    ...(mcpServer.policy.tools === undefined ? {} : { upgrade_configs: [{ upgrade_type: "websocket", enabled: { value: false } }] }),
  };
}

const retryPolicy: RetryPolicy = {
  retry_host_predicate: [{ name: "envoy.retry_host_predicates.previous_hosts", typed_config: { "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate" } }],
  host_selection_retry_max_attempts: 5,
};

/** Only what cannot run a tool twice: the request was never taken up. */
const toRetries = memoize((attempts: number): Partial<RouteAction> => (attempts === 0 ? {} : {
  retry_policy: { retry_on: "connect-failure,refused-stream,reset-before-request", num_retries: { value: attempts }, ...retryPolicy },
}));

function toHost(httpServer: HttpServer): Partial<RouteAction> {
  switch (httpServer.hostHeader.kind) {
    case "auto": return isResolvedByEnvoy(httpServer) ? { auto_host_rewrite: { value: true } } : {};
    case "keep": return {};
    case "name": return { host_rewrite_literal: httpServer.hostHeader.name };
  }
}

function toHashPolicies(serverId: string, httpServer: HttpServer): { hash_policy?: HashPolicy[] } {
  const { sessionAffinity, loadBalancing } = httpServer;
  switch (sessionAffinity.by) {
    case "header": return { hash_policy: [{ header: { header_name: sessionAffinity.name } }] };
    case "cookie": return { hash_policy: [{ cookie: { name: sessionAffinity.name, ttl: duration(sessionAffinity.ttlMs), path: `/${serverId}` } }] };
    case "source_ip": return byAddress;
    // A balancer that hashes has to be told by what: without a session of its own, a client is its address.
    case "auto":
    case "off": return loadBalancing === "ring_hash" || loadBalancing === "maglev" ? byAddress : {};
  }
}

const byAddress = { hash_policy: [{ connection_properties: { source_ip: true } }] };

/** Header values are format strings to Envoy; these are meant literally. */
function escapeFormat(value: string): string {
  return value.replaceAll("%", "%%");
}

/** `/` has an empty first segment, and so an empty key. */
export function toIndexScope(): ScopedRouteConfiguration {
  return { name: indexName, route_configuration_name: indexName, key: { fragments: [{ string_key: "" }] } };
}

/** `GET /`: the servers' names and URLs, as seen by whoever asks. */
export function toIndex(serverIds: readonly string[]): RouteConfiguration {
  const base = "%REQ(X-FORWARDED-PROTO)%://%REQ(:AUTHORITY)%";
  const body = `{"servers":[${serverIds.map((id) => `\n {"name":"${id}","url":"${base}/${id}"}`).join(",")}\n]}\n`;
  return {
    name: indexName,
    max_direct_response_body_size_bytes: { value: 64 * 1024 * 1024 },
    virtual_hosts: [{
      name: indexName,
      domains: ["*"],
      routes: [{
        name: indexName,
        match: { path: "/", headers: [{ name: ":method", string_match: { safe_regex: { regex: "GET|HEAD" } } }] },
        direct_response: { status: 200, body_format: { content_type: "application/json", text_format_source: { inline_string: body } } },
      }],
    }],
  };
}

/** What a server asks beyond the gateway's own rules, as per-route configuration of Envoy's filters. */

import type { Any } from "../../protos/gen/google/protobuf/Any.js";
import type { Permission } from "../../protos/gen/envoy/config/rbac/v3/Permission.js";
import type { StringMatcher } from "../../protos/gen/envoy/type/matcher/v3/StringMatcher.js";
import type { ApiKeyAuthPerRoute } from "../../protos/gen/envoy/extensions/filters/http/api_key_auth/v3/ApiKeyAuthPerRoute.js";
import type { CorsPolicy } from "../../protos/gen/envoy/extensions/filters/http/cors/v3/CorsPolicy.js";
import type { LocalRateLimit } from "../../protos/gen/envoy/extensions/filters/http/local_ratelimit/v3/LocalRateLimit.js";
import type { McpOverride } from "../../protos/gen/envoy/extensions/filters/http/mcp/v3/McpOverride.js";
import type { PerRouteConfig } from "../../protos/gen/envoy/extensions/filters/http/on_demand/v3/PerRouteConfig.js";
import type { RBACPerRoute } from "../../protos/gen/envoy/extensions/filters/http/rbac/v3/RBACPerRoute.js";
import type { Config as SetMetadata } from "../../protos/gen/envoy/extensions/filters/http/set_metadata/v3/Config.js";
import type { StatefulSessionPerRoute } from "../../protos/gen/envoy/extensions/filters/http/stateful_session/v3/StatefulSessionPerRoute.js";
import { toStruct } from "../../protos/struct.js";
import type { Auth, Cors, Gateway, McpServer, RateLimit, ToolRule } from "../model/model.js";
import { clientHeader, filterNames, logMetadata } from "./filter-names.js";
import { forAnybody, not, policyNames, toGuard } from "./guard.js";
import { serverResourceName } from "./names.js";
import { duration, typed } from "./proto-values.js";
import { loggedFromBody } from "./request-body.js";

/** By filter name; only what differs from the gateway's own filters. */
export function toPerFilterConfig(mcpServer: McpServer, gateway: Gateway, isOnDemand: boolean): Record<string, Any> {
  const { accessLog, auth, cors, rateLimit, tools } = mcpServer.policy;
  const pinned = mcpServer.runsAs.kind === "stdio" || mcpServer.runsAs.sessionAffinity.by === "auto";
  return {
    ...(isOnDemand ? { [filterNames.onDemand]: fetchedCluster } : {}),
    ...(pinned ? { [filterNames.statefulSession]: mcpServer.runsAs.kind === "stdio" ? movableSession : boundSession } : {}),
    ...(accessLog === gateway.accessLog ? {} : { [filterNames.accessLog]: accessLog ? logged : quiet }),
    ...(accessLog ? { [filterNames.requestBody]: loggedBody } : {}),
    ...(auth === undefined ? {} : { [filterNames.apiKeyAuth]: toApiKeyAuth(auth) }),
    ...(rateLimit === undefined ? {} : { [filterNames.rateLimit]: toRateLimit(mcpServer.id, rateLimit) }),
    ...(tools === undefined ? {} : { [filterNames.mcp]: strictlyMcp, [filterNames.tools]: toToolRules(tools) }),
    ...(cors === undefined ? {} : { [filterNames.cors]: toCors(cors), [filterNames.guard]: typed("envoy.extensions.filters.http.rbac.v3.RBACPerRoute", { rbac: toGuard(gateway, cors) } satisfies RBACPerRoute) }),
  };
}

/** Only what differs from the gateway's own rule is said. */
const logged = toLogMark(true), quiet = toLogMark(false);

function toLogMark(isLogged: boolean): Any {
  return typed("envoy.extensions.filters.http.set_metadata.v3.Config", { metadata: [{ metadata_namespace: logMetadata.namespace, value: toStruct({ [logMetadata.key]: isLogged }) }] } satisfies SetMetadata);
}

/**
 * How long a request waits for a cluster that no request has used before. Envoy asks for none while another new one waits for
 * its name or its first health check, 2 s by default: so for longer than that.
 */
const firstTouchTimeoutMs = 5_000;

const fetchedCluster: Any = typed("envoy.extensions.filters.http.on_demand.v3.PerRouteConfig", {
  odcds: { source: { ads: {}, resource_api_version: "V3" }, timeout: duration(firstTouchTimeoutMs) },
} satisfies PerRouteConfig);

/** The replica that made a session puts its own address around the session id, so that any Envoy finds it again without a store. */
const sessionState = {
  name: "envoy.http.stateful_session.envelope",
  typed_config: typed("envoy.extensions.http.stateful_session.envelope.v3.EnvelopeSessionState", { header: { name: "mcp-session-id" } }),
};

/**
 * An id whose replica is gone is answered with 404, as the specification asks
 * (https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management).
 */
const boundSession: Any = typed("envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute", {
  stateful_session: { session_state: sessionState, strict: true, status_on_strict_destination_not_found: 404 },
} satisfies StatefulSessionPerRoute);

/** An id whose worker is gone goes to another, which knows from the id itself how to go on. */
const movableSession: Any = typed("envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute", {
  stateful_session: { session_state: sessionState },
} satisfies StatefulSessionPerRoute);

const loggedBody: Any = typed("envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata", loggedFromBody);

/** Where tools are restricted nothing may slip past the parser: no batches, no other content, no second `method` key. */
const strictlyMcp: Any = typed("envoy.extensions.filters.http.mcp.v3.McpOverride", {
  traffic_mode: "REJECT_NO_MCP",
  reject_duplicate_keys: true,
} satisfies McpOverride);

function toApiKeyAuth(auth: Auth): Any {
  return typed("envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute", {
    credentials: auth.keys.map(({ client, key }) => ({ client, key })),
    key_sources: [{ header: auth.header ?? "authorization" }],
    // The key is for the gateway, never for the server behind it.
    forwarding: { header: clientHeader, hide_credentials: true },
  } satisfies ApiKeyAuthPerRoute);
}

function toRateLimit(serverId: string, rateLimit: RateLimit): Any {
  const always = { default_value: { numerator: 100, denominator: "HUNDRED" as const } };
  return typed("envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", {
    stat_prefix: serverResourceName(serverId),
    token_bucket: { max_tokens: rateLimit.burst, tokens_per_fill: { value: rateLimit.requests }, fill_interval: duration(rateLimit.perMs) },
    filter_enabled: always,
    filter_enforced: always,
    enable_retry_after_header: true,
  } satisfies LocalRateLimit);
}

function toToolRules(tools: ToolRule): Any {
  const refused: Permission[] = [
    ...tools.deny.map(toolNamed),
    ...(tools.allow === undefined ? [] : [not({ or_rules: { rules: tools.allow.map(toolNamed) } })]),
  ];
  // A name that is no string could still be taken for one: `["drop"]` is the key "drop" in JavaScript.
  const namesNone = not(fromBody(["params", "name"], { safe_regex: { regex: "(?s).*" } }));
  const callsRefusedTool: Permission = { and_rules: { rules: [fromBody(["method"], { exact: "tools/call" }), { or_rules: { rules: [...refused, namesNone] } }] } };
  return typed("envoy.extensions.filters.http.rbac.v3.RBACPerRoute", {
    rbac: { rules: { action: "DENY", policies: { [policyNames.refusedTool]: forAnybody([callsRefusedTool]), [policyNames.unreadBody]: forAnybody([getsWithBody]) } } },
  } satisfies RBACPerRoute);
}

/** The mcp filter does not read the body of a GET, but a server might. The buffer filter has given every body a length. */
const getsWithBody: Permission = {
  and_rules: { rules: [{ header: { name: ":method", string_match: { exact: "GET" } } }, { header: { name: "content-length", present_match: true } }, not({ header: { name: "content-length", string_match: { exact: "0" } } })] },
};

/** `get_*` means every tool whose name begins with `get_`. */
function toolNamed(pattern: string): Permission {
  return fromBody(["params", "name"], pattern.endsWith("*") ? { prefix: pattern.slice(0, -1) } : { exact: pattern });
}

function fromBody(path: readonly string[], value: StringMatcher): Permission {
  return { sourced_metadata: { metadata_source: "DYNAMIC", metadata_matcher: { filter: filterNames.mcp, path: path.map((key) => ({ key })), value: { string_match: value } } } };
}

function toCors(cors: Cors): Any {
  return typed("envoy.extensions.filters.http.cors.v3.CorsPolicy", {
    allow_origin_string_match: cors.allowOrigins.map((origin): StringMatcher => (origin === "*" ? { safe_regex: { regex: ".*" } } : { exact: origin })),
    allow_methods: "GET, POST, DELETE, OPTIONS",
    allow_headers: "content-type, accept, authorization, mcp-session-id, mcp-protocol-version, last-event-id, mcp-method, mcp-name",
    expose_headers: "mcp-session-id, www-authenticate",
    max_age: String(Math.round(cors.maxAgeMs / 1000)),
    allow_credentials: { value: cors.allowCredentials },
  } satisfies CorsPolicy);
}

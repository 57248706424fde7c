/** What Envoy itself answers, made into JSON-RPC errors that carry the request's id. Answers of servers are never touched. */

import type { LocalReplyConfig } from "../../protos/gen/envoy/extensions/filters/network/http_connection_manager/v3/LocalReplyConfig.js";
import type { ResponseMapper } from "../../protos/gen/envoy/extensions/filters/network/http_connection_manager/v3/ResponseMapper.js";
import { toStruct } from "../../protos/struct.js";
import { bodyMetadata, filterNames } from "./filter-names.js";
import { policyNames } from "./guard.js";
import { sessionsClusterName } from "./names.js";
import { typed } from "./proto-values.js";

/** The id of the request in its own type, as it was read from the body; null where there is none. */
const requestId = `%DYNAMIC_METADATA(${bodyMetadata}:id)%`;

/** Every route bears its server's id as its name. */
const routedServer = "%ROUTE_NAME%";
const namedInPath = "%CEL(re.extract(request.path, '^/([^/?]*).*', '\\\\1'))%";

/**
 * JSON-RPC leaves -32000…-32099 to implementations; MCP keeps -32020 and beyond for itself
 * (modelcontextprotocol.io, 2026-07-28), so ours are between -32000 and -32019.
 */
const codes = { unavailable: -32000, sessionNotFound: -32001, unauthorized: -32002, forbidden: -32003, unknownServer: -32004, rateLimited: -32005, tooLarge: -32006, invalidRequest: -32600 } as const;

interface Reply {
  /** A CEL expression over Envoy's attributes; the first reply whose expression holds is used. */
  readonly when: string;
  readonly status?: number;
  readonly code: number;
  readonly message: string;
  readonly serverId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `maxRequestBytes` is only told to the client; the buffer filter enforces it. */
export function toLocalReplies(maxRequestBytes: number): LocalReplyConfig {
  const denied = (policy: string): string => `response.code_details.startsWith('rbac_access_denied_matched_policy[${policy}]')`;
  const replies: readonly Reply[] = [
    { when: denied(policyNames.ambiguousPath), status: 400, code: codes.invalidRequest, message: "the path could mean another server than its first segment says: dot segments, encoded dots or slashes and backslashes are refused", serverId: namedInPath },
    { when: denied(policyNames.foreignHost), status: 403, code: codes.forbidden, message: "host \"%REQ(:AUTHORITY)%\" is not allowed here: add it to gateway.allowed_hosts in the registry" },
    { when: denied(policyNames.foreignOrigin), status: 403, code: codes.forbidden, message: "origin \"%REQ(ORIGIN)%\" is not allowed here: add its host to gateway.allowed_hosts, or the origin to the server's cors.allow_origins" },
    // Clients show a JSON-RPC error with status 200 to their user, and a 403 as a broken connection.
    { when: denied(policyNames.refusedTool), status: 200, code: codes.forbidden, message: `tool "%DYNAMIC_METADATA(${filterNames.mcp}:params:name)%" is not allowed on server "${routedServer}"`, serverId: routedServer },
    { when: denied(policyNames.unreadBody), status: 400, code: codes.invalidRequest, message: `a GET with a body is not allowed on server "${routedServer}", because its tools are restricted`, serverId: routedServer },
    { when: "response.code_details == 'mcp_reject_no_mcp'", code: codes.invalidRequest, message: `server "${routedServer}" restricts its tools, so it takes only MCP requests: one JSON-RPC message as application/json, with "application/json, text/event-stream" in Accept`, serverId: routedServer },
    { when: "response.code_details == 'upgrade_failed'", code: codes.forbidden, message: `server "${routedServer}" does not take this upgrade: only "websocket" is passed on, and not to a server whose tools are restricted`, serverId: routedServer },
    { when: "response.code_details == 'route_not_found' && (request.path == '/' || request.path.startsWith('/?'))", code: codes.unknownServer, message: "there is no MCP server at /: its id is the first segment of the path, and GET / lists all" },
    { when: "response.code_details == 'route_not_found'", status: 404, code: codes.unknownServer, message: `unknown server "${namedInPath}": the registry has no enabled server of that name`, serverId: namedInPath },
    // The session is not lost with its worker, so nobody is told to begin another.
    { when: `'mcp-session-id' in request.headers && response.code_details == 'no_healthy_upstream' && xds.cluster_name.startsWith('${sessionsClusterName("")}')`, code: codes.unavailable, message: `server "${routedServer}" has no worker just now: the session goes on when there is one`, serverId: routedServer, headers: { "retry-after": "1" } },
    { when: "'mcp-session-id' in request.headers && (response.code == 404 || response.code_details == 'no_healthy_upstream')", status: 404, code: codes.sessionNotFound, message: `session not found: the endpoint of server "${routedServer}" that held it is gone; initialize again`, serverId: routedServer },
    { when: "response.code == 413", code: codes.tooLarge, message: `the request body is larger than ${maxRequestBytes} bytes, the limit of this gateway (gateway.max_request_bytes)`, serverId: namedInPath },
    { when: "response.code == 429", code: codes.rateLimited, message: `too many requests to server "${routedServer}": its rate limit is used up, try again later`, serverId: routedServer },
    { when: "response.code == 401", code: codes.unauthorized, message: `server "${routedServer}" asks for an API key, and the request has none or an unknown one`, serverId: routedServer, headers: { "www-authenticate": "Bearer" } },
    { when: "response.code_details == 'no_healthy_upstream'", code: codes.unavailable, message: `server "${routedServer}" has no healthy endpoint`, serverId: routedServer },
    // Of many servers the clusters are fetched when they are first asked for; the control plane may be away just then.
    { when: "response.code_details == 'cluster_not_found'", code: codes.unavailable, message: `server "${routedServer}" cannot be reached yet: the xds-server has not sent what is needed for it, try again later`, serverId: routedServer },
    { when: "response.code_details.contains('overflow')", code: codes.unavailable, message: `server "${routedServer}" is at the limit of its circuit breaker`, serverId: routedServer },
    { when: "response.code == 504", code: codes.unavailable, message: `server "${routedServer}" did not answer in time`, serverId: routedServer },
    { when: "response.code in [502, 503]", code: codes.unavailable, message: `server "${routedServer}" cannot be reached: %LOCAL_REPLY_BODY%`, serverId: routedServer },
    { when: "response.code == 404", code: codes.unknownServer, message: "there is no MCP server at this path" },
    { when: "response.code_details == 'path_normalization_failed'", code: codes.invalidRequest, message: "the path of a request has no fragment (#)" },
    { when: "response.code in [400, 426, 431, 501]", code: codes.invalidRequest, message: "the request cannot be read: %RESPONSE_CODE_DETAILS% %LOCAL_REPLY_BODY%", serverId: routedServer },
    { when: "response.code >= 400", code: codes.unavailable, message: "%LOCAL_REPLY_BODY%", serverId: routedServer },
  ];
  return { mappers: [asItIs(refusedByRevision), ...replies.map(toMapper)] };
}

/**
 * Where the mcp filter reads requests, it knows the rules of the newest revision, and refuses what breaks them with the
 * JSON-RPC error and code that the specification names. Of what it could not read at all it has no id, and says so in plain text.
 */
const refusedByRevision = `response.code_details == 'mcp_not_jsonrpc' && request.headers['mcp-protocol-version'] == '2026-07-28' && '${bodyMetadata}' in metadata.filter_metadata`;

function asItIs(when: string): ResponseMapper {
  return { filter: toFilter(when), body_format_override: { content_type: "application/json", text_format_source: { inline_string: "%LOCAL_REPLY_BODY%" } } };
}

function toFilter(expression: string): NonNullable<ResponseMapper["filter"]> {
  return { extension_filter: { name: "cel", typed_config: typed("envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter", { expression }) } };
}

function toMapper(reply: Reply): ResponseMapper {
  return {
    filter: toFilter(reply.when),
    ...(reply.status === undefined ? {} : { status_code: { value: reply.status } }),
    headers_to_add: Object.entries(reply.headers ?? {}).map(([key, value]) => ({ header: { key, value }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" as const })),
    body_format_override: {
      content_type: "application/json",
      json_format: toStruct({
        jsonrpc: "2.0",
        id: requestId,
        error: {
          code: reply.code,
          message: reply.message,
          data: { ...(reply.serverId === undefined ? {} : { server: reply.serverId }), details: "%RESPONSE_CODE_DETAILS%" },
        },
      }),
    },
  };
}

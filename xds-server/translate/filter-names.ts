/** The names by which the listener and the routes agree: filters, headers, metadata. */

export const filterNames = {
  accessLog: "envoy.filters.http.set_metadata",
  cors: "envoy.filters.http.cors",
  buffer: "envoy.filters.http.buffer",
  requestBody: "envoy.filters.http.json_to_metadata",
  /** Also the name of the metadata that it writes. */
  mcp: "envoy.filters.http.mcp",
  guard: "mcp_mesh.guard",
  apiKeyAuth: "envoy.filters.http.api_key_auth",
  rateLimit: "envoy.filters.http.local_ratelimit",
  tools: "mcp_mesh.tools",
  sessionFromQuery: "mcp_mesh.session_from_query",
  onDemand: "envoy.filters.http.on_demand",
  statefulSession: "envoy.filters.http.stateful_session",
  router: "envoy.filters.http.router",
} as const;

/** Holds the path without its query while a request is routed; taken from every client, never sent to a server. */
export const serverHeader = "x-mcp-mesh-path";

/** Tells a server whose key the request had; where no key is asked for, nobody may say so. */
export const clientHeader = "x-mcp-mesh-client";

/** The metadata of a request that its body gave: `id`, `method`, `tool`. */
export const bodyMetadata = "mcp_mesh";

/** The metadata by which a server says, against the gateway, whether the access log takes its requests in. */
export const logMetadata = { namespace: "mcp_mesh.access_log", key: "logged" } as const;

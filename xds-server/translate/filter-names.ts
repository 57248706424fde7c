/** The names by which the listener and the routes agree: filters, a header, a mark. */

export const filterNames = {
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

/** Every header of our own, also as servers spell it that take `_` and `-` for the same (CGI, WSGI). */
export const internalHeaderPattern = "x[-_]mcp[-_]mesh[-_].*";

/** Keys in a route's metadata: the access log takes these in, or passes over those, against what the gateway says. */
export const loggedMark = "mcp_mesh.logged";
export const quietMark = "mcp_mesh.quiet";

/** The metadata of a request that its body gave: `id`, `method`, `tool`. */
export const bodyMetadata = "mcp_mesh";

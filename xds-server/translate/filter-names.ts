/** The names by which the listener and the routes agree: filters, a header, a mark. */

export const filterNames = {
  cors: "envoy.filters.http.cors",
  buffer: "envoy.filters.http.buffer",
  /** Also the name of the metadata that it writes. */
  mcp: "envoy.filters.http.mcp",
  guard: "mcp_mesh.guard",
  apiKeyAuth: "envoy.filters.http.api_key_auth",
  rateLimit: "envoy.filters.http.local_ratelimit",
  tools: "mcp_mesh.tools",
  statefulSession: "envoy.filters.http.stateful_session",
  router: "envoy.filters.http.router",
} as const;

/** Holds the path without its query while a request is routed; taken from every client, never sent to a server. */
export const serverHeader = "x-mcp-mesh-path";

/** The access log passes over routes with this key in their metadata. */
export const quietMark = "mcp_mesh.quiet";

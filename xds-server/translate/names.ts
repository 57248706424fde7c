/** The only place where an xDS resource name is made. */

export const gatewayListenerName = "gateway";
export const tracingClusterName = "gateway/tracing";
export const indexName = "gateway/index";

/** Cluster, endpoints, scope and route configuration of a server share a name; their types tell them apart. */
export function serverResourceName(serverId: string): string {
  return `mcp/${serverId}`;
}

/** The endpoints of a stdio server once more, chosen by the session where the worker that is named in its id is gone. */
export function sessionsClusterName(serverId: string): string {
  return `sessions/${serverId}`;
}

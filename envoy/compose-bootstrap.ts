/** Envoy's bootstrap in docker-compose.yaml; `npm run bootstraps` writes it to the file that is mounted there. */

import { makeBootstrap, type Bootstrap } from "./bootstrap.js";

export const composeBootstrapFile = "envoy/compose/bootstrap.json";

export function composeBootstrap(): Bootstrap {
  return makeBootstrap({
    nodeId: "envoy",
    cluster: "mcp-mesh",
    xdsHost: "xds-server",
    xdsPort: 18000,
    admin: { path: "/run/envoy/admin.sock" },
    // For the health check in the same container. Prometheus gets the statistics from the xds-server, so that no MCP server sees them.
    metrics: { host: "127.0.0.1", port: 9902 },
    maxDownstreamConnections: 50_000,
  });
}

/** Envoy's bootstrap in the chart mcp-mesh: a template, in which Helm fills in what only an installation knows. `npm run bootstraps` writes it. */

import { makeBootstrap } from "./bootstrap.js";

export const chartBootstrapFile = "charts/mcp-mesh/files/bootstrap.json";

/** What stands in the bootstrap until it is replaced by what Helm fills in: nothing that could be there for another reason. */
const blanks = { xdsServerName: "XDS-SERVER-NAME", host: "GATEWAY-HOST", maxConnections: 987_654_321 } as const;

export function chartBootstrap(): string {
  const bootstrap = makeBootstrap({
    // Each pod names itself, on the command line.
    nodeId: "envoy",
    cluster: "mcp-mesh",
    xdsHost: blanks.xdsServerName,
    xdsPort: 18000,
    // For the containers of the pod alone: its end asks there, by a shell that knows no UNIX sockets.
    admin: { host: "127.0.0.1", port: 9901 },
    metrics: { host: blanks.host, port: 9902 },
    maxDownstreamConnections: blanks.maxConnections,
    xdsTls: {
      caFile: "/etc/mcp-mesh/xds-tls/ca.crt",
      certFile: "/etc/mcp-mesh/xds-tls/tls.crt",
      keyFile: "/etc/mcp-mesh/xds-tls/tls.key",
      serverName: blanks.xdsServerName,
    },
    waitsForXds: true,
  });
  return `${JSON.stringify(bootstrap, undefined, 2)}\n`
    .replaceAll(blanks.xdsServerName, '{{ include "mcp-mesh.xdsServerName" . }}')
    .replaceAll(blanks.host, "{{ .Values.gateway.host }}")
    .replace(String(blanks.maxConnections), "{{ .Values.envoy.maxConnections }}");
}

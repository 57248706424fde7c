/** The mesh's own MCP server (`gateway.admin`) as one of the servers of the model: it is reached, guarded and balanced as any other. */

import type { Checked, Gateway, McpServer, Model } from "./model.js";

/** Where the xds-server serves its tools, as its Envoys reach it, and what they show there. */
export interface ToolsAddress {
  readonly host: string;
  readonly port: number;
  readonly key: string;
}

/** Clients cannot send it: the gateway takes off what begins with `x-mcp-mesh-`. */
export const toolsKeyHeader = "x-mcp-mesh-tools-key";

export const toolsPath = "/mcp";

/** Gives the same server for the same settings, as translation relies on. `address` is absent where there is no Kubernetes to manage. */
export function joiningTools(address: ToolsAddress | undefined): (checked: Checked<Model>) => Checked<Model> {
  let last: { readonly admin: Gateway["admin"]; readonly accessLog: boolean; readonly mcpServer: McpServer } | undefined;
  return (checked) => {
    const { value: model, problems } = checked;
    const { admin, accessLog } = model.gateway;
    if (admin === undefined) return checked;
    const about = { severity: "error" as const, where: "gateway.admin", serverId: admin.id };
    if (address === undefined) return { value: model, problems: [...problems, { ...about, what: "the mesh's tools have no Kubernetes to manage", hint: "start the xds-server in a pod, or with --kubernetes on" }] };
    if (last?.admin !== admin || last.accessLog !== accessLog) last = { admin, accessLog, mcpServer: toMcpServer(admin, accessLog, address) };
    const others = model.servers.filter(({ id }) => id !== admin.id);
    const taken = others.length === model.servers.length ? [] : [{ ...about, what: `the id "${admin.id}" is that of the mesh's own tools (gateway.admin): the other server of this id is not served`, hint: "rename one of the two" }];
    const servers = [...others, last.mcpServer].sort((a, b) => (a.id < b.id ? -1 : 1));
    return { value: { ...model, servers }, problems: [...problems, ...taken] };
  };
}

function toMcpServer({ id, auth }: NonNullable<Gateway["admin"]>, accessLog: boolean, { host, port, key }: ToolsAddress): McpServer {
  return {
    id,
    description: "The mesh's own tools: list, start, stop and scale MCP servers on Kubernetes",
    labels: {},
    runsAs: {
      kind: "http",
      endpoints: [{ host, port, weight: 1, priority: 0 }],
      path: toolsPath,
      basePath: "",
      loadBalancing: "round_robin",
      healthCheck: { type: "off" },
      // Nothing is kept between two requests.
      sessionAffinity: { by: "off" },
      circuitBreaker: { maxConnections: 1_000, maxPendingRequests: 1_000, maxRequests: 1_000, maxRetries: 10 },
      retries: { attempts: 2 },
      timeouts: { connectMs: 5_000 },
      requestHeaders: [{ name: toolsKeyHeader, value: key }],
      dnsRefreshMs: 5_000,
      hostHeader: { kind: "keep" },
    },
    policy: { auth, accessLog },
  };
}

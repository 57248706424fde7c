/** What we are held against: the same Envoy with one static route and nothing else. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy } from "../../envoy/find-envoy.js";
import { ask } from "../e2e/ask.js";
import { Child } from "../e2e/child.js";
import { freePorts } from "../e2e/mesh.js";
import { until } from "../e2e/until.js";

export interface PlainEnvoy {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** `/bench` leads to `/mcp` of the backend. */
export async function startPlainEnvoy(backendPort: number, concurrency: number): Promise<PlainEnvoy> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-mesh-bench-"));
  const [port = 0] = await freePorts(1);
  const path = join(folder, "plain.json");
  await writeFile(path, JSON.stringify(bootstrap(port, backendPort)));
  const { path: envoyPath } = await findEnvoy({ env: process.env });
  const child = new Child({ name: "plain-envoy", command: [envoyPath, "-c", path, "--disable-hot-restart", "--concurrency", String(concurrency), "-l", "warning"], env: {} });
  await until("plain Envoy to answer", async () => (await ask(`http://127.0.0.1:${port}`, "/bench", { method: "POST" })).status === 200);
  return {
    port,
    pid: child.pid,
    stop: async () => {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function bootstrap(port: number, backendPort: number): object {
  const address = (portValue: number): object => ({ socket_address: { address: "127.0.0.1", port_value: portValue } });
  return {
    static_resources: {
      listeners: [
        {
          name: "plain",
          address: address(port),
          filter_chains: [
            {
              filters: [
                {
                  name: "envoy.filters.network.http_connection_manager",
                  typed_config: {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    stat_prefix: "plain",
                    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/bench" }, route: { cluster: "backend", prefix_rewrite: "/mcp", timeout: "0s" } }] }] },
                    http_filters: [{ name: "envoy.filters.http.router", typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } }],
                  },
                },
              ],
            },
          ],
        },
      ],
      clusters: [{ name: "backend", type: "STATIC", load_assignment: { cluster_name: "backend", endpoints: [{ lb_endpoints: [{ endpoint: { address: address(backendPort) } }] }] } }],
    },
  };
}

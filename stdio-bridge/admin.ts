/** Health and metrics of this worker, on a port of their own that no client reaches. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { ServerStatus } from "./session/hosted-server.js";

export interface AdminOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly statuses: () => readonly ServerStatus[];
}

export interface Admin { readonly port: number; readonly stop: () => Promise<void> }

export async function startAdmin({ host, port, statuses }: AdminOptions): Promise<Admin> {
  const registry = makeRegistry(statuses);
  const http = createServer((request, response) => {
    switch (request.url) {
      case "/healthz":
        response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
        return;
      case "/metrics":
        void registry.metrics().then((text) => response.writeHead(200, { "content-type": registry.contentType }).end(text));
        return;
      default:
        response.writeHead(404, { "content-type": "text/plain" }).end("not found: /healthz and /metrics are here\n");
    }
  });
  await listen(http, host, port);
  return {
    port: (http.address() as AddressInfo).port, // Listening on TCP.
    stop: () => new Promise((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    }),
  };
}

/** Everything is read when it is asked for, so that nothing is counted twice. */
function makeRegistry(statuses: AdminOptions["statuses"]): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name, help, read } of gauges) {
    new Gauge({
      name: `mcp_mesh_bridge_${name}`, help, labelNames: ["server"], registers: [registry],
      collect() {
        this.reset();
        for (const status of statuses()) this.set({ server: status.name }, read(status));
      },
    });
  }
  return registry;
}

const gauges: readonly { readonly name: string; readonly help: string; readonly read: (status: ServerStatus) => number }[] = [
  { name: "server_ready", help: "1 while new sessions of the server can be served", read: (status) => (status.state === "ready" ? 1 : 0) },
  { name: "processes", help: "Processes of the server, also those that start or end", read: (status) => status.processes },
  { name: "sessions", help: "Sessions that have begun and not ended", read: (status) => status.sessions },
  { name: "open_requests", help: "Requests of clients that have no answer yet", read: (status) => status.openRequests },
  { name: "queue_length", help: "Sessions that wait for a process", read: (status) => status.queueLength },
];

function listen(http: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () => {
      http.off("error", reject);
      resolve();
    });
  });
}

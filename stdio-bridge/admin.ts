/** Health and metrics of this worker, on a port of their own that no client reaches. */

import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry } from "prom-client";
import { registerMetrics, type MetricsInput } from "./metrics.js";

export interface AdminOptions extends MetricsInput {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Whether the worker has taken up what the xds-server wants it to run, and told it so. */
  readonly isReady: () => boolean;
  /** Where processes are begun by whoever listens for connections: whether those that live on after theirs leave room for others. */
  readonly hasRoom?: () => boolean;
}

export interface Admin { readonly port: number; readonly stop: () => Promise<void> }

export async function startAdmin({ host, port, isReady, hasRoom, ...input }: AdminOptions): Promise<Admin> {
  const registry = new Registry();
  registerMetrics(registry, input);
  const isLocal = isLoopback(host);
  const http = createServer((request, response) => {
    // A web page can reach this machine under a name of its own.
    if (isLocal && !isLoopback(request.headers.host?.replace(/:\d+$/, "") ?? "")) {
      response.writeHead(403, { "content-type": "text/plain" }).end("forbidden: only this machine's own names are for this port\n");
      return;
    }
    switch (request.url) {
      case "/healthz":
        response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
        return;
      case "/readyz":
        if (isReady()) response.writeHead(200, { "content-type": "text/plain" }).end("ready\n");
        else response.writeHead(503, { "content-type": "text/plain" }).end("not ready: what the xds-server wants to be run is not known yet, or is only starting\n");
        return;
      case "/healthz/processes":
        if (hasRoom === undefined) return notFound(response);
        if (hasRoom()) response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
        else response.writeHead(503, { "content-type": "text/plain" }).end("no room: too many processes live on though their input has ended\n");
        return;
      case "/metrics":
        void registry.metrics().then((text) => response.writeHead(200, { "content-type": registry.contentType }).end(text));
        return;
      default:
        notFound(response);
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

function notFound(response: ServerResponse): void {
  response.writeHead(404, { "content-type": "text/plain" }).end("not found: /healthz, /readyz and /metrics are here\n");
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host);
}

function listen(http: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () => {
      http.off("error", reject);
      resolve();
    });
  });
}

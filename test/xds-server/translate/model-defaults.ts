/** Fills what a test case leaves out of a model, so that a case shows only what it is about. */

import type { Gateway, HttpEndpoint, HttpServer, McpServer, Model, Policy, StdioServer, WorkerEndpoint } from "../../../xds-server/model/model.js";

export interface PartialModel {
  readonly gateway?: Partial<Gateway>;
  readonly servers?: Readonly<Record<string, { readonly http?: Partial<Omit<HttpServer, "endpoints">> & { readonly endpoints?: readonly Partial<HttpEndpoint>[] }; readonly stdio?: Partial<StdioServer>; readonly policy?: Partial<Policy> }>>;
  readonly workers?: Readonly<Record<string, readonly WorkerEndpoint[]>>;
}

export function toModel(partial: PartialModel): Model {
  return {
    gateway: { host: "127.0.0.1", port: 8000, allowedHosts: [], maxRequestBytes: 10_485_760, accessLog: false, ...partial.gateway },
    servers: Object.entries(partial.servers ?? {}).map(([id, { http, stdio, policy }]): McpServer => ({
      id,
      labels: {},
      runsAs: stdio === undefined ? toHttpServer(http ?? {}) : toStdioServer(stdio),
      policy: { accessLog: partial.gateway?.accessLog ?? false, ...policy },
    })),
    workers: new Map(Object.entries(partial.workers ?? {})),
    sessionKeys: [Buffer.alloc(32, 1)],
  };
}

function toHttpServer(partial: Partial<Omit<HttpServer, "endpoints">> & { readonly endpoints?: readonly Partial<HttpEndpoint>[] }): HttpServer {
  return {
    kind: "http",
    path: "/mcp",
    basePath: "",
    loadBalancing: "round_robin",
    healthCheck: { type: "off" },
    sessionAffinity: { by: "auto" },
    circuitBreaker: { maxConnections: 100_000, maxPendingRequests: 100_000, maxRequests: 100_000, maxRetries: 100 },
    retries: { attempts: 2 },
    timeouts: { connectMs: 5_000 },
    requestHeaders: [],
    dnsRefreshMs: 5_000,
    hostHeader: { kind: "auto" },
    ...partial,
    endpoints: (partial.endpoints ?? [{}]).map((endpoint) => ({ host: "10.0.0.1", port: 8080, weight: 1, priority: 0, ...endpoint })),
  };
}

function toStdioServer(partial: Partial<StdioServer>): StdioServer {
  return {
    kind: "stdio",
    command: ["mcp-filesystem-server"],
    env: {},
    pool: { min: 1, max: 32, idleTimeoutMs: 1_800_000, queueMax: 128, queueTimeoutMs: 30_000 },
    maxMessageBytes: 67_108_864,
    onLoss: "reinitialize",
    sessionMaxAgeMs: 86_400_000,
    ...partial,
  };
}

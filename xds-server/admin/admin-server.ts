/** The admin port: health, status, metrics and configuration over HTTP, for people and programs on this side of the gateway. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import type { Lifecycle } from "../lifecycle/lifecycle.js";
import { allowRequest, isLoopback } from "./allowed-request.js";
import { askEnvoyAdmin, askEnvoyAdminText, EnvoyAdminError } from "./envoy-admin.js";
import { readEnvoyClusters } from "./envoy-clusters.js";
import { readEnvoyListener } from "./envoy-listener.js";
import { envoyMetricsPath, toTargets } from "./metrics-targets.js";
import { makeMetrics } from "./metrics.js";
import type { Readiness } from "./readiness.js";
import { redactConfig } from "./redact.js";
import { toOpenApi } from "./rest/open-api.js";
import { answerRest, type RestReply } from "./rest/rest-api.js";
import { writeStream } from "./rest/write-stream.js";
import { toStatus, type Status, type StatusInput } from "./status.js";

export interface AdminOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly log: Logger;
  readonly now: () => number;
  readonly isReady: () => Readiness;
  /** An Envoy that connects is told something. */
  readonly isServing: () => boolean;
  readonly statusInput: () => Omit<StatusInput, "readiness" | "envoyClusters" | "envoyListener">;
  /** What is served, without secrets. */
  readonly configDump: () => unknown;
  /** Path of a Unix socket or `http://host:port` of the Envoy beside us. */
  readonly envoyAdmin?: string | undefined;
  /** For MCP servers on Kubernetes; absent: there is none to speak to. */
  readonly lifecycle?: (() => Promise<Lifecycle>) | undefined;
  /** What the REST wants as bearer token. */
  readonly readToken?: (() => Promise<string | undefined>) | undefined;
}

export interface Admin {
  readonly port: number;
  stop(): Promise<void>;
}

export class AdminServerError extends Error {
  readonly code = "cannot_listen";
}

type Seen = Pick<StatusInput, "envoyClusters" | "envoyListener">;
interface Reply { readonly status: number; readonly contentType: string; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
/** `host` is what the asker calls us. */
type Endpoint = (host: string) => Reply | Promise<Reply>;

const mebibyte = 1024 * 1024;
const clustersLimits = { timeoutMs: 500, maxBytes: 64 * mebibyte };
const envoyMetricsLimits = { timeoutMs: 10_000, maxBytes: 256 * mebibyte };
const configDumpLimits = { timeoutMs: 10_000, maxBytes: 256 * mebibyte };
/** Several readers of the status at once cost Envoy one answer. */
const clustersKeptMs = 1_000;
const maxConnections = 256;
const restPrefix = "/api/";

export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { host, port, log } = options;
  const readStatus = makeStatusReader(options);
  const endpoints = toEndpoints(options, readStatus);
  const httpServer = createServer((request, response) => {
    if (isForRest(request)) {
      answerOverRest(options, request, response).catch((error: unknown) => {
        log.error({ err: error, path: request.url }, "admin request failed");
        if (response.headersSent) response.destroy();
        else write(response, json(500, { error: { code: "refused", message: "internal error, see the log" } }));
      });
      return;
    }
    answer(endpoints, host, request).then(
      (reply) => write(response, reply),
      (error: unknown) => {
        log.error({ err: error, path: request.url }, "admin request failed");
        write(response, json(500, { error: "internal error, see the log" }));
      },
    );
  });
  httpServer.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    httpServer.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "something else listens there: choose another with --admin-port, or 0 for a free one" : cause.message;
      reject(new AdminServerError(`the admin port cannot listen on ${host}:${port}: ${why}`, { cause }));
    });
    httpServer.listen(port, host, resolve);
  });
  return {
    // A server that listens on TCP has an address with a port.
    port: (httpServer.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => httpServer.close(() => resolve()));
      httpServer.closeAllConnections();
      await closed;
    },
  };
}

function isForRest({ url = "/" }: IncomingMessage): boolean {
  return url.startsWith(restPrefix);
}

async function answerOverRest({ host: boundTo, log, lifecycle, readToken = () => Promise.resolve(undefined) }: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", headers } = request;
  const allowed = allowRequest({ method, host: headers.host, origin: headers.origin }, boundTo, ["GET", "HEAD", "POST"]);
  if (allowed.kind === "refused") return write(response, json(allowed.status, { error: { code: "refused", message: allowed.why } }));
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const reply = await answerRest({ log, lifecycle, readToken, isLoopbackOnly: isLoopback(boundTo) }, request, gone.signal);
  if (reply.kind === "stream") return writeStream(response, reply, method === "HEAD");
  write(response, toReply(reply));
}

function toReply({ status, body, headers = {} }: Extract<RestReply, { readonly kind: "whole" }>): Reply {
  return { ...json(status, body), headers };
}

function toEndpoints({ isReady, isServing, configDump, envoyAdmin, statusInput }: AdminOptions, readStatus: () => Promise<Status>): ReadonlyMap<string, Endpoint> {
  const metrics = makeMetrics(readStatus);
  const described: readonly (readonly [string, string, Endpoint])[] = [
    ["/healthz", "200 while the process lives", () => json(200, { healthy: true })],
    ["/readyz", "200 once an Envoy has taken the first snapshot, else 503 with the reasons", () => {
      const readiness = isReady();
      return json(readiness.ready ? 200 : 503, readiness);
    }],
    ["/readyz/serving", "200 once there is something to serve, whether or not an Envoy has come for it, else 503", () => {
      const serving = isServing();
      return json(serving ? 200 : 503, { serving });
    }],
    ["/status", "servers, endpoints and their health, proxies, bridges, problems", async () => json(200, await readStatus())],
    ["/metrics", "the same in numbers, for Prometheus", async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() })],
    ["/metrics/targets", "where each Envoy and each bridge worker serves its own metrics, for Prometheus' http_sd_configs", async (host) => {
      const { proxies, bridges } = await readStatus();
      return json(200, toTargets({ proxies, bridges, admin: { host, hasEnvoyMetrics: envoyAdmin !== undefined } }));
    }],
    ["/config_dump", "what is served over xDS, without secrets", () => json(200, configDump())],
    ["/envoy/config_dump", "what the Envoy beside us holds, without secrets", async () => ofEnvoy(envoyAdmin, async (admin) =>
      json(200, redactConfig(await askEnvoyAdmin(admin, "/config_dump?include_eds", configDumpLimits))))],
    [envoyMetricsPath, "the statistics of the Envoy beside us, for Prometheus", async () => ofEnvoy(envoyAdmin, async (admin) =>
      ({ status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: await askEnvoyAdminText(admin, "/stats/prometheus?usedonly", envoyMetricsLimits) }))],
    ["/openapi.json", "the REST below /api/v1 as an OpenAPI 3.1 document", () => json(200, toOpenApi(statusInput().version))],
  ];
  const index = json(200, { "mcp-mesh": "admin", endpoints: Object.fromEntries([...described, ["/api/v1", "MCP servers on Kubernetes, as /openapi.json tells"] as const].map(([path, says]) => [path, says])) });
  return new Map<string, Endpoint>([["/", () => index], ...described.map(([path, , endpoint]) => [path, endpoint] as const)]);
}

async function answer(endpoints: ReadonlyMap<string, Endpoint>, boundTo: string, request: IncomingMessage): Promise<Reply> {
  const { method = "", url = "/", headers } = request;
  const allowed = allowRequest({ method, host: headers.host, origin: headers.origin }, boundTo);
  if (allowed.kind === "refused") return json(allowed.status, { error: allowed.why });
  const path = url.replace(/[?#].*$/s, "");
  const endpoint = endpoints.get(path);
  if (endpoint === undefined) return json(404, { error: `no "${path}" here`, endpoints: [...endpoints.keys()] });
  return endpoint(headers.host ?? "");
}

async function ofEnvoy(envoyAdmin: string | undefined, ask: (envoyAdmin: string) => Promise<Reply>): Promise<Reply> {
  if (envoyAdmin === undefined) return json(404, { error: "no Envoy's admin is known: start the xds-server with --envoy-admin" });
  try {
    return await ask(envoyAdmin);
  } catch (error) {
    if (!(error instanceof EnvoyAdminError)) throw error;
    return json(502, { error: error.message });
  }
}

function makeStatusReader({ isReady, statusInput, envoyAdmin, now, log }: AdminOptions): () => Promise<Status> {
  let kept: { readonly sinceMs: number; readonly seen: Promise<Seen> } | undefined;
  const readIfTold = async <T>(path: string, read: (json: unknown) => T): Promise<T | undefined> => {
    if (envoyAdmin === undefined) return undefined;
    try {
      return read(await askEnvoyAdmin(envoyAdmin, path, clustersLimits));
    } catch (error) {
      if (!(error instanceof EnvoyAdminError)) throw error;
      // The status says "unknown" then; Envoy may just be starting.
      log.debug({ err: error, path }, "envoy's admin does not tell");
      return undefined;
    }
  };
  const look = async (): Promise<Seen> => {
    const [envoyClusters, envoyListener] = await Promise.all([readIfTold("/clusters?format=json", readEnvoyClusters), readIfTold("/listeners?format=json", readEnvoyListener)]);
    return { envoyClusters, envoyListener };
  };
  return async () => {
    if (kept === undefined || now() - kept.sinceMs > clustersKeptMs) kept = { sinceMs: now(), seen: look() };
    const seen = await kept.seen;
    return toStatus({ ...statusInput(), readiness: isReady(), ...seen });
  };
}

function json(status: number, value: unknown): Reply {
  return { status, contentType: "application/json; charset=utf-8", body: `${JSON.stringify(value)}\n` };
}

/** Nothing here is for a browser's pages to keep, to guess at or to put into a frame. */
function write(response: ServerResponse, { status, contentType, body, headers = {} }: Reply): void {
  const length = Buffer.byteLength(body);
  // What such a request still sends is not read.
  const closing = status === 405 || status === 413 ? { connection: "close", ...(status === 405 ? { allow: "GET, HEAD" } : {}) } : {};
  response.writeHead(status, { "content-type": contentType, "content-length": length, "cache-control": "no-store", "x-content-type-options": "nosniff", ...closing, ...headers });
  response.end(body);
}

/** The Kubernetes API as plain JSON over one function: whose cluster it is, and who we are there, the official client finds out. */

import { KubeConfig } from "@kubernetes/client-node";
import { request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";
import { createInterface } from "node:readline";
import { startTimeLimit } from "../time-limit.js";
import { KubernetesError, toKubernetesError } from "./kubernetes-error.js";
import { splitLines } from "./split-lines.js";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface KubernetesRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Begins with `/api` or `/apis`. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Absent: `application/json`. */
  readonly contentType?: string;
  /** For the whole answer. Absent: 30 s. */
  readonly timeoutMs?: number;
  readonly stop?: AbortSignal;
}

export interface LinesOptions {
  readonly onOpen?: () => void;
  /** Longer lines come in pieces, and no more is read than is taken. Absent: lines are whole, however long. */
  readonly maxLineBytes?: number;
}

export interface KubernetesApi {
  /** The URL of the API server. */
  readonly url: string;
  /** Where we are ourselves: of the pod's service account, or of the kubeconfig's context; else `default`. */
  readonly namespace: string;
  /** The answer's JSON. Throws KubernetesError. */
  ask(request: KubernetesRequest): Promise<unknown>;
  /** The answer line by line as it comes, for watches and logs; ends with the answer. Throws KubernetesError. */
  lines(request: KubernetesRequest & LinesOptions): AsyncGenerator<string>;
}

export interface KubernetesAccess {
  /** A kubeconfig file. Absent: the one that `KUBECONFIG` names, the user's own, or the pod's service account. */
  readonly kubeconfigFile?: string;
  /** Absent: the current one. */
  readonly context?: string;
}

const usualTimeoutMs = 30_000;
/** Lists of many thousand objects come in pages, each far below this. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** A peer that has vanished without a word is noticed by the kernel. */
const keepAliveMs = 15_000;

/** Reads who we are; speaks to nobody yet. Throws KubernetesError (`no_cluster`). */
export function connectKubernetes(access: KubernetesAccess = {}): KubernetesApi {
  const kubeConfig = new KubeConfig();
  try {
    if (access.kubeconfigFile === undefined) kubeConfig.loadFromDefault();
    else kubeConfig.loadFromFile(access.kubeconfigFile);
  } catch (cause) {
    // The lines after the first quote the file, and so perhaps a token; a cause would bring them into the log.
    throw new KubernetesError("no_cluster", `the kubeconfig cannot be read: ${messageOf(cause).split("\n", 1)[0] ?? ""}`);
  }
  if (access.context !== undefined) kubeConfig.setCurrentContext(access.context);
  const cluster = kubeConfig.getCurrentCluster();
  // Where nothing tells of a cluster, the client makes one up on this machine.
  const isMadeUp = access.kubeconfigFile === undefined && cluster?.server === "http://localhost:8080" && kubeConfig.getCurrentContext() === "loaded-context";
  if (cluster === null || isMadeUp) throw new KubernetesError("no_cluster", `no Kubernetes cluster is known${access.context === undefined ? "" : ` as context "${access.context}"`}: set KUBECONFIG, or run in a pod with a service account`);
  const base = new URL(cluster.server);
  const send = (request: KubernetesRequest, stop: AbortSignal): Promise<IncomingMessage> => sendRequest(kubeConfig, base, request, stop);
  return {
    url: base.origin,
    namespace: kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ?? "default",
    async ask(request) {
      const what = whatIs(request);
      const timeoutMs = request.timeoutMs ?? usualTimeoutMs;
      const limit = startTimeLimit(timeoutMs, request.stop);
      try {
        const response = await send(request, limit.signal);
        const body = await readAll(response, what);
        if (!isGood(response)) throw toKubernetesError(what, response.statusCode ?? 0, asJson(body), retryAfterOf(response));
        return body === "" ? undefined : JSON.parse(body);
      } catch (error) {
        throw toOurs(error, what, limit.isLate() ? `no answer within ${timeoutMs} ms` : undefined);
      } finally {
        limit.end();
      }
    },
    async *lines(request) {
      const what = whatIs(request);
      const limit = startTimeLimit(request.timeoutMs ?? usualTimeoutMs, request.stop);
      try {
        const response = await send(request, limit.signal);
        if (!isGood(response)) throw toKubernetesError(what, response.statusCode ?? 0, asJson(await readAll(response, what)), retryAfterOf(response));
        const reader = request.maxLineBytes === undefined ? createInterface({ input: response, crlfDelay: Infinity }) : splitLines(response, request.maxLineBytes);
        // An answer that nobody reads to its end is broken off below: that is nobody's failure, and both would make it everybody's.
        for (const emitter of [response, reader]) if ("on" in emitter) emitter.on("error", () => undefined);
        request.onOpen?.();
        response.socket.setKeepAlive(true, keepAliveMs);
        for await (const line of reader) yield line;
        // readline ends quietly with a stream that was cut.
        if (!response.complete && request.stop?.aborted !== true) throw new KubernetesError("unreachable", `${what}: the answer was cut off`);
      } catch (error) {
        throw toOurs(error, what, limit.isLate() ? "its time is over" : undefined);
      } finally {
        limit.end();
      }
    },
  };
}

async function sendRequest(kubeConfig: KubeConfig, base: URL, request: KubernetesRequest, stop: AbortSignal): Promise<IncomingMessage> {
  const { method = "GET", path, query = {}, body, contentType = "application/json" } = request;
  const url = new URL(base.href.replace(/\/$/, "") + path);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const text = body === undefined ? undefined : JSON.stringify(body);
  // Certificates, tokens (read anew when they are renewed) and plugins of the kubeconfig's user end up in these.
  const options: RequestOptions = {
    method,
    headers: { accept: "application/json", ...(text === undefined ? {} : { "content-type": contentType, "content-length": Buffer.byteLength(text) }) },
    signal: stop,
  };
  await Promise.race([kubeConfig.applyToHTTPSOptions(options), aborted(stop)]);
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = (url.protocol === "http:" ? requestHttp : requestHttps)(url, options, resolve);
    sent.on("error", reject);
    sent.end(text);
  });
}

/** A plugin of the kubeconfig may never end. */
function aborted(stop: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(new Error("the request was given up"));
    if (stop.aborted) fail();
    else stop.addEventListener("abort", fail, { once: true });
  });
}

async function readAll(response: IncomingMessage, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new KubernetesError("api_error", `${what}: the answer is longer than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function toOurs(error: unknown, what: string, late: string | undefined): KubernetesError {
  if (error instanceof KubernetesError) return error;
  if (late !== undefined) return new KubernetesError("timeout", `${what}: ${late}`, { cause: error });
  return new KubernetesError("unreachable", `${what}: ${messageOf(error)}`, { cause: error });
}

function whatIs({ method = "GET", path }: KubernetesRequest): string {
  return `${method} ${path}`;
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 500) };
  }
}

function retryAfterOf(response: IncomingMessage): number | undefined {
  const seconds = Number(response.headers["retry-after"]);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

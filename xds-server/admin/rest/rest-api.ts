/** The REST of the admin port: one request → its answer, or a stream of it. */

import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "pino";
import type { z } from "zod";
import type { Lifecycle, Outcome } from "../../lifecycle/lifecycle.js";
import { LifecycleError, toErrorBody, toLifecycleError } from "../../lifecycle/lifecycle-error.js";
import { toChangeJson, toEventJson, toOutcomeJson, toServerJson, toStatusJson } from "../../lifecycle/wire.js";
import { matchOperation, toWhy } from "./match.js";
import { listQuery, logsQuery, namedQuery, scaleBody, startBody, statusOfCode, stopBody, type Operation } from "./operations.js";
import { authorize } from "./token.js";

export interface RestOptions {
  readonly log: Logger;
  /** Absent: this xds-server has no Kubernetes to speak to. Throws KubernetesError where there is none after all. */
  readonly lifecycle: (() => Promise<Lifecycle>) | undefined;
  /** Read for each request, so that a new token counts at once. */
  readonly readToken: () => Promise<string | undefined>;
  readonly isLoopbackOnly: boolean;
}

export type RestReply =
  | { readonly kind: "whole"; readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "stream"; readonly contentType: string; readonly chunks: AsyncIterable<string> };

const maxBodyBytes = 64 * 1024;
const beginMs = 1_000;

/** `stop` is aborted when the client has gone. */
export async function answerRest(options: RestOptions, request: IncomingMessage, stop: AbortSignal): Promise<RestReply> {
  const { method = "", url = "/", headers } = request;
  const allowed = authorize(headers.authorization, await options.readToken(), options.isLoopbackOnly);
  if (allowed.kind === "refused") return refuse(allowed.status, allowed.why, allowed.status === 401 ? { "www-authenticate": "Bearer" } : {});
  const match = matchOperation(method === "HEAD" ? "GET" : method, url);
  if (match.kind === "refused") return match.status === 400 ? fail(new LifecycleError("invalid_input", match.why)) : refuse(match.status, match.why, match.allow === undefined ? {} : { allow: match.allow });
  const { operation, names, query } = match;
  if (options.lifecycle === undefined) return refuse(503, "this xds-server has no Kubernetes to speak to: it is in no pod, and --kubernetes is not on");
  try {
    const body = operation.body === undefined ? { kind: "read" as const, value: {} } : await readBody(request, operation.body);
    if (body.kind === "refused") return refuse(body.status, body.why);
    const call: Call = { lifecycle: await options.lifecycle(), names, query, body: body.value, stop };
    if (operation.method === "POST") options.log.info({ operation: operation.id, names, ...namedQuery.parse(query), ...call.body }, "a change of servers is asked for over REST");
    return await run(operation, call);
  } catch (error) {
    return fail(toLifecycleError(error));
  }
}

interface Call {
  readonly lifecycle: Lifecycle;
  readonly names: readonly string[];
  /** Checked by the operation's schema. */
  readonly query: unknown;
  readonly body: object;
  readonly stop: AbortSignal;
}

async function run({ id }: Operation, { lifecycle, names, query, body, stop }: Call): Promise<RestReply> {
  switch (id) {
    case "listServers": {
      const { namespace, label_selector: labelSelector } = listQuery.parse(query);
      return whole({ servers: (await lifecycle.list({ namespace, labelSelector, stop })).map(toServerJson) });
    }
    case "watchServers": {
      const { namespace, label_selector: labelSelector } = listQuery.parse(query);
      return begun("text/event-stream", lifecycle.watch({ namespace, labelSelector, stop }), (event) => `event: ${event.type}\ndata: ${JSON.stringify(toEventJson(event))}\n\n`);
    }
    case "getServers":
      return toReply(await lifecycle.status(names, { ...namedQuery.parse(query), stop }), toStatusJson);
    case "startServers": {
      const { wait_ready: wait, timeout } = startBody.parse(body);
      return toReply(await lifecycle.start(names, { ...namedQuery.parse(query), wait, timeoutSeconds: timeout, stop }), toChangeJson);
    }
    case "stopServers": {
      const { force, wait_gone: wait, timeout } = stopBody.parse(body);
      return toReply(await lifecycle.stop(names, { ...namedQuery.parse(query), force, wait, timeoutSeconds: timeout, stop }), toChangeJson);
    }
    case "scaleServers": {
      const { replicas, wait_ready: wait, timeout } = scaleBody.parse(body);
      return toReply(await lifecycle.scale(names, { ...namedQuery.parse(query), replicas, wait, timeoutSeconds: timeout, stop }), toChangeJson);
    }
    case "readLogs": {
      const { namespace, container, tail, follow } = logsQuery.parse(query);
      const [name = ""] = names;
      return begun("application/x-ndjson", lifecycle.logs(name, { namespace, container, tail, follow, stop }), (line) => `${JSON.stringify(line)}\n`);
    }
  }
}

/** One name has the answer to itself. */
function toReply<T>(outcomes: readonly Outcome<T>[], toJson: (value: T) => unknown): RestReply {
  const [first, ...others] = outcomes;
  if (first !== undefined && others.length === 0) return first.kind === "done" ? whole(toJson(first.value)) : fail(first.error);
  const isDone = outcomes.every(({ kind }) => kind === "done");
  return { kind: "whole", status: isDone ? 200 : 207, body: { results: outcomes.map((outcome) => toOutcomeJson(outcome, toJson)) } };
}

/** Waits a moment for the first value, so that what cannot begin still gets its status. */
async function begun<T>(contentType: string, values: AsyncGenerator<T>, toText: (value: T) => string): Promise<RestReply> {
  const first = values.next();
  // It is awaited again where the stream is written.
  first.catch(() => undefined);
  await Promise.race([first, pause(beginMs)]);
  return { kind: "stream", contentType, chunks: chunksOf(first, values, toText) };
}

async function* chunksOf<T>(first: Promise<IteratorResult<T>>, values: AsyncGenerator<T>, toText: (value: T) => string): AsyncGenerator<string> {
  try {
    const { done, value } = await first;
    if (done === true) return;
    yield toText(value);
    for await (const next of values) yield toText(next);
  } finally {
    await values.return(undefined);
  }
}

type Body = { readonly kind: "read"; readonly value: object } | { readonly kind: "refused"; readonly status: 413 | 415; readonly why: string };

/** A page of another site can make a browser post a form or plain text without asking first, but not JSON. */
async function readBody(request: IncomingMessage, schema: z.ZodObject): Promise<Body> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) return { kind: "refused", status: 415, why: "the body must be JSON: Content-Type: application/json" };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return { kind: "refused", status: 413, why: `the body is longer than ${maxBodyBytes} bytes` };
    chunks.push(chunk);
  }
  const read = schema.safeParse(toJson(Buffer.concat(chunks).toString("utf8")));
  if (!read.success) throw new LifecycleError("invalid_input", `body: ${toWhy(read.error)}`);
  return { kind: "read", value: read.data };
}

/** No body at all means the defaults. */
function toJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LifecycleError("invalid_input", "body: it is no JSON", { cause });
  }
}

function whole(body: unknown): RestReply {
  return { kind: "whole", status: 200, body };
}

function fail(error: LifecycleError): RestReply {
  return { kind: "whole", status: statusOfCode[error.code], body: { error: toErrorBody(error) } };
}

function refuse(status: number, message: string, headers: Readonly<Record<string, string>> = {}): RestReply {
  return { kind: "whole", status, body: { error: { code: "refused", message } }, headers };
}

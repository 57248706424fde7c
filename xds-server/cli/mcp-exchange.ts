/** Sends one JSON-RPC message to an MCP server over HTTP and waits for its answer, with limits on time and size. */

import { readEvents } from "./event-stream.js";
import { whyNot } from "./admin-client.js";

export interface Exchange {
  readonly url: URL;
  /** Sent with every request; values may be secrets and are shown nowhere. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface JsonRpcRequest { readonly jsonrpc: "2.0"; readonly id: number; readonly method: string; readonly params?: unknown }
export interface JsonRpcNotification { readonly jsonrpc: "2.0"; readonly method: string }

export type Answer =
  | { readonly kind: "result"; readonly result: Readonly<Record<string, unknown>>; readonly sessionId?: string }
  /** `text` says in words what came instead of a result. */
  | { readonly kind: "failed"; readonly text: string; readonly status?: number };

export const maxAnswerLength = 4 * 1024 * 1024;

export async function ask(exchange: Exchange, request: JsonRpcRequest, headers: Readonly<Record<string, string>>): Promise<Answer> {
  try {
    const response = await post(exchange, request, headers);
    const sessionId = response.headers.get("mcp-session-id");
    const message = await readMessage(response, request.id);
    if (message === undefined) return { kind: "failed", status: response.status, text: describe(response) };
    if (isObject(message["result"])) return { kind: "result", result: message["result"], ...(sessionId === null ? {} : { sessionId }) };
    return { kind: "failed", status: response.status, text: `${describe(response)}, ${describeError(message["error"])}` };
  } catch (error) {
    return { kind: "failed", text: whyNot(error) };
  }
}

/** Undefined: it was taken. Otherwise, in words, why not. */
export async function notify(exchange: Exchange, notification: JsonRpcNotification, headers: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    const response = await post(exchange, notification, headers);
    await response.body?.cancel();
    return response.ok ? undefined : describe(response);
  } catch (error) {
    return whyNot(error);
  }
}

/** Redirects are shown, not followed: a client that follows one may turn its POST into a GET. */
export async function send({ url, headers, timeoutMs }: Exchange, method: string, more: Readonly<Record<string, string>>, body?: string): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  return fetch(url, { method, headers: { ...headers, ...more }, redirect: "manual", signal, ...(body === undefined ? {} : { body }) });
}

export function describe(response: Response): string {
  const parts = [`status ${response.status}`];
  const type = response.headers.get("content-type");
  if (type !== null) parts.push(type);
  for (const name of ["location", "www-authenticate"]) {
    const value = response.headers.get(name);
    if (value !== null) parts.push(`${name}: ${value}`);
  }
  return parts.join(", ");
}

export function describeError(error: unknown): string {
  if (!isObject(error)) return "no JSON-RPC result";
  return `JSON-RPC error ${String(error["code"])}: ${String(error["message"])}`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The message, where it is JSON. */
export function toMessage(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

async function post(exchange: Exchange, message: JsonRpcRequest | JsonRpcNotification, headers: Readonly<Record<string, string>>): Promise<Response> {
  const both = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  return send(exchange, "POST", { ...both, ...headers }, JSON.stringify(message));
}

async function readMessage(response: Response, id: number): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { body } = response;
  if (body === null) return undefined;
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) return toMessage(await readText(body));
  for await (const { data } of readEvents(body, maxAnswerLength)) {
    const message = toMessage(data);
    if (message?.["id"] === id && message["method"] === undefined) return message;
  }
  return undefined;
}

async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxAnswerLength) throw new Error(`the answer is longer than ${maxAnswerLength} characters`);
  }
  return text;
}

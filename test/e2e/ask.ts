/** A raw HTTP client for tests: the path goes out as it is written, and nothing is retried or followed. */

import { request, type Agent, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as requestOverTls } from "node:https";
import { text } from "node:stream/consumers";

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
  readonly timeoutMs?: number;
  readonly socketPath?: string;
  /** For https: the authority to trust, as PEM. Without it any certificate will do. */
  readonly ca?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RpcAnswer extends Answer {
  /** The JSON-RPC message of the answer, whether it came as JSON or as the last event of a stream. */
  readonly message: RpcMessage;
}

export interface RpcMessage {
  readonly jsonrpc?: string;
  readonly id?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export async function ask(base: string, path: string, asking: Asking = {}): Promise<Answer> {
  const response = await open(base, path, asking);
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** The answer as it begins: for streams. */
export function open(base: string, path: string, asking: Asking = {}): Promise<IncomingMessage> {
  const { hostname, port, protocol } = new URL(base);
  return new Promise((resolve, reject) => {
    const outgoing = (protocol === "https:" ? requestOverTls : request)({
      ...(protocol === "https:" ? { ca: asking.ca, rejectUnauthorized: asking.ca !== undefined } : {}),
      ...(asking.socketPath === undefined ? { hostname, port } : { socketPath: asking.socketPath }),
      path,
      method: asking.method ?? "GET",
      headers: { host: `${hostname}:${port}`, ...asking.headers },
      ...(asking.agent === undefined ? { agent: false } : { agent: asking.agent }),
      timeout: asking.timeoutMs ?? 20_000,
    });
    outgoing.on("response", resolve);
    for (const event of ["connect", "upgrade"] as const) {
      outgoing.on(event, (response, socket) => {
        resolve(response);
        socket.destroy();
      });
    }
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${asking.method ?? "GET"} ${path} for ${asking.timeoutMs ?? 20_000} ms`)));
    outgoing.end(asking.body);
  });
}

export interface RpcAsking extends Omit<Asking, "method" | "body"> {
  readonly id?: unknown;
  readonly params?: unknown;
}

/** A JSON-RPC request, as an MCP client posts it. */
export async function rpc(base: string, path: string, method: string, asking: RpcAsking = {}): Promise<RpcAnswer> {
  const { id = 1, params, headers, ...rest } = asking;
  const answer = await ask(base, path, {
    ...rest,
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) }),
  });
  return { ...answer, message: readMessage(answer) };
}

export function readMessage(answer: Answer): RpcMessage {
  const isStream = answer.headers["content-type"]?.startsWith("text/event-stream") === true;
  const json = isStream ? answer.body.split("\n").filter((line) => line.startsWith("data:") && line.length > 6).at(-1)?.slice(5) : answer.body;
  try {
    // A test reads what it expects out of it; a wrong shape fails there.
    return JSON.parse(json ?? "") as RpcMessage;
  } catch (cause) {
    throw new Error(`status ${answer.status}, and no JSON-RPC message in: ${answer.body.slice(0, 500)}`, { cause });
  }
}

export const initializeParams = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "e2e", version: "1" } };

/** Opens a legacy session by hand; the answer's headers carry its id. */
export async function openSession(base: string, path: string): Promise<string> {
  const answer = await rpc(base, path, "initialize", { params: initializeParams });
  const id = answer.headers["mcp-session-id"];
  if (answer.status !== 200 || typeof id !== "string") throw new Error(`no session from ${path}: ${answer.status} ${answer.body.slice(0, 500)}`);
  const headers = { "mcp-session-id": id, "content-type": "application/json", accept: "application/json, text/event-stream" };
  await ask(base, path, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }) });
  return id;
}

export function callTool(base: string, path: string, name: string, args: Readonly<Record<string, unknown>> = {}, asking: RpcAsking = {}): Promise<RpcAnswer> {
  return rpc(base, path, "tools/call", { ...asking, params: { name, arguments: args } });
}

/** The text of a tool's answer. */
export function toolText(answer: RpcAnswer): string {
  const content = answer.message.result?.["content"] as readonly { readonly text?: string }[] | undefined;
  if (content?.[0]?.text === undefined) throw new Error(`no text in: ${answer.status} ${answer.body.slice(0, 500)}`);
  return content[0].text;
}

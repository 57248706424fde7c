/** What an HTTP request asks for, by the rules of MCP's transports: values in, a decision out. */

import { splitBatch } from "../jsonrpc/batch.js";
import { rawOf, readEnvelope, type NotificationEnvelope, type RequestEnvelope, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, type RpcError } from "../jsonrpc/error-message.js";
import { elderVersions } from "../jsonrpc/revisions.js";

export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly sessionId: string | undefined;
  readonly protocolVersion: string | undefined;
  /** The last event that the client has of the stream that it wants to go on with. */
  readonly lastEventId: string | undefined;
}

/** Which forms of answer the client takes; `prefersStream`: of both it names the stream first. */
export interface Accepts { readonly json: boolean; readonly stream: boolean; readonly prefersStream?: true }

export interface Refusal {
  readonly kind: "refuse";
  readonly status: number;
  readonly error: RpcError;
  /** The request's id, where it could be read. */
  readonly id: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** A message that a client may send. */
export type ClientEnvelope = RequestEnvelope | NotificationEnvelope | ResponseEnvelope;

export interface BatchPart { readonly bytes: Buffer; readonly envelope: ClientEnvelope }

/** `primes`: the client's revision wants an event without a message at a stream's beginning, so that it can come back to it at any time. */
export type Decision =
  | Refusal
  | { readonly kind: "initialize"; readonly serverName: string; readonly envelope: RequestEnvelope; readonly accepts: Accepts }
  | { readonly kind: "ask"; readonly serverName: string; readonly sessionId: string | undefined; readonly envelope: RequestEnvelope; readonly accepts: Accepts; readonly primes: boolean }
  | { readonly kind: "batch"; readonly serverName: string; readonly sessionId: string | undefined; readonly parts: readonly BatchPart[]; readonly accepts: Accepts; readonly primes: boolean }
  | { readonly kind: "tell"; readonly serverName: string; readonly sessionId: string | undefined; readonly envelope: NotificationEnvelope | ResponseEnvelope }
  | { readonly kind: "listen"; readonly serverName: string; readonly sessionId: string | undefined; readonly lastEventId: string | undefined; readonly primes: boolean }
  | { readonly kind: "end"; readonly serverName: string; readonly sessionId: string | undefined }
  /** HTTP+SSE of 2024-11-05: a stream that begins a session, and a message to one. */
  | { readonly kind: "open_events"; readonly serverName: string }
  | { readonly kind: "post_message"; readonly serverName: string; readonly address: string; readonly envelope: ClientEnvelope };

export const supportedVersions: readonly string[] = elderVersions;

/** Those that have batches: 2025-06-18 took them away. */
const batchVersions: readonly (string | undefined)[] = [undefined, "2025-03-26", "2024-11-05"];
const maxBatchParts = 100;

/** `body` is empty for methods that have none. */
export function readRequest(head: RequestHead, body: Buffer): Decision {
  const target = readTarget(head.target);
  switch (target?.face) {
    case "events": return readOpenEvents(head, target.serverName);
    case "messages": return readPostMessage(head, target, body);
    case "socket": return refuse(426, errorCodes.invalidRequest, "a web socket begins with upgrade: websocket", undefined, { upgrade: "websocket" });
    default:
  }
  switch (head.method) {
    case "POST": return readPost(head, target?.serverName, body);
    case "GET": return readGet(head);
    case "DELETE": return readDelete(head);
    default: return refuse(405, errorCodes.invalidRequest, `method ${head.method} is not allowed: POST, GET or DELETE`, undefined, { allow: "GET, POST, DELETE" });
  }
}

/** What a request for an upgrade asks for; `protocols` is its list of subprotocols. */
export function readUpgrade(head: Pick<RequestHead, "method" | "target">, upgrade: string | undefined, protocols: string | undefined): Refusal | { readonly kind: "socket"; readonly serverName: string } {
  const target = readTarget(head.target);
  if (target === undefined || target.face === "events" || target.face === "messages") return refuseTarget(head, undefined);
  if (head.method !== "GET" || upgrade?.toLowerCase() !== "websocket") return refuse(400, errorCodes.invalidRequest, `an upgrade to ${quoted(upgrade)} is not known: only GET with upgrade: websocket`, undefined);
  if (!(protocols ?? "").split(",").some((protocol) => protocol.trim() === "mcp")) return refuse(400, errorCodes.invalidRequest, `subprotocol mcp is not among those offered: ${quoted(protocols)}`, undefined);
  return { kind: "socket", serverName: target.serverName };
}

/** A single message, as every transport takes it. */
export function readMessage(bytes: Buffer, envelope = readEnvelope(bytes)): Refusal | { readonly kind: "message"; readonly envelope: ClientEnvelope } {
  if (envelope.kind === "batch") return refuse(400, errorCodes.invalidRequest, "batches are not supported: send each message by itself", undefined);
  const id = (envelope.kind === "request" || envelope.kind === "invalid") && envelope.id !== undefined ? rawOf(bytes, envelope.id) : undefined;
  if (envelope.kind === "invalid") return refuse(400, envelope.fault === "syntax" ? errorCodes.parseError : errorCodes.invalidRequest, envelope.what, id);
  return envelope.saysVersion2 ? { kind: "message", envelope } : refuse(400, errorCodes.invalidRequest, 'jsonrpc must be "2.0"', id);
}

export function refuse(status: number, code: number, message: string, id: Buffer | undefined, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { kind: "refuse", status, error: { code, message }, id, headers };
}

function readPost(head: RequestHead, serverName: string | undefined, body: Buffer): Decision {
  const envelope = readEnvelope(body);
  const id = (envelope.kind === "request" || envelope.kind === "invalid") && envelope.id !== undefined ? rawOf(body, envelope.id) : undefined;
  if (serverName === undefined) return refuseTarget(head, id);
  if (!isJson(head.contentType)) return refuseContentType(head, id);
  const accepts = readAccept(head.accept);
  if (!accepts.json && !accepts.stream) {
    return refuse(406, errorCodes.invalidRequest, `accept ${quoted(head.accept)} allows neither application/json nor text/event-stream`, id);
  }
  const version = checkVersion(head.protocolVersion, id);
  if (version !== undefined) return version;
  if (envelope.kind === "batch") return readBatch(head, serverName, accepts, body);
  const read = readMessage(body, envelope);
  return read.kind === "refuse" ? read : toDecision(head, serverName, accepts, read.envelope, id);
}

function toDecision(head: RequestHead, serverName: string, accepts: Accepts, envelope: ClientEnvelope, id: Buffer | undefined): Decision {
  const { sessionId } = head;
  if (envelope.kind !== "request") return { kind: "tell", serverName, sessionId, envelope };
  if (envelope.method !== "initialize") return { kind: "ask", serverName, sessionId, envelope, accepts, primes: doesPrime(head) };
  if (sessionId !== undefined) return refuse(400, errorCodes.invalidRequest, "initialize begins a session: send it without mcp-session-id", id);
  return { kind: "initialize", serverName, envelope, accepts };
}

/** Nothing of a batch is done unless all of it can be. */
function readBatch(head: RequestHead, serverName: string, accepts: Accepts, body: Buffer): Decision {
  const refuseBatch = (what: string, code: number = errorCodes.invalidRequest): Refusal => refuse(400, code, what, undefined);
  if (!batchVersions.includes(head.protocolVersion)) return refuseBatch(`batches do not exist in ${String(head.protocolVersion)}: send each message in a request of its own`);
  const all = splitBatch(body);
  if (all.length === 0) return refuseBatch("the batch is empty");
  if (all.length > maxBatchParts) return refuseBatch(`a batch of ${all.length} messages is longer than ${maxBatchParts}`);
  const parts: BatchPart[] = [];
  for (const [index, bytes] of all.entries()) {
    const read = readMessage(bytes);
    if (read.kind === "refuse") return refuseBatch(`message ${index + 1} of the batch: ${read.error.message}`, read.error.code);
    if (read.envelope.kind === "request" && read.envelope.method === "initialize") return refuseBatch("initialize begins a session: send it by itself, not in a batch");
    parts.push({ bytes, envelope: read.envelope });
  }
  return { kind: "batch", serverName, sessionId: head.sessionId, parts, accepts, primes: doesPrime(head) };
}

function readGet(head: RequestHead): Decision {
  const serverName = readServerName(head.target);
  if (serverName === undefined) return refuseTarget(head, undefined);
  if (!readAccept(head.accept).stream) return refuseNoStream(head);
  const lastEventId = head.lastEventId === "" ? undefined : head.lastEventId;
  return checkVersion(head.protocolVersion, undefined) ?? { kind: "listen", serverName, sessionId: head.sessionId, lastEventId, primes: doesPrime(head) };
}

function readDelete(head: RequestHead): Decision {
  const serverName = readServerName(head.target);
  if (serverName === undefined) return refuseTarget(head, undefined);
  return checkVersion(head.protocolVersion, undefined) ?? { kind: "end", serverName, sessionId: head.sessionId };
}

/** A client that tries Streamable HTTP at this path first is told by 405 to do it the old way. */
function readOpenEvents(head: RequestHead, serverName: string): Decision {
  if (head.method !== "GET") return refuse(405, errorCodes.invalidRequest, `method ${head.method} is not allowed: GET opens the stream of HTTP+SSE, Streamable HTTP is at /${serverName}`, undefined, { allow: "GET" });
  return readAccept(head.accept).stream ? { kind: "open_events", serverName } : refuseNoStream(head);
}

function readPostMessage(head: RequestHead, target: Target, body: Buffer): Decision {
  if (head.method !== "POST") return refuse(405, errorCodes.invalidRequest, `method ${head.method} is not allowed: POST`, undefined, { allow: "POST" });
  const read = readMessage(body);
  const id = read.kind === "message" && read.envelope.kind === "request" ? rawOf(body, read.envelope.id) : undefined;
  if (!isJson(head.contentType)) return refuseContentType(head, id);
  if (read.kind === "refuse") return read;
  const address = /(?:^|&)sessionId=([^&]+)/.exec(target.query)?.[1];
  if (address === undefined) return refuse(400, errorCodes.invalidRequest, "sessionId is missing: post to the URI that the event endpoint told", id);
  return { kind: "post_message", serverName: target.serverName, address, envelope: read.envelope };
}

export interface Target { readonly serverName: string; readonly face: "streamable" | "events" | "messages" | "socket"; readonly query: string }

/** `/<server-id>` or `/<server-id>/`, where a query belongs to no revision and means nothing; behind it the other transports. */
export function readTarget(target: string): Target | undefined {
  const [, serverName, last, query = ""] = /^\/([A-Za-z0-9._-]+)(?:\/(sse|messages|ws)?)?(?:\?(.*))?$/.exec(target) ?? [];
  if (serverName === undefined) return undefined;
  return { serverName, face: last === "sse" ? "events" : last === "messages" ? "messages" : last === "ws" ? "socket" : "streamable", query };
}

function readServerName(target: string): string | undefined {
  return readTarget(target)?.serverName;
}

export function refuseTarget(head: Pick<RequestHead, "target">, id: Buffer | undefined): Refusal {
  return refuse(404, errorCodes.invalidRequest, `no MCP server at ${quoted(head.target.split("?")[0])}: a stdio server is at /<server-id>`, id);
}

function refuseNoStream(head: RequestHead): Refusal {
  return refuse(406, errorCodes.invalidRequest, `accept ${quoted(head.accept)} does not allow text/event-stream`, undefined);
}

export function refuseContentType(head: Pick<RequestHead, "contentType">, id: Buffer | undefined): Refusal {
  return refuse(415, errorCodes.invalidRequest, `content type ${quoted(head.contentType)} is not application/json`, id);
}

/** Clients of older revisions may take the event for a message. */
function doesPrime({ protocolVersion }: RequestHead): boolean {
  return protocolVersion !== undefined && protocolVersion >= "2025-11-25";
}

/** Without the header the client speaks 2025-03-26, which did not have it yet. */
function checkVersion(version: string | undefined, id: Buffer | undefined): Refusal | undefined {
  if (version === undefined || supportedVersions.includes(version)) return undefined;
  const message = `protocol version ${quoted(version)} is not supported`;
  return { ...refuse(400, errorCodes.unsupportedVersion, message, id), error: { code: errorCodes.unsupportedVersion, message, data: { supported: supportedVersions, requested: version } } };
}

/** What the SDKs' clients send with every request. */
const usualAccept = "application/json, text/event-stream";
const takesBoth: Accepts = { json: true, stream: true };

/** An absent header allows everything, as HTTP says. */
export function readAccept(accept: string | undefined): Accepts {
  if (accept === undefined || accept === usualAccept) return takesBoth;
  let json = false, stream = false, prefersStream = false;
  for (const range of accept.split(",")) {
    switch (range.split(";")[0]?.trim().toLowerCase()) {
      case "*/*": json = stream = true; break;
      case "application/json": case "application/*": json = true; break;
      case "text/event-stream": case "text/*":
        prefersStream ||= !json;
        stream = true;
        break;
      default:
    }
  }
  return { json, stream, ...(json && prefersStream && { prefersStream }) };
}

export function isJson(contentType: string | undefined): boolean {
  return contentType === "application/json" || contentType?.split(";")[0]?.trim().toLowerCase() === "application/json";
}

/** What a client has sent, as a part of a message: short, and on one line. */
export function quoted(text: string | undefined): string {
  return text === undefined ? "(absent)" : JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

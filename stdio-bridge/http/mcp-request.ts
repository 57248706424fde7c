/** What an HTTP request asks for, by the rules of MCP's Streamable HTTP: values in, a decision out. */

import { rawOf, readEnvelope, type NotificationEnvelope, type RequestEnvelope, type ResponseEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, type RpcError } from "../jsonrpc/error-message.js";

export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly sessionId: string | undefined;
  readonly protocolVersion: string | undefined;
}

/** Which forms of answer the client takes. */
export interface Accepts { readonly json: boolean; readonly stream: boolean }

export interface Refusal {
  readonly kind: "refuse";
  readonly status: number;
  readonly error: RpcError;
  /** The request's id, where it could be read. */
  readonly id: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export type Decision =
  | Refusal
  | { readonly kind: "initialize"; readonly serverName: string; readonly envelope: RequestEnvelope; readonly accepts: Accepts }
  | { readonly kind: "ask"; readonly serverName: string; readonly sessionId: string | undefined; readonly envelope: RequestEnvelope; readonly accepts: Accepts }
  | { readonly kind: "tell"; readonly serverName: string; readonly sessionId: string | undefined; readonly envelope: NotificationEnvelope | ResponseEnvelope }
  | { readonly kind: "listen"; readonly serverName: string; readonly sessionId: string | undefined }
  | { readonly kind: "end"; readonly serverName: string; readonly sessionId: string | undefined };

/** Revisions with sessions, newest first. The oldest had another transport, but a server may know no newer one. */
export const supportedVersions: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/** `body` is empty for methods that have none. */
export function readRequest(head: RequestHead, body: Buffer): Decision {
  switch (head.method) {
    case "POST": return readPost(head, body);
    case "GET": return readGet(head);
    case "DELETE": return readDelete(head);
    default: return refuse(405, errorCodes.invalidRequest, `method ${head.method} is not allowed: POST, GET or DELETE`, undefined, { allow: "GET, POST, DELETE" });
  }
}

export function refuse(status: number, code: number, message: string, id: Buffer | undefined, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { kind: "refuse", status, error: { code, message }, id, headers };
}

function readPost(head: RequestHead, body: Buffer): Decision {
  const envelope = readEnvelope(body);
  const id = (envelope.kind === "request" || envelope.kind === "invalid") && envelope.id !== undefined ? rawOf(body, envelope.id) : undefined;
  const serverName = readServerName(head.target);
  if (serverName === undefined) return refuseTarget(head, id);
  if (!isJson(head.contentType)) {
    return refuse(415, errorCodes.invalidRequest, `content type ${quoted(head.contentType)} is not application/json`, id);
  }
  const accepts = readAccept(head.accept);
  if (!accepts.json && !accepts.stream) {
    return refuse(406, errorCodes.invalidRequest, `accept ${quoted(head.accept)} allows neither application/json nor text/event-stream`, id);
  }
  const version = checkVersion(head.protocolVersion, id);
  if (version !== undefined) return version;
  switch (envelope.kind) {
    case "invalid": return refuse(400, envelope.fault === "syntax" ? errorCodes.parseError : errorCodes.invalidRequest, envelope.what, id);
    case "batch": return refuse(400, errorCodes.invalidRequest, "batches are not supported: send each message in a request of its own", undefined);
    default:
  }
  if (!envelope.saysVersion2) return refuse(400, errorCodes.invalidRequest, 'jsonrpc must be "2.0"', id);
  const { sessionId } = head;
  if (envelope.kind !== "request") return { kind: "tell", serverName, sessionId, envelope };
  if (envelope.method !== "initialize") return { kind: "ask", serverName, sessionId, envelope, accepts };
  if (sessionId !== undefined) return refuse(400, errorCodes.invalidRequest, "initialize begins a session: send it without mcp-session-id", id);
  return { kind: "initialize", serverName, envelope, accepts };
}

function readGet(head: RequestHead): Decision {
  const serverName = readServerName(head.target);
  if (serverName === undefined) return refuseTarget(head, undefined);
  if (!readAccept(head.accept).stream) return refuse(406, errorCodes.invalidRequest, `accept ${quoted(head.accept)} does not allow text/event-stream`, undefined);
  return checkVersion(head.protocolVersion, undefined) ?? { kind: "listen", serverName, sessionId: head.sessionId };
}

function readDelete(head: RequestHead): Decision {
  const serverName = readServerName(head.target);
  if (serverName === undefined) return refuseTarget(head, undefined);
  return checkVersion(head.protocolVersion, undefined) ?? { kind: "end", serverName, sessionId: head.sessionId };
}

/** `/<server-id>` or `/<server-id>/`; a query belongs to no revision and means nothing here. */
function readServerName(target: string): string | undefined {
  return /^\/([A-Za-z0-9._-]+)\/?(?:\?|$)/.exec(target)?.[1];
}

function refuseTarget(head: RequestHead, id: Buffer | undefined): Refusal {
  return refuse(404, errorCodes.invalidRequest, `no MCP server at ${quoted(head.target.split("?")[0])}: a stdio server is at /<server-id>`, id);
}

/** Without the header the client speaks 2025-03-26, which did not have it yet. */
function checkVersion(version: string | undefined, id: Buffer | undefined): Refusal | undefined {
  if (version === undefined || supportedVersions.includes(version)) return undefined;
  const message = `protocol version ${quoted(version)} is not supported`;
  return { ...refuse(400, errorCodes.unsupportedVersion, message, id), error: { code: errorCodes.unsupportedVersion, message, data: { supported: supportedVersions, requested: version } } };
}

/** An absent header allows everything, as HTTP says. */
function readAccept(accept: string | undefined): Accepts {
  if (accept === undefined) return { json: true, stream: true };
  let json = false, stream = false;
  for (const range of accept.split(",")) {
    switch (range.split(";")[0]?.trim().toLowerCase()) {
      case "*/*": json = stream = true; break;
      case "application/json": case "application/*": json = true; break;
      case "text/event-stream": case "text/*": stream = true; break;
      default:
    }
  }
  return { json, stream };
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.split(";")[0]?.trim().toLowerCase() === "application/json";
}

/** What a client has sent, as a part of a message: short, and on one line. */
function quoted(text: string | undefined): string {
  return text === undefined ? "(absent)" : JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

/** What an HTTP request of 2026-07-28 asks for: each stands by itself, and its headers have to say what its body says. Values in, a decision out. */

import { splitBatch } from "../jsonrpc/batch.js";
import { metaKeys, modernVersion } from "../jsonrpc/discover.js";
import { rawOf, readEnvelope, type RequestEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes } from "../jsonrpc/error-message.js";
import { readHeaderText } from "../jsonrpc/header-text.js";
import { textAt } from "../jsonrpc/member.js";
import { logLevels, readClaims, type ModernClaims } from "../jsonrpc/modern-claims.js";
import { isJson, quoted, readAccept, readMessage, readTarget, refuse, refuseContentType, refuseTarget, type Accepts, type Refusal, type RequestHead } from "./mcp-request.js";

export interface ModernHead extends RequestHead {
  readonly mcpMethod: string | undefined;
  readonly mcpName: string | undefined;
}

export type ModernDecision =
  | Refusal
  | { readonly kind: "modern_ask"; readonly serverName: string; readonly envelope: RequestEnvelope; readonly claims: ModernClaims; readonly accepts: Accepts }
  /** A notification, which means nothing without a session: to cancel, the client closes the stream. */
  | { readonly kind: "modern_tell"; readonly serverName: string };

/** Absent: it is of an older revision. */
export function readModernRequest(head: ModernHead, body: Buffer): ModernDecision | undefined {
  const target = readTarget(head.target);
  // The other transports are older than this revision.
  if (target !== undefined && target.face !== "streamable") return undefined;
  const namesModern = isModern(head.protocolVersion?.trim());
  // A look for bytes is quick, so that requests of older revisions are not held up by this.
  if (!namesModern && !body.includes(metaKeys.protocolVersion)) return undefined;
  if (head.method !== "POST") {
    return namesModern ? refuse(405, errorCodes.invalidRequest, `method ${head.method} is not allowed: ${modernVersion} knows only POST`, undefined, { allow: "POST" }) : undefined;
  }
  const envelope = readEnvelope(body);
  switch (envelope.kind) {
    case "batch": return namesModern || splitBatch(body).some(hasClaim) ? refuse(400, errorCodes.invalidRequest, `batches do not exist in ${modernVersion}: send each message in a request of its own`, undefined) : undefined;
    case "response": return namesModern ? refuse(400, errorCodes.invalidRequest, `answers are not posted in ${modernVersion}: send the request again with inputResponses`, undefined) : undefined;
    case "invalid": return namesModern ? readInvalid(head, body) : undefined;
    default:
  }
  const claims = readClaims(body, envelope.method);
  if (!namesModern && claims.protocolVersion === undefined) return undefined;
  // `initialize` is of the older revisions, unless it says itself that it is not.
  if (!namesModern && envelope.method === "initialize" && !isModern(textAt(body, claims.protocolVersion))) return undefined;
  const readId = envelope.kind === "request" ? rawOf(body, envelope.id) : undefined;
  if (target === undefined) return refuseTarget(head, readId);
  if (!isJson(head.contentType)) return refuseContentType(head, readId);
  if (!envelope.saysVersion2) return refuse(400, errorCodes.invalidRequest, 'jsonrpc must be "2.0"', readId);
  const { serverName } = target;
  if (envelope.kind === "notification") return checkVersions(head, body, claims, undefined) ?? checkMethod(head, envelope.method, undefined, false) ?? { kind: "modern_tell", serverName };
  const id = rawOf(body, envelope.id);
  const accepts = readAccept(head.accept);
  return (
    checkClaims(head, body, envelope, claims)
    ?? checkAccept(head, accepts, envelope, id)
    ?? checkRemoved(envelope.method, id)
    ?? { kind: "modern_ask", serverName, envelope, claims, accepts }
  );
}

/** What older revisions had, and this one took away: refused before a process hears of it. */
const removedMethods: readonly string[] = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];
const OPEN_BRACE = 0x7b;

/** Revisions are dates. A later one is not served, but is of this kind. */
function isModern(version: string | undefined): boolean {
  return version !== undefined && /^\d{4}-\d\d-\d\d$/.test(version) && version >= modernVersion;
}

function hasClaim(message: Buffer): boolean {
  return readClaims(message, "").protocolVersion !== undefined;
}

function readInvalid(head: ModernHead, body: Buffer): Refusal {
  if (!isJson(head.contentType)) return refuseContentType(head, undefined);
  const read = readMessage(body);
  return read.kind === "refuse" ? read : refuse(400, errorCodes.invalidRequest, "the message is none", undefined);
}

function checkClaims(head: ModernHead, body: Buffer, envelope: RequestEnvelope, claims: ModernClaims): Refusal | undefined {
  const id = rawOf(body, envelope.id);
  if (envelope.method === "initialize" && claims.protocolVersion === undefined) {
    return mismatch(`initialize is of older revisions, but mcp-protocol-version says ${quoted(head.protocolVersion)}`, id);
  }
  return (
    checkMeta(body, claims, id)
    ?? checkVersions(head, body, claims, id)
    ?? (head.protocolVersion === undefined ? mismatch(`the header mcp-protocol-version is missing, and _meta says ${quoted(textAt(body, claims.protocolVersion))}`, id) : undefined)
    ?? checkMethod(head, envelope.method, id, true)
    ?? checkSubject(head, claims, id)
  );
}

function checkMeta(body: Buffer, claims: ModernClaims, id: Buffer): Refusal | undefined {
  const missing = [
    ...(claims.protocolVersion === undefined ? [metaKeys.protocolVersion] : []),
    ...(claims.clientCapabilities === undefined ? [metaKeys.clientCapabilities] : []),
  ];
  if (missing.length > 0) return invalid(`params._meta must carry ${missing.join(" and ")}`, id);
  if (textAt(body, claims.protocolVersion) === undefined) return invalid(`${metaKeys.protocolVersion} in params._meta must be a string`, id);
  for (const [key, span] of [[metaKeys.clientCapabilities, claims.clientCapabilities], [metaKeys.clientInfo, claims.clientInfo]] as const) {
    if (span !== undefined && body[span.start] !== OPEN_BRACE) return invalid(`${key} in params._meta must be an object`, id);
  }
  const level = claims.logLevel === undefined ? undefined : (textAt(body, claims.logLevel) ?? "");
  if (level !== undefined && !logLevels.includes(level)) return invalid(`the log level ${quoted(level)} in params._meta is none of ${logLevels.join(", ")}`, id);
  return undefined;
}

/** Of the header, where there is one, and of the body, where it says one: the same, and one that is served. */
function checkVersions(head: ModernHead, body: Buffer, claims: ModernClaims, id: Buffer | undefined): Refusal | undefined {
  const said = textAt(body, claims.protocolVersion);
  const header = head.protocolVersion?.trim();
  if (claims.protocolVersion !== undefined && header !== undefined && header !== said) return mismatch(`mcp-protocol-version is ${quoted(header)}, but _meta says ${quoted(said)}`, id);
  const version = said ?? header;
  if (version === modernVersion) return undefined;
  const message = `protocol version ${quoted(version)} is not supported`;
  return { ...refuse(400, errorCodes.unsupportedVersion, message, id), error: { code: errorCodes.unsupportedVersion, message, data: { supported: [modernVersion], requested: version } } };
}

function checkMethod({ mcpMethod }: ModernHead, method: string, id: Buffer | undefined, isRequired: boolean): Refusal | undefined {
  if (mcpMethod === undefined) return isRequired ? mismatch(`the header mcp-method is missing, and the body says ${quoted(method)}`, id) : undefined;
  return mcpMethod.trim() === method ? undefined : mismatch(`mcp-method is ${quoted(mcpMethod)}, but the body says ${quoted(method)}`, id);
}

function checkSubject({ mcpName }: ModernHead, { subject }: ModernClaims, id: Buffer): Refusal | undefined {
  // What has no name in its body is refused by whoever it is for.
  if (subject?.value === undefined) return undefined;
  const { member, value } = subject;
  if (mcpName === undefined) return mismatch(`the header mcp-name is missing, and params.${member} is ${quoted(value)}`, id);
  const name = readHeaderText(mcpName);
  if (name === undefined) return mismatch(`mcp-name ${quoted(mcpName)} is wrapped in what is no base64 of UTF-8`, id);
  return name === value ? undefined : mismatch(`mcp-name is ${quoted(name)}, but params.${member} is ${quoted(value)}`, id);
}

function checkAccept(head: ModernHead, accepts: Accepts, { method }: RequestEnvelope, id: Buffer): Refusal | undefined {
  if (accepts.stream || (accepts.json && method !== "subscriptions/listen")) return undefined;
  const what = accepts.json ? "is answered by a stream, and text/event-stream is not allowed" : "allows neither application/json nor text/event-stream";
  return refuse(406, errorCodes.invalidRequest, accepts.json ? `${method} ${what} by accept ${quoted(head.accept)}` : `accept ${quoted(head.accept)} ${what}`, id);
}

function checkRemoved(method: string, id: Buffer): Refusal | undefined {
  return removedMethods.includes(method) ? refuse(404, errorCodes.methodNotFound, `${method} does not exist in ${modernVersion}`, id) : undefined;
}

function invalid(message: string, id: Buffer): Refusal {
  return refuse(400, errorCodes.invalidParams, message, id);
}

function mismatch(message: string, id: Buffer | undefined): Refusal {
  return refuse(400, errorCodes.headerMismatch, message, id);
}

/** What a JSON-RPC message is and where its ids lie, found by scanning its bytes: the payload is never made into values, so it cannot change. */

import { skipColon, skipSpace, skipString, skipValue } from "./json-skip.js";

/** A piece of the message, from `start`, inclusive, to `end`, exclusive. */
export interface Span { readonly start: number; readonly end: number }

export type Envelope = RequestEnvelope | NotificationEnvelope | ResponseEnvelope | BatchEnvelope | InvalidEnvelope;

export interface RequestEnvelope {
  readonly kind: "request";
  /** A string with its quotes, or a number. */
  readonly id: Span;
  readonly method: string;
  /** `params._meta.progressToken`, a string or a number. */
  readonly progressToken: Span | undefined;
  readonly saysVersion2: boolean;
}

export interface NotificationEnvelope {
  readonly kind: "notification";
  readonly method: string;
  /** `params.progressToken`: which request a `notifications/progress` is about. */
  readonly progressToken: Span | undefined;
  /** `params.requestId`: which request a `notifications/cancelled` is about. */
  readonly requestId: Span | undefined;
  readonly saysVersion2: boolean;
}

export interface ResponseEnvelope {
  readonly kind: "response";
  /** Absent where the answering side could not read the request's. */
  readonly id: Span | undefined;
  readonly outcome: "result" | "error";
  readonly saysVersion2: boolean;
}

export interface BatchEnvelope { readonly kind: "batch" }

export interface InvalidEnvelope {
  readonly kind: "invalid";
  /** syntax: not JSON at all. shape: JSON, but no JSON-RPC message. */
  readonly fault: "syntax" | "shape";
  readonly what: string;
  /** For an error answer, where one could be read. */
  readonly id: Span | undefined;
}

/** Never throws. Of a member that is there twice the last counts, as with JSON.parse. */
export function readEnvelope(bytes: Buffer): Envelope {
  const start = skipSpace(bytes, 0);
  if (bytes[start] !== OPEN_BRACE) return readOther(bytes, start);
  const found = nothingFound();
  const end = readMembers(bytes, start, "message", found);
  if (end < 0 || skipSpace(bytes, end) !== bytes.length) return invalid("syntax", "the message is not JSON", undefined);
  return toEnvelope(bytes, found);
}

/**
 * What can be known of a message of which only the first and the last bytes were kept.
 * The id is the answer's own for certain: either it stands at the top level of what was kept,
 * or it is the last member before the brace that closes the message.
 */
export function readTornEnvelope(head: Buffer, tail: Buffer): { readonly kind: "request" | "response" | "unknown"; readonly id: Buffer | undefined } {
  const found = nothingFound();
  const start = skipSpace(head, 0);
  if (head[start] !== OPEN_BRACE) return { kind: "unknown", id: undefined };
  readMembers(head, start, "message", found);
  const last = /[,{]\s*"id"\s*:\s*("[^"\\]*"|-?\d+)\s*\}\s*$/.exec(tail.toString("latin1"))?.[1];
  const id = last !== undefined ? Buffer.from(last, "latin1") : isId(head, found.id) ? rawOf(head, found.id) : undefined;
  return { kind: found.method !== undefined ? "request" : found.result || found.error ? "response" : "unknown", id };
}

/** The bytes of a piece, not copied. */
export function rawOf(bytes: Buffer, span: Span): Buffer {
  return bytes.subarray(span.start, span.end);
}

const OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, OPEN_BRACKET = 0x5b, COMMA = 0x2c, QUOTE = 0x22, BACKSLASH = 0x5c, MINUS = 0x2d;
const VERSION_2 = Buffer.from('"2.0"');

type Level = "message" | "params" | "meta";

/** Where the members that matter were last seen, on the way through a message. */
interface Found {
  version: Span | undefined;
  id: Span | undefined;
  method: Span | undefined;
  result: boolean;
  error: boolean;
  metaProgressToken: Span | undefined;
  progressToken: Span | undefined;
  requestId: Span | undefined;
}

function nothingFound(): Found {
  return {
    version: undefined, id: undefined, method: undefined, result: false, error: false,
    metaProgressToken: undefined, progressToken: undefined, requestId: undefined,
  };
}

function toEnvelope(bytes: Buffer, found: Found): Envelope {
  const saysVersion2 = found.version !== undefined && isSame(bytes, found.version, VERSION_2);
  const id = isId(bytes, found.id) ? found.id : undefined;
  if (found.method !== undefined) {
    if (bytes[found.method.start] !== QUOTE) return invalid("shape", "method is not a string", id);
    const method = textOf(bytes, found.method);
    if (found.id === undefined) {
      return {
        kind: "notification", method, saysVersion2,
        progressToken: isId(bytes, found.progressToken) ? found.progressToken : undefined,
        requestId: isId(bytes, found.requestId) ? found.requestId : undefined,
      };
    }
    if (id === undefined) return invalid("shape", "the id of a request must be a string or a number", undefined);
    return { kind: "request", id, method, saysVersion2, progressToken: isId(bytes, found.metaProgressToken) ? found.metaProgressToken : undefined };
  }
  if (found.result || found.error) return { kind: "response", id, outcome: found.error ? "error" : "result", saysVersion2 };
  return invalid("shape", "the message has neither method nor result nor error", id);
}

function readOther(bytes: Buffer, start: number): Envelope {
  const end = skipValue(bytes, start);
  if (end < 0 || skipSpace(bytes, end) !== bytes.length) return invalid("syntax", "the message is not JSON", undefined);
  if (bytes[start] === OPEN_BRACKET) return { kind: "batch" };
  return invalid("shape", "the message is not a JSON object", undefined);
}

/** From an object's opening brace to behind its closing one; notes what it passes in `found`. */
function readMembers(bytes: Buffer, at: number, level: Level, found: Found): number {
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_BRACE) return i + 1;
  for (;;) {
    if (bytes[i] !== QUOTE) return -1;
    const keyEnd = skipString(bytes, i);
    if (keyEnd < 0) return -1;
    const value = skipColon(bytes, keyEnd);
    if (value < 0) return -1;
    const end = readMember(bytes, level, keyOf(bytes, i, keyEnd), value, found);
    if (end < 0) return -1;
    i = skipSpace(bytes, end);
    if (bytes[i] === CLOSE_BRACE) return i + 1;
    if (bytes[i] !== COMMA) return -1;
    i = skipSpace(bytes, i + 1);
  }
}

/** From the beginning of a member's value to its end. */
function readMember(bytes: Buffer, level: Level, key: string, at: number, found: Found): number {
  if (level === "message" && key === "params") {
    found.metaProgressToken = found.progressToken = found.requestId = undefined;
    if (bytes[at] === OPEN_BRACE) return readMembers(bytes, at, "params", found);
  }
  if (level === "params" && key === "_meta") {
    found.metaProgressToken = undefined;
    if (bytes[at] === OPEN_BRACE) return readMembers(bytes, at, "meta", found);
  }
  // Noted before the value is read: of a torn message it is enough to know what would have come.
  if (level === "message" && key === "result") found.result = true;
  if (level === "message" && key === "error") found.error = true;
  const end = skipValue(bytes, at);
  if (end < 0 || key === "") return end;
  if (level === "message") {
    switch (key) {
      case "id": found.id = { start: at, end }; break;
      case "method": found.method = { start: at, end }; break;
      case "jsonrpc": found.version = { start: at, end }; break;
      default:
    }
  } else if (level === "params") {
    if (key === "progressToken") found.progressToken = { start: at, end };
    else if (key === "requestId") found.requestId = { start: at, end };
  } else if (key === "progressToken") {
    found.metaProgressToken = { start: at, end };
  }
  return end;
}

/** Keys that are looked at, by the length of the text. A name may stand here for one level and be passed over in the others. */
const knownKeys: readonly (readonly { readonly text: string; readonly bytes: Buffer }[])[] = byLength([
  "id", "error", "_meta", "method", "params", "result", "jsonrpc", "requestId", "progressToken",
]);
const longestKey = knownKeys.length - 1;

/** The key between two quotes if it is one that is looked at, else "". Only a key with escapes is decoded. */
function keyOf(bytes: Buffer, start: number, end: number): string {
  const length = end - start - 2;
  for (const known of knownKeys[length] ?? []) if (isSame(bytes, { start: start + 1, end: end - 1 }, known.bytes)) return known.text;
  // At the longest, each character is written as \uXXXX.
  if (length <= longestKey * 6 && hasEscape(bytes, start, end)) {
    const key = textOf(bytes, { start, end });
    return knownKeys[key.length]?.some((known) => known.text === key) === true ? key : "";
  }
  return "";
}

function hasEscape(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true;
  return false;
}

function byLength(texts: readonly string[]): { text: string; bytes: Buffer }[][] {
  const lists: { text: string; bytes: Buffer }[][] = [];
  for (let length = 0; length <= Math.max(...texts.map((text) => text.length)); length++) {
    lists.push(texts.filter((text) => text.length === length).map((text) => ({ text, bytes: Buffer.from(text) })));
  }
  return lists;
}

function isSame(bytes: Buffer, span: Span, expected: Buffer): boolean {
  if (span.end - span.start !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[span.start + i] !== expected[i]) return false;
  return true;
}

function isId(bytes: Buffer, span: Span | undefined): span is Span {
  if (span === undefined) return false;
  const first = bytes[span.start] as number; // A span is never empty.
  return first === QUOTE || first === MINUS || (first >= 0x30 && first <= 0x39);
}

/** A JSON string that was already seen to be well formed. */
function textOf(bytes: Buffer, span: Span): string {
  const raw = bytes.toString("utf8", span.start, span.end);
  return raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

function invalid(fault: InvalidEnvelope["fault"], what: string, id: Span | undefined): InvalidEnvelope {
  return { kind: "invalid", fault, what, id };
}

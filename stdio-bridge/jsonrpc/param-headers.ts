/** Arguments of tools that travel in headers too: which of them a tool wants there (`x-mcp-header` in its schema), and whether header and body agree. */

import { metaKeys, modernVersion } from "./discover.js";
import { rawOf } from "./envelope.js";
import { readHeaderText } from "./header-text.js";
import { memberOf, textAt } from "./member.js";

export interface ParamHeader {
  /** As Node names headers: in small letters. */
  readonly header: string;
  /** From `arguments` on. */
  readonly path: readonly string[];
}

/** By the tool's name; tools without any are left out. */
export type ParamHeaders = ReadonlyMap<string, readonly ParamHeader[]>;

/** The headers of a request that may be meant, by name. */
export type SentHeaders = Readonly<Record<string, string | undefined>>;

export const paramHeaderPrefix = "mcp-param-";

/** The question for one page of the list of tools, to a process of 2026-07-28. */
export function toToolsList(cursor: string | undefined): Buffer {
  const meta = { [metaKeys.protocolVersion]: modernVersion, [metaKeys.clientCapabilities]: {} };
  return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: "mcp-mesh-tools", method: "tools/list", params: { ...(cursor === undefined ? {} : { cursor }), _meta: meta } }));
}

/** Absent: that was the last page. */
export function nextCursorOf(answer: Buffer): string | undefined {
  return textAt(answer, memberOf(answer, ["result", "nextCursor"]));
}

/** Of one page of an answer to tools/list. */
export function readParamHeaders(answer: Buffer): ParamHeaders {
  // Most servers have none, and a long list need not be read for that.
  const tools = answer.includes(annotation) ? memberOf(answer, ["result", "tools"]) : undefined;
  const found = new Map<string, readonly ParamHeader[]>();
  if (tools === undefined) return found;
  const list: unknown = JSON.parse(rawOf(answer, tools).toString("utf8"));
  for (const tool of Array.isArray(list) ? list : []) {
    if (!isObject(tool) || typeof tool["name"] !== "string") continue;
    const headers = annotated(tool["inputSchema"], []);
    if (headers.length > 0) found.set(tool["name"], headers);
  }
  return found;
}

/** What is wrong, as a sentence; absent: nothing. `message`: a tools/call. */
export function faultOfHeaders(message: Buffer, wanted: readonly ParamHeader[], sent: SentHeaders): string | undefined {
  for (const { header, path } of wanted) {
    const span = memberOf(message, ["params", "arguments", ...path]);
    const raw = span === undefined ? "null" : rawOf(message, span).toString("utf8");
    // What is not there needs no header, and what is no simple value can have none.
    if (raw === "null" || raw.startsWith("{") || raw.startsWith("[")) continue;
    const value = sent[header], argument = path.join(".");
    if (value === undefined) return `the header ${header} is missing, and the argument ${argument} is ${shortened(raw)}`;
    const text = readHeaderText(value);
    if (text === undefined) return `${header} ${shortened(JSON.stringify(value))} is wrapped in what is no base64 of UTF-8`;
    if (text !== (textAt(message, span) ?? raw) && !isSameNumber(text, raw)) return `${header} is ${shortened(JSON.stringify(text))}, but the argument ${argument} is ${shortened(raw)}`;
  }
  return undefined;
}

const annotation = "x-mcp-header";
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Deeper than any real schema; one that is nested without end must not fill the stack. */
const maxDepth = 32;

/** Only what properties alone lead to: elsewhere the annotation is not allowed. */
function annotated(schema: unknown, path: readonly string[]): readonly ParamHeader[] {
  if (!isObject(schema) || path.length > maxDepth) return [];
  const name = schema[annotation];
  const own = path.length > 0 && typeof name === "string" && token.test(name) ? [{ header: `${paramHeaderPrefix}${name.toLowerCase()}`, path }] : [];
  const { properties } = schema;
  return [...own, ...(isObject(properties) ? Object.entries(properties).flatMap(([key, child]) => annotated(child, [...path, key])) : [])];
}

function isSameNumber(text: string, raw: string): boolean {
  return decimal.test(text) && decimal.test(raw) && Number(text) === Number(raw);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Finds one member of a JSON message that is looked at seldom, and puts other bytes in the place of pieces of it. */

import type { Span } from "./envelope.js";
import { skipColon, skipSpace, skipString, skipValue } from "./json-skip.js";

/** Where the value at the path lies. Of a member that is there twice the last counts, as with JSON.parse. */
export function memberOf(message: Buffer, path: readonly string[]): Span | undefined {
  let at = skipSpace(message, 0);
  let found: Span | undefined;
  for (const name of path) {
    found = memberAt(message, at, name);
    if (found === undefined) return undefined;
    at = found.start;
  }
  return found;
}

/** The text of a value that is a string. */
export function textAt(message: Buffer, span: Span | undefined): string | undefined {
  if (span === undefined || message[span.start] !== QUOTE) return undefined;
  return JSON.parse(message.toString("utf8", span.start, span.end)) as string; // By its quote.
}

export interface Edit { readonly span: Span; readonly raw: Buffer }

/** The message with other bytes in the place of two pieces, in whatever order they lie. */
export function withEdits(message: Buffer, one: Edit, other: Edit): Buffer {
  const [first, second] = one.span.start < other.span.start ? [one, other] : [other, one];
  return Buffer.concat([
    message.subarray(0, first.span.start), first.raw,
    message.subarray(first.span.end, second.span.start), second.raw,
    message.subarray(second.span.end),
  ]);
}

const OPEN_BRACE = 0x7b, COMMA = 0x2c, QUOTE = 0x22;

function memberAt(message: Buffer, at: number, name: string): Span | undefined {
  if (message[at] !== OPEN_BRACE) return undefined;
  let found: Span | undefined;
  for (let i = skipSpace(message, at + 1); message[i] === QUOTE; i = skipSpace(message, i + 1)) {
    const keyEnd = skipString(message, i);
    const start = keyEnd < 0 ? -1 : skipColon(message, keyEnd);
    const end = start < 0 ? -1 : skipValue(message, start);
    if (end < 0) return undefined;
    if (JSON.parse(message.toString("utf8", i, keyEnd)) === name) found = { start, end };
    i = skipSpace(message, end);
    if (message[i] !== COMMA) break;
  }
  return found;
}

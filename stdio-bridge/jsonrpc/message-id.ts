/** Ids and tokens as they are compared: a process may write an id in another way than the client did, and means the same. */

import type { Span } from "./envelope.js";

/**
 * Equal for ids that most programs cannot tell apart: `1`, `1.0` and `1e0`, or `"a"` and `"\u0061"`, or two
 * integers that are the same double. A process that reads numbers as doubles answers 12345678901234567890
 * with 12345678901234567000, and the answer still has to find its question.
 */
export function idKey(raw: Buffer): string {
  const text = raw.toString("latin1");
  if (raw[0] === QUOTE) return text.includes("\\") ? canonicalString(raw) : text;
  return isPlainInteger(text) ? text : String(Number(text));
}

/** The message with other bytes in the place of its id. */
export function withId(message: Buffer, id: Span, raw: Buffer): Buffer {
  if (id.end - id.start === raw.length && message.compare(raw, 0, raw.length, id.start, id.end) === 0) return message;
  return Buffer.concat([message.subarray(0, id.start), raw, message.subarray(id.end)]);
}

const QUOTE = 0x22;

/** An integer that has one way to be written: no leading zero, no -0, below 2^53. */
function isPlainInteger(text: string): boolean {
  return text.length <= 15 && /^(?:0|-?[1-9]\d*)$/.test(text);
}

/** The key of a string without escapes is its own bytes, so one with escapes is brought to that form. */
function canonicalString(raw: Buffer): string {
  return Buffer.from(JSON.stringify(JSON.parse(raw.toString("utf8")))).toString("latin1");
}

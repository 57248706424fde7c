/** The messages of a JSON-RPC batch, each as the bytes it came in. */

import { skipSpace, skipValue } from "./json-skip.js";

/** Of an array that is well-formed JSON, as `readEnvelope` says of a batch; pieces of `bytes`, not copied. */
export function splitBatch(bytes: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  let at = skipSpace(bytes, skipSpace(bytes, 0) + 1);
  while (bytes[at] !== CLOSE_BRACKET) {
    const end = skipValue(bytes, at);
    parts.push(bytes.subarray(at, end));
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return parts;
}

/** A batch of these messages. */
export function toBatch(messages: readonly Buffer[]): Buffer {
  return Buffer.concat([OPEN, ...messages.flatMap((message, index) => (index === 0 ? [message] : [SEPARATOR, message])), CLOSE]);
}

const COMMA = 0x2c, CLOSE_BRACKET = 0x5d;
const OPEN = Buffer.from("["), SEPARATOR = Buffer.from(","), CLOSE = Buffer.from("]");

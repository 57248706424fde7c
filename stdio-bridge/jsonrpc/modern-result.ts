/** Results of 2026-07-28, as far as a bridge has to look at them. */

import { rawOf, type Span } from "./envelope.js";
import { memberOf, textAt } from "./member.js";
import { withId } from "./message-id.js";

export const subscriptionIdKey = "io.modelcontextprotocol/subscriptionId";

/** The process' `requestState` in an answer by which it asks for input. */
export function requestStateOf(answer: Buffer): Span | undefined {
  // A look for bytes is quick, and most answers have none.
  if (!answer.includes(INPUT_REQUIRED) || textAt(answer, memberOf(answer, ["result", "resultType"])) !== INPUT_REQUIRED) return undefined;
  const state = memberOf(answer, ["result", "requestState"]);
  return state !== undefined && answer[state.start] === QUOTE ? state : undefined;
}

/** Which `subscriptions/listen` a notification came by. */
export function subscriptionSpan(notification: Buffer): Span | undefined {
  return memberOf(notification, ["params", "_meta", subscriptionIdKey]);
}

/** The end of a `subscriptions/listen`, with the client's id in the place of ours. */
export function withSubscriptionId(answer: Buffer, id: Buffer): Buffer {
  const span = memberOf(answer, ["result", "_meta", subscriptionIdKey]);
  return span === undefined ? answer : withId(answer, span, id);
}

/** The end of a `subscriptions/listen` by whoever serves it. */
export function toListenEnd(id: Buffer): Buffer {
  return Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":'), id, Buffer.from(`,"result":{"resultType":"complete","_meta":{"${subscriptionIdKey}":`), id, Buffer.from("}}}")]);
}

/** Of an error answer: its code, where it is a number as codes are. */
export function errorCodeOf(answer: Buffer): number | undefined {
  const code = memberOf(answer, ["error", "code"]);
  const number = code === undefined ? NaN : Number(rawOf(answer, code).toString("latin1"));
  return Number.isInteger(number) ? number : undefined;
}

const INPUT_REQUIRED = "input_required";
const QUOTE = 0x22;

/** A request of an older revision as 2026-07-28 has it: what a session knows of its client goes with each request. */

import { metaKeys, modernVersion } from "./discover.js";
import { rawOf, type Span } from "./envelope.js";
import { skipSpace } from "./json-skip.js";
import { memberOf } from "./member.js";
import { editsFor, toObject, withAllEdits, withoutMember, type Member } from "./splice.js";

/** Who the client is, as bytes of its `initialize`. */
export interface ElderClient {
  readonly info: Buffer | undefined;
  /** An object. */
  readonly capabilities: Buffer;
}

/** Copied, so that it may be kept. */
export function readElderClient(initialize: Buffer): ElderClient {
  const info = memberOf(initialize, ["params", "clientInfo"]);
  const capabilities = memberOf(initialize, ["params", "capabilities"]);
  return {
    info: isObject(initialize, info) ? Buffer.from(rawOf(initialize, info)) : undefined,
    // Tasks are another thing in 2026-07-28, with other methods.
    capabilities: isObject(initialize, capabilities) ? Buffer.from(withoutMember(rawOf(initialize, capabilities), 0, "tasks")) : EMPTY,
  };
}

/** What each request says in `_meta`; `logLevel` as it stands in JSON. */
export function toRequestMeta({ info, capabilities }: ElderClient, logLevel: Buffer | undefined): readonly Member[] {
  return [
    { name: metaKeys.protocolVersion, raw: Buffer.from(JSON.stringify(modernVersion)) },
    ...(info === undefined ? [] : [{ name: metaKeys.clientInfo, raw: info }]),
    { name: metaKeys.clientCapabilities, raw: capabilities },
    ...(logLevel === undefined ? [] : [{ name: logLevelKey, raw: logLevel }]),
  ];
}

/** The message with these members in its `params._meta`, and in its `params`. Parameters that are no object stay as they are, and are refused by whom they are for. */
export function toModernRequest(message: Buffer, meta: readonly Member[], params: readonly Member[] = []): Buffer {
  const placed = memberOf(message, ["params"]);
  if (placed === undefined || isNull(message, placed)) {
    const whole = { start: skipSpace(message, 0), end: message.lastIndexOf(CLOSE_BRACE) + 1 };
    return withAllEdits(message, editsFor(message, whole, [{ name: "params", raw: toObject([...params, { name: "_meta", raw: toObject(meta) }]) }]));
  }
  if (!isObject(message, placed)) return message;
  const placedMeta = memberOf(message, ["params", "_meta"]);
  if (isObject(message, placedMeta)) return withAllEdits(message, [...editsFor(message, placedMeta, meta), ...editsFor(message, placed, params)]);
  return withAllEdits(message, editsFor(message, placed, [...params, { name: "_meta", raw: toObject(meta) }]));
}

export function isObject(message: Buffer, span: Span | undefined): span is Span {
  return span !== undefined && message[span.start] === OPEN_BRACE;
}

const logLevelKey = "io.modelcontextprotocol/logLevel";
const EMPTY = Buffer.from("{}");
const OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d;

function isNull(message: Buffer, span: Span): boolean {
  return message[span.start] === 0x6e /* n */;
}

/** What a message of 2026-07-28 says of its client and of itself in `params` and `params._meta`, as pieces of its bytes. */

import { metaKeys } from "./discover.js";
import type { Span } from "./envelope.js";
import { memberOf, textAt } from "./member.js";
import { membersAt } from "./splice.js";

export interface ModernClaims {
  /** `params`, where it is an object. */
  readonly params: Span | undefined;
  readonly protocolVersion: Span | undefined;
  readonly clientCapabilities: Span | undefined;
  readonly clientInfo: Span | undefined;
  readonly logLevel: Span | undefined;
  /** Of a request that is sent again with what was asked for. */
  readonly requestState: Span | undefined;
  readonly inputResponses: Span | undefined;
  /** What the request is about: the name of a tool or prompt, a resource's URI, a task's id. Absent where the method has none. */
  readonly subject: { readonly member: string; readonly value: string | undefined } | undefined;
}

/** From the least grave. */
export const logLevels: readonly string[] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/** Members by which a request of the method says what it is about. */
const subjectMembers: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

export function readClaims(message: Buffer, method: string): ModernClaims {
  const params = memberOf(message, ["params"]);
  // Of a member that is there twice the last counts, as with JSON.parse.
  const inParams = new Map(membersOf(message, params));
  const inMeta = new Map(membersOf(message, inParams.get("_meta")));
  const member = Object.hasOwn(subjectMembers, method) ? subjectMembers[method] : undefined;
  return {
    params: params !== undefined && message[params.start] === OPEN_BRACE ? params : undefined,
    protocolVersion: inMeta.get(metaKeys.protocolVersion),
    clientCapabilities: inMeta.get(metaKeys.clientCapabilities),
    clientInfo: inMeta.get(metaKeys.clientInfo),
    logLevel: inMeta.get("io.modelcontextprotocol/logLevel"),
    requestState: inParams.get("requestState"),
    inputResponses: inParams.get("inputResponses"),
    subject: member === undefined ? undefined : { member, value: textAt(message, inParams.get(member)) },
  };
}

const OPEN_BRACE = 0x7b;

function membersOf(message: Buffer, object: Span | undefined): [string, Span][] {
  return object === undefined ? [] : membersAt(message, object.start).map(({ name, value }) => [name, value]);
}

/** The answer to `initialize` for a process that knows no such thing: made of what it says to `server/discover`. */

import { rawOf } from "./envelope.js";
import { memberOf, textAt } from "./member.js";
import { isObject } from "./modern-request.js";
import { membersAt, toObject, withoutMember, type Member } from "./splice.js";

export interface ElderTerms {
  /** The result of `server/discover`, as the process wrote it. */
  readonly discovered: Buffer;
  /** Revisions with sessions, newest first. */
  readonly versions: readonly [string, ...string[]];
  /** For a process that does not say its name. */
  readonly serverName: string;
}

/** In the revision that the client asks for if the bridge knows it, else in the newest. */
export function toInitializeAnswer(id: Buffer, initialize: Buffer, { discovered, versions, serverName }: ElderTerms): Buffer {
  const members: Member[] = [
    { name: "protocolVersion", raw: Buffer.from(JSON.stringify(versionOf(initialize, versions))) },
    { name: "capabilities", raw: capabilitiesOf(discovered) },
    { name: "serverInfo", raw: serverInfoOf(discovered) ?? Buffer.from(JSON.stringify({ name: serverName, version: "" })) },
  ];
  const instructions = memberOf(discovered, ["instructions"]);
  if (instructions !== undefined && discovered[instructions.start] === QUOTE) members.push({ name: "instructions", raw: rawOf(discovered, instructions) });
  return Buffer.concat([HEAD, id, RESULT, toObject(members), CLOSE]);
}

/** What a process can tell of by itself, and what a client may ask the bridge for in its place. */
export interface Offers {
  readonly toolsListChanged: boolean;
  readonly promptsListChanged: boolean;
  readonly resourcesListChanged: boolean;
  readonly subscribe: boolean;
  readonly logging: boolean;
}

export function readOffers(discovered: Buffer): Offers {
  const isTrue = (...path: readonly string[]): boolean => {
    const flag = memberOf(discovered, ["capabilities", ...path]);
    return flag !== undefined && discovered[flag.start] === 0x74; // true
  };
  return {
    toolsListChanged: isTrue("tools", "listChanged"),
    promptsListChanged: isTrue("prompts", "listChanged"),
    resourcesListChanged: isTrue("resources", "listChanged"),
    subscribe: isTrue("resources", "subscribe"),
    logging: isObject(discovered, memberOf(discovered, ["capabilities", "logging"])),
  };
}

function versionOf(initialize: Buffer, versions: readonly [string, ...string[]]): string {
  const asked = textAt(initialize, memberOf(initialize, ["params", "protocolVersion"]));
  return versions.find((known) => known === asked) ?? versions[0];
}

/** The members of both eras are the same, but tasks: as an extension of 2026-07-28 they cannot be had over a session. */
function capabilitiesOf(discovered: Buffer): Buffer {
  const capabilities = memberOf(discovered, ["capabilities"]);
  if (!isObject(discovered, capabilities)) return Buffer.from("{}");
  const raw = rawOf(discovered, capabilities);
  const extensions = membersAt(raw, 0).findLast(({ name }) => name === "extensions");
  return extensions === undefined ? raw : withoutMember(raw, extensions.value.start, "io.modelcontextprotocol/tasks");
}

/** In the result's `_meta`, where the specification has it; some write it beside the capabilities, as their `initialize` did. */
function serverInfoOf(discovered: Buffer): Buffer | undefined {
  for (const path of [["_meta", "io.modelcontextprotocol/serverInfo"], ["serverInfo"]]) {
    const info = memberOf(discovered, path);
    if (isObject(discovered, info)) return rawOf(discovered, info);
  }
  return undefined;
}

const QUOTE = 0x22;
const HEAD = Buffer.from('{"jsonrpc":"2.0","id":'), RESULT = Buffer.from(',"result":'), CLOSE = Buffer.from("}");

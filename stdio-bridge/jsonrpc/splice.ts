/** Puts members into an object of a JSON message, and takes them out, without touching any other byte. */

import type { Span } from "./envelope.js";
import { skipColon, skipSpace, skipString, skipValue } from "./json-skip.js";
import type { Edit } from "./member.js";

export interface Member {
  readonly name: string;
  /** The value as it is to stand in the message. */
  readonly raw: Buffer;
}

/** A member where it lies. */
export interface PlacedMember {
  readonly name: string;
  readonly key: Span;
  readonly value: Span;
}

/** All members of the object that begins at `start`, in their order; none if there is no object. */
export function membersAt(message: Buffer, start: number): readonly PlacedMember[] {
  const members: PlacedMember[] = [];
  if (message[start] !== OPEN_BRACE) return members;
  for (let at = skipSpace(message, start + 1); message[at] === QUOTE; at = skipSpace(message, at + 1)) {
    const keyEnd = skipString(message, at);
    const valueStart = keyEnd < 0 ? -1 : skipColon(message, keyEnd);
    const valueEnd = valueStart < 0 ? -1 : skipValue(message, valueStart);
    if (valueEnd < 0) return [];
    // A string, by its quote.
    members.push({ name: JSON.parse(message.toString("utf8", at, keyEnd)) as string, key: { start: at, end: keyEnd }, value: { start: valueStart, end: valueEnd } });
    at = skipSpace(message, valueEnd);
    if (message[at] !== COMMA) break;
  }
  return members;
}

/** What gives the object at `object` these members: in the place of those that it has by these names, else behind its last. */
export function editsFor(message: Buffer, object: Span, members: readonly Member[]): readonly Edit[] {
  const placed = membersAt(message, object.start);
  const edits: Edit[] = [];
  const added: Member[] = [];
  for (const member of members) {
    // Of a member that is there twice the last counts, as with JSON.parse.
    const before = placed.findLast(({ name }) => name === member.name);
    if (before === undefined) added.push(member);
    else edits.push({ span: before.value, raw: member.raw });
  }
  if (added.length === 0) return edits;
  const end = object.end - 1;
  edits.push({ span: { start: end, end }, raw: Buffer.concat([placed.length === 0 ? NOTHING : SEPARATOR, toMembers(added)]) });
  return edits;
}

/** The message with other bytes in the place of pieces that do not overlap. */
export function withAllEdits(message: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { span, raw } of [...edits].sort((one, other) => one.span.start - other.span.start)) {
    parts.push(message.subarray(at, span.start), raw);
    at = span.end;
  }
  parts.push(message.subarray(at));
  return Buffer.concat(parts);
}

/** The message without the members of that name in the object that begins at `start`. */
export function withoutMember(message: Buffer, start: number, name: string): Buffer {
  const members = membersAt(message, start);
  const at = members.findIndex((member) => member.name === name);
  const member = members[at];
  if (member === undefined) return message;
  const [before, after] = [members[at - 1], members[at + 1]];
  // With the comma: the one behind a first member, the one before any other.
  const piece = before === undefined ? { start: member.key.start, end: after?.key.start ?? member.value.end } : { start: before.value.end, end: member.value.end };
  return withoutMember(Buffer.concat([message.subarray(0, piece.start), message.subarray(piece.end)]), start, name);
}

/** An object of these members. */
export function toObject(members: readonly Member[]): Buffer {
  return Buffer.concat([OPEN, toMembers(members), CLOSE]);
}

function toMembers(members: readonly Member[]): Buffer {
  return Buffer.concat(members.flatMap(({ name, raw }, index) => [index === 0 ? NOTHING : SEPARATOR, Buffer.from(`${JSON.stringify(name)}:`), raw]));
}

const OPEN_BRACE = 0x7b, QUOTE = 0x22, COMMA = 0x2c;
const NOTHING = Buffer.alloc(0), SEPARATOR = Buffer.from(","), OPEN = Buffer.from("{"), CLOSE = Buffer.from("}");

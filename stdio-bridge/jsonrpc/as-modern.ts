/** What a process of an older revision says, as 2026-07-28 has it: members are put in, and no other byte changes. */

import { splitBatch } from "./batch.js";
import { modernVersion } from "./discover.js";
import { rawOf } from "./envelope.js";
import { memberOf, textAt } from "./member.js";
import { isObject } from "./modern-request.js";
import { subscriptionIdKey } from "./modern-result.js";
import { editsFor, membersAt, toObject, withAllEdits, withoutMember, type Member } from "./splice.js";

/** An answer with all that a result of the method has to say. What it says already stays. */
export function withResultType(answer: Buffer, method: string): Buffer {
  const result = memberOf(answer, ["result"]);
  if (!isObject(answer, result)) return answer;
  const present = new Set(membersAt(answer, result.start).map(({ name }) => name));
  const wanted = cacheable.includes(method) ? [COMPLETE, ...notCached] : [COMPLETE];
  return withAllEdits(answer, editsFor(answer, result, wanted.filter(({ name }) => !present.has(name))));
}

/** The answer to `server/discover`, of what the process said to `initialize`. */
export function toDiscoverAnswer(id: Buffer, initialized: Buffer): Buffer {
  const capabilities = memberOf(initialized, ["result", "capabilities"]);
  const instructions = memberOf(initialized, ["result", "instructions"]);
  const info = memberOf(initialized, ["result", "serverInfo"]);
  const members: Member[] = [
    COMPLETE,
    { name: "supportedVersions", raw: Buffer.from(JSON.stringify([modernVersion])) },
    // Tasks are another thing in 2026-07-28, with other methods.
    { name: "capabilities", raw: isObject(initialized, capabilities) ? withoutMember(rawOf(initialized, capabilities), 0, "tasks") : Buffer.from("{}") },
    ...(instructions !== undefined && initialized[instructions.start] === QUOTE ? [{ name: "instructions", raw: rawOf(initialized, instructions) }] : []),
    ...notCached,
    ...(isObject(initialized, info) ? [{ name: "_meta", raw: toObject([{ name: "io.modelcontextprotocol/serverInfo", raw: rawOf(initialized, info) }]) }] : []),
  ];
  return toAnswer(id, toObject(members));
}

/** A notification as one of a subscription. `id`: that of the request which subscribed, as it stands in JSON. */
export function withSubscription(notification: Buffer, id: Buffer): Buffer {
  const subscription: Member = { name: subscriptionIdKey, raw: id };
  const params = memberOf(notification, ["params"]);
  if (!isObject(notification, params)) {
    const whole = { start: notification.indexOf(OPEN_BRACE), end: notification.lastIndexOf(CLOSE_BRACE) + 1 };
    return withAllEdits(notification, editsFor(notification, whole, [{ name: "params", raw: toObject([{ name: "_meta", raw: toObject([subscription]) }]) }]));
  }
  const meta = memberOf(notification, ["params", "_meta"]);
  if (isObject(notification, meta)) return withAllEdits(notification, editsFor(notification, meta, [subscription]));
  return withAllEdits(notification, editsFor(notification, params, [{ name: "_meta", raw: toObject([subscription]) }]));
}

/** What a `subscriptions/listen` wants to hear of. URIs as they stand in JSON. */
export interface Listening {
  readonly kinds: readonly ListKind[];
  readonly resources: readonly Buffer[];
}

export type ListKind = "tools" | "prompts" | "resources";

/** Absent: it does not say what for. Copied, so that it may be kept. */
export function readListening(request: Buffer): Listening | undefined {
  const filter = memberOf(request, ["params", "notifications"]);
  if (!isObject(request, filter)) return undefined;
  const members = new Map(membersAt(request, filter.start).map(({ name, value }) => [name, value]));
  const uris = members.get("resourceSubscriptions");
  const resources = uris !== undefined && request[uris.start] === OPEN_BRACKET ? splitBatch(rawOf(request, uris)).map((uri) => Buffer.from(uri)) : [];
  if (resources.some((uri) => uri[0] !== QUOTE)) return undefined;
  const isWanted = (kind: ListKind): boolean => {
    const flag = members.get(`${kind}ListChanged`);
    return flag !== undefined && request[flag.start] === 0x74; // true
  };
  return { kinds: (["tools", "prompts", "resources"] as const).filter(isWanted), resources };
}

/** What of it a process can tell of, by what it said to `initialize`. */
export function honoured({ kinds, resources }: Listening, initialized: Buffer): Listening {
  const isTrue = (...path: readonly string[]): boolean => {
    const flag = memberOf(initialized, ["result", "capabilities", ...path]);
    return flag !== undefined && initialized[flag.start] === 0x74; // true
  };
  return { kinds: kinds.filter((kind) => isTrue(kind, "listChanged")), resources: isTrue("resources", "subscribe") ? resources : [] };
}

export function toAcknowledgement(id: Buffer, { kinds, resources }: Listening): Buffer {
  const filter = toObject([
    ...kinds.map((kind) => ({ name: `${kind}ListChanged`, raw: Buffer.from("true") })),
    ...(resources.length === 0 ? [] : [{ name: "resourceSubscriptions", raw: Buffer.concat([Buffer.from("["), ...resources.flatMap((uri, index) => (index === 0 ? [uri] : [Buffer.from(","), uri])), Buffer.from("]")]) }]),
  ]);
  return withSubscription(Buffer.concat([Buffer.from('{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":'), filter, Buffer.from("}}")]), id);
}

/** One thing that a process asks its client for. */
export interface Asked {
  /** By which the client names its answer. */
  readonly key: string;
  readonly method: string;
  /** As the process wrote them. */
  readonly params: Buffer | undefined;
}

/** The answer to a call that cannot go on without the client. `state`: as it stands in JSON. */
export function toInputRequired(id: Buffer, asked: readonly Asked[], state: Buffer): Buffer {
  const requests = asked.map(({ key, method, params }) => ({
    name: key,
    raw: toObject([{ name: "method", raw: Buffer.from(JSON.stringify(method)) }, ...(params === undefined ? [] : [{ name: "params", raw: params }])]),
  }));
  return toAnswer(id, toObject([
    { name: "resultType", raw: Buffer.from('"input_required"') },
    { name: "inputRequests", raw: toObject(requests) },
    { name: "requestState", raw: state },
  ]));
}

/** The client's answers by the keys of what it was asked, as it wrote them. */
export function readInputResponses(request: Buffer): ReadonlyMap<string, Buffer> {
  const responses = memberOf(request, ["params", "inputResponses"]);
  return new Map(responses === undefined ? [] : membersAt(request, responses.start).map(({ name, value }) => [name, rawOf(request, value)]));
}

/** Whether the client said that it can do this for a server. */
export function offers(capabilities: Buffer, name: string): boolean {
  return membersAt(capabilities, 0).some((member) => member.name === name && capabilities[member.value.start] === OPEN_BRACE);
}

/** Of a message that a process logs: how grave it is. */
export function levelOf(notification: Buffer): string | undefined {
  return textAt(notification, memberOf(notification, ["params", "level"]));
}

export function toAnswer(id: Buffer, result: Buffer): Buffer {
  return Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":'), id, Buffer.from(',"result":'), result, Buffer.from("}")]);
}

const QUOTE = 0x22, OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, OPEN_BRACKET = 0x5b;
const COMPLETE: Member = { name: "resultType", raw: Buffer.from('"complete"') };
/** An older process says nothing of how long its lists hold, and not for whom. */
const notCached: readonly Member[] = [{ name: "ttlMs", raw: Buffer.from("0") }, { name: "cacheScope", raw: Buffer.from('"private"') }];
const cacheable: readonly string[] = ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"];

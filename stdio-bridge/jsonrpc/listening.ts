/** `subscriptions/listen`, by which 2026-07-28 tells of changes, and its notifications as older revisions have them. */

import { rawOf } from "./envelope.js";
import { memberOf } from "./member.js";
import { toModernRequest } from "./modern-request.js";
import { toObject, withoutMember, type Member } from "./splice.js";

/** What is to be told of. */
export interface Filter {
  readonly toolsListChanged: boolean;
  readonly promptsListChanged: boolean;
  readonly resourcesListChanged: boolean;
  /** URIs as they stand in JSON. */
  readonly resources: readonly Buffer[];
}

export function isEmpty(filter: Filter): boolean {
  return !filter.toolsListChanged && !filter.promptsListChanged && !filter.resourcesListChanged && filter.resources.length === 0;
}

/** The request; its id is put in when it is sent. */
export function toListen(filter: Filter, meta: readonly Member[]): Buffer {
  const wanted: Member[] = (["toolsListChanged", "promptsListChanged", "resourcesListChanged"] as const).filter((name) => filter[name]).map((name) => ({ name, raw: TRUE }));
  if (filter.resources.length > 0) wanted.push({ name: "resourceSubscriptions", raw: toArray(filter.resources) });
  return toModernRequest(LISTEN, meta, [{ name: "notifications", raw: toObject(wanted) }]);
}

/** The number of the listening that a notification belongs to; absent where it belongs to none of ours. */
export function subscriptionOf(notification: Buffer): number | undefined {
  const id = memberOf(notification, ["params", "_meta", subscriptionIdKey]);
  return id === undefined || notification[id.start] === QUOTE ? undefined : Number(rawOf(notification, id).toString("latin1"));
}

/** A notification as it is without a subscription that it came by. */
export function withoutSubscription(notification: Buffer): Buffer {
  const meta = memberOf(notification, ["params", "_meta"]);
  return meta === undefined ? notification : withoutMember(notification, meta.start, subscriptionIdKey);
}

/** Of `notifications/subscriptions/acknowledged`: the resources that the process will tell of, decoded. */
export function readAgreedResources(acknowledgement: Buffer): readonly string[] {
  const agreed = memberOf(acknowledgement, ["params", "notifications", "resourceSubscriptions"]);
  const uris: unknown = agreed === undefined ? undefined : JSON.parse(rawOf(acknowledgement, agreed).toString("utf8"));
  return Array.isArray(uris) ? uris.filter((uri): uri is string => typeof uri === "string") : [];
}

const subscriptionIdKey = "io.modelcontextprotocol/subscriptionId";
const LISTEN = Buffer.from('{"jsonrpc":"2.0","id":0,"method":"subscriptions/listen"}');
const QUOTE = 0x22;
const TRUE = Buffer.from("true");

function toArray(values: readonly Buffer[]): Buffer {
  return Buffer.from(`[${values.map((value) => value.toString("latin1")).join(",")}]`, "latin1");
}

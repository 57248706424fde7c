/** The delta protocol: requests change what is wanted, responses bring what changed, each resource with its own version. */

import { isWholeType } from "./type-order.js";
import type { DeltaRequest, Reply } from "./discovery.js";
import type { Due, Subscription } from "./subscription.js";

/** `known`: the names that there are of the type. True: the outstanding response was answered. */
export function takeDeltaRequest(subscription: Subscription, request: DeltaRequest, known: Iterable<string>, nowMs: number): boolean {
  const isFirst = !subscription.isBegun;
  const wasForAll = subscription.isForAll;
  subscription.begin();
  // A subscription in an answer was made after the response had come: it asks for what the response brought once more.
  const isAnswered = subscription.takeAnswer(request.nonce, request.refusal, nowMs);

  for (const name of request.unsubscribe) {
    if (name === "*") subscription.removeAll();
    else subscription.remove(name);
  }
  const namesNothing = request.subscribe.length === 0 && request.unsubscribe.length === 0;
  const asksForAll = request.subscribe.includes("*") || (isFirst && namesNothing && isWholeType(subscription.typeUrl));
  if (asksForAll) subscription.addAll(known);
  for (const name of request.subscribe) if (name !== "*") subscription.add(name);

  if (isFirst) {
    for (const [name, version] of Object.entries(request.initialVersions)) subscription.learnHeld(name, version);
  }
  if (subscription.isForAll && !wasForAll && subscription.heldCount === 0) subscription.oweFirstAnswer();
  return isAnswered;
}

export function toDeltaReply(subscription: Subscription, nonce: string, due: Due): Reply {
  return { typeUrl: subscription.typeUrl, version: "", nonce, resources: due.changed, removed: due.removed };
}

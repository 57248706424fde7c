/** The state-of-the-world protocol: requests name all that is wanted, and of some types responses bring all there is. */

import type { EncodedResource } from "../snapshot/snapshot.js";
import type { Reply, SotwRequest } from "./discovery.js";
import type { Due, Subscription } from "./subscription.js";
import { isWholeType } from "./type-order.js";

type Resources = ReadonlyMap<string, EncodedResource>;

/** `known`: the names that there are of the type. True: the outstanding response was answered. */
export function takeSotwRequest(subscription: Subscription, given: GivenResources, request: SotwRequest, known: Iterable<string>, nowMs: number): boolean {
  const isFirst = !subscription.isBegun;
  // Stale: sent before the client saw our last response, which it has yet to answer with all it wants by then.
  if (!isFirst && request.nonce !== subscription.lastNonce) return false;
  subscription.begin();
  const isAnswered = subscription.takeAnswer(request.nonce, request.refusal, nowMs);
  if (isAnswered) given.noteAnswer(subscription);

  const wasForAll = subscription.isForAll;
  const isForAll = asksForAll(subscription, request, isFirst);
  if (isForAll && !wasForAll) subscription.addAll(known);
  if (!isForAll && wasForAll) subscription.removeAll();
  const names = new Set(request.names.filter((name) => name !== "*"));
  for (const name of [...subscription.names]) if (!names.has(name)) subscription.remove(name);
  for (const name of names) if (!subscription.names.has(name)) subscription.add(name);

  if (isForAll && !wasForAll) subscription.oweFirstAnswer();
  if (isForAll && isFirst) given.wasLeftWith = request.version;
  return isAnswered;
}

/**
 * As soon as it is known what there is: a client that comes back with the version of all there is has all there is.
 * Of what it asks for by name this cannot be said, as the names may have changed.
 */
export function recallSotw(subscription: Subscription, given: GivenResources, resources: Resources, version: string): void {
  const isCurrent = given.wasLeftWith !== "" && given.wasLeftWith === version;
  given.wasLeftWith = "";
  if (!isCurrent) return;
  for (const resource of resources.values()) subscription.learnHeld(resource.name, resource.version);
  given.learn(resources);
}

/** Naming nothing asks for all until something has been named; from then on it asks for nothing. */
function asksForAll(subscription: Subscription, request: SotwRequest, isFirst: boolean): boolean {
  if (request.names.includes("*")) return true;
  return request.names.length === 0 && isWholeType(subscription.typeUrl) && (isFirst || subscription.isForAll);
}

/** `version`: of `resources` as a whole. */
export function toSotwReply(
  subscription: Subscription, given: GivenResources, nonce: string, due: Due, resources: Resources, version: string,
): Reply {
  const { typeUrl } = subscription;
  const isWhole = !subscription.hasHeldBack && !subscription.hasRefusals;
  return {
    typeUrl,
    // What is not the whole must not bear its version: a client that returns with it would not be sent the rest.
    version: isWhole ? version : `${version}-part-${nonce}`,
    nonce,
    resources: isWholeType(typeUrl) ? given.give(subscription, due, resources) : due.changed,
    removed: [],
  };
}

/**
 * What a client was last given of a type. Of whole types a response must repeat what is held back in its old form,
 * since the client drops what is missing.
 */
export class GivenResources {
  /** The version that the client came with, until it has been compared. */
  wasLeftWith = "";
  #accepted: Resources = new Map();
  #given: Resources = new Map();

  learn(resources: Resources): void {
    this.#accepted = resources;
    this.#given = resources;
  }

  give(subscription: Subscription, due: Due, resources: Resources): readonly EncodedResource[] {
    const given = new Map<string, EncodedResource>();
    const changed = new Set(due.changed);
    for (const resource of resources.values()) {
      if (!subscription.wants(resource.name)) continue;
      const isNew = changed.has(resource) || subscription.holdsVersion(resource);
      const chosen = isNew ? resource : this.#accepted.get(resource.name);
      if (chosen !== undefined) given.set(chosen.name, chosen);
    }
    const removed = new Set(due.removed);
    for (const resource of this.#accepted.values()) {
      const isHeldBack = !resources.has(resource.name) && !removed.has(resource.name) && subscription.wants(resource.name);
      if (isHeldBack) given.set(resource.name, resource);
    }
    this.#given = given;
    return [...given.values()];
  }

  /** What the client has now, after it has accepted or refused the last response. */
  noteAnswer(subscription: Subscription): void {
    const accepted = new Map([...this.#accepted].filter(([name]) => subscription.holds(name)));
    for (const [name, resource] of this.#given) if (subscription.holdsVersion(resource)) accepted.set(name, resource);
    this.#accepted = accepted;
  }
}

/** In which order the types go out, and what the protocol says of each. */

import { typeUrls, type TypeUrl } from "../snapshot/snapshot.js";

/** Additions and changes: what is led to goes before what leads there. Scopes before routes, as Envoy learns from a scope which routes to ask for. */
export const additionOrder: readonly TypeUrl[] = [
  typeUrls.cluster, typeUrls.endpoints, typeUrls.listener, typeUrls.scope, typeUrls.routes, typeUrls.stdioServer,
];

/** Removals: what leads somewhere goes before what it led to. */
const removalOrder: readonly TypeUrl[] = [
  typeUrls.listener, typeUrls.scope, typeUrls.routes, typeUrls.cluster, typeUrls.endpoints,
];

/** The types whose clients must have let go before a resource of this type is removed. */
export function leadingTo(typeUrl: TypeUrl): readonly TypeUrl[] {
  return removalOrder.slice(0, Math.max(0, removalOrder.indexOf(typeUrl)));
}

/** The other direction: the types whose removals may wait for this one. */
export function ledToBy(typeUrl: TypeUrl): readonly TypeUrl[] {
  const place = removalOrder.indexOf(typeUrl);
  return place < 0 ? [] : removalOrder.slice(place + 1);
}

/** These wait until the client has the clusters that they lead to. */
export const leadingToClusters: readonly TypeUrl[] = [typeUrls.listener, typeUrls.scope, typeUrls.routes];

/**
 * The types of which a client has either all or the names it knows from elsewhere. For these a first request without
 * names asks for all, and in the state of the world what a response lacks is gone
 * (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol).
 */
const wholeTypes: readonly TypeUrl[] = [typeUrls.cluster, typeUrls.listener, typeUrls.scope, typeUrls.stdioServer];

export function isWholeType(typeUrl: TypeUrl): boolean {
  return wholeTypes.includes(typeUrl);
}

export function isServedType(typeUrl: string): typeUrl is TypeUrl {
  return (additionOrder as readonly string[]).includes(typeUrl);
}

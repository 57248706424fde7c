/**
 * Snapshots small enough to be written by hand: a version a resource, by short type and name. A scope leads to the routes
 * of its name, those to the cluster, and that to the endpoints; a listener leads to the cluster "tracing".
 */

import { typeUrls, type EncodedResource, type Reference, type Snapshot, type TypeUrl } from "../../../xds-server/snapshot/snapshot.js";

export type ShortType = keyof typeof typeUrls;

export type SmallSnapshot = Partial<Record<ShortType, Readonly<Record<string, number | string>>>> & {
  /** Present: the other clusters have to be asked for by name. */
  readonly eagerClusters?: readonly string[];
  /** Of endpoints: what could not be found out yet. */
  readonly guessed?: readonly string[];
};

export function toSnapshot({ eagerClusters, guessed = [], ...small }: SmallSnapshot): Snapshot {
  const byType = new Map<TypeUrl, ReadonlyMap<string, EncodedResource>>();
  for (const [type, versions] of Object.entries(small)) {
    // The keys of a SmallSnapshot are short types.
    const resources = Object.entries(versions).map(([name, version]) => [name, { ...resource(small, type as ShortType, name, String(version)), ...(type === "endpoints" && guessed.includes(name) ? { isGuess: true as const } : {}) }] as const);
    byType.set(typeUrls[type as ShortType], new Map(resources));
  }
  return { byType, ...(eagerClusters === undefined ? {} : { eagerClusters: new Set(eagerClusters) }) };
}

export function toShortType(typeUrl: string): string {
  return Object.entries(typeUrls).find(([, url]) => url === typeUrl)?.[0] ?? typeUrl;
}

function resource(small: SmallSnapshot, type: ShortType, name: string, version: string): EncodedResource {
  return { name, version, any: Buffer.from(`${name}@${version}`), references: referencesOf(small, type, name) };
}

function referencesOf(small: SmallSnapshot, type: ShortType, name: string): readonly Reference[] {
  const there = (to: ShortType, target = name): readonly Reference[] => (small[to]?.[target] === undefined ? [] : [{ typeUrl: typeUrls[to], name: target }]);
  switch (type) {
    case "scope": return small.routes === undefined ? there("cluster") : there("routes");
    case "routes": return there("cluster");
    case "cluster": return there("endpoints");
    case "listener": return there("cluster", "tracing");
    case "endpoints":
    case "stdioServer": return [];
  }
}

/** Snapshots small enough to be written by hand: a version a resource, by short type and name. */

import { typeUrls, type EncodedResource, type Snapshot, type TypeUrl } from "../../../xds-server/snapshot/snapshot.js";

export type ShortType = keyof typeof typeUrls;

export type SmallSnapshot = Partial<Record<ShortType, Readonly<Record<string, number | string>>>>;

export function toSnapshot(small: SmallSnapshot): Snapshot {
  const byType = new Map<TypeUrl, ReadonlyMap<string, EncodedResource>>();
  for (const [type, versions] of Object.entries(small)) {
    const resources = Object.entries(versions).map(([name, version]) => [name, resource(name, String(version))] as const);
    // The keys of a SmallSnapshot are short types.
    byType.set(typeUrls[type as ShortType], new Map(resources));
  }
  return { byType };
}

export function toShortType(typeUrl: string): string {
  return Object.entries(typeUrls).find(([, url]) => url === typeUrl)?.[0] ?? typeUrl;
}

function resource(name: string, version: string): EncodedResource {
  return { name, version, any: Buffer.from(`${name}@${version}`) };
}

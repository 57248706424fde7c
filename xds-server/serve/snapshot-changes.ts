/** Which resources differ between two snapshots: found once for all streams. */

import { typeUrls, type EncodedResource, type Snapshot, type TypeUrl } from "../snapshot/snapshot.js";

/** By type: the names that came, changed, went or are for more clients than before. "all": nothing was known of the type before. */
export type SnapshotChanges = ReadonlyMap<TypeUrl, ReadonlySet<string> | "all">;

export function toSnapshotChanges(before: Snapshot | undefined, after: Snapshot): SnapshotChanges {
  const changes = new Map<TypeUrl, ReadonlySet<string> | "all">();
  for (const [typeUrl, resources] of after.byType) {
    const old = before?.byType.get(typeUrl);
    if (old === undefined) changes.set(typeUrl, "all");
    else {
      const names = old === resources ? new Set<string>() : changedNames(old, resources);
      if (typeUrl === typeUrls.cluster && isMoreEager(before, after)) for (const name of resources.keys()) names.add(name);
      if (names.size > 0) changes.set(typeUrl, names);
    }
  }
  return changes;
}

/** What had to be asked for by name is now for all. */
function isMoreEager(before: Snapshot | undefined, after: Snapshot): boolean {
  const wasEager = before?.eagerClusters;
  if (wasEager === undefined) return false;
  return after.eagerClusters === undefined || [...after.eagerClusters].some((name) => !wasEager.has(name));
}

function changedNames(before: ReadonlyMap<string, EncodedResource>, after: ReadonlyMap<string, EncodedResource>): Set<string> {
  const names = new Set<string>();
  for (const [name, resource] of after) if (before.get(name)?.version !== resource.version) names.add(name);
  for (const name of before.keys()) if (!after.has(name)) names.add(name);
  return names;
}

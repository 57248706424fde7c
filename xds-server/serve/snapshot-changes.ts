/** Which resources differ between two snapshots: found once for all streams. */

import type { EncodedResource, Snapshot, TypeUrl } from "../snapshot/snapshot.js";

/** By type: the names that came, changed or went. "all": nothing was known of the type before. */
export type SnapshotChanges = ReadonlyMap<TypeUrl, ReadonlySet<string> | "all">;

export function toSnapshotChanges(before: Snapshot | undefined, after: Snapshot): SnapshotChanges {
  const changes = new Map<TypeUrl, ReadonlySet<string> | "all">();
  for (const [typeUrl, resources] of after.byType) {
    const old = before?.byType.get(typeUrl);
    if (old === undefined) changes.set(typeUrl, "all");
    else if (old !== resources) {
      const names = changedNames(old, resources);
      if (names.size > 0) changes.set(typeUrl, names);
    }
  }
  return changes;
}

function changedNames(before: ReadonlyMap<string, EncodedResource>, after: ReadonlyMap<string, EncodedResource>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [name, resource] of after) if (before.get(name)?.version !== resource.version) names.add(name);
  for (const name of before.keys()) if (!after.has(name)) names.add(name);
  return names;
}

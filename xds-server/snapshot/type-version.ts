/** One version for all resources of a type, as the state-of-the-world protocol asks for. */

import { digest } from "./encode.js";
import { typeUrls, type Snapshot, type TypeUrl } from "./snapshot.js";

const known = new WeakMap<Snapshot, Map<TypeUrl, string>>();

/**
 * A hash of the versions of the type's resources: the same after a restart, another whenever one comes, goes or changes.
 * The clusters are part of the endpoints' version on purpose: an Envoy without its EDS cache waits, after a cluster has
 * changed, to be sent the endpoints again, even the same ones (envoyproxy/envoy#13009).
 */
export function typeVersion(snapshot: Snapshot, typeUrl: TypeUrl): string {
  let versions = known.get(snapshot);
  if (versions === undefined) known.set(snapshot, (versions = new Map()));
  let version = versions.get(typeUrl);
  if (version === undefined) versions.set(typeUrl, (version = computeVersion(snapshot, typeUrl)));
  return version;
}

function computeVersion(snapshot: Snapshot, typeUrl: TypeUrl): string {
  const resources = [...(snapshot.byType.get(typeUrl)?.values() ?? [])];
  const clusters = typeUrl === typeUrls.endpoints ? `${typeVersion(snapshot, typeUrls.cluster)}\n` : "";
  return digest(clusters + toLines(resources.map(({ name, version }) => [name, version])));
}

/** One version for resources by name and version: of clusters, listeners, scopes and routes the same as that of their type. */
export function versionOfAll(resources: Iterable<readonly [name: string, version: string]>): string {
  return digest(toLines(resources));
}

function toLines(resources: Iterable<readonly [name: string, version: string]>): string {
  const lines = Array.from(resources, ([name, version]) => `${version} ${name}\n`);
  // The names are in the lines, so any order that depends on the lines alone will do.
  return lines.sort().join("");
}

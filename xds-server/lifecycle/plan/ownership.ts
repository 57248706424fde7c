/** By what a made object is known: the labels and annotations that say whose it is and for which server. */

import type { KubernetesObject } from "./kubernetes-object.js";

export const fieldManager = "mcp-mesh";
/** Holds `replicas` alone, so that it can be left to whoever scales next. */
export const replicasManager = "mcp-mesh-replicas";

export const labels = {
  name: "app.kubernetes.io/name",
  component: "app.kubernetes.io/component",
  managedBy: "app.kubernetes.io/managed-by",
  /** Which mesh made it: several may share a cluster, and none touches what another has made. */
  owner: "mcp-mesh.io/owner",
  /** "true" beside that annotation, so that kubectl can select what may be deleted: what was adopted bears the owner's label, too. */
  made: "mcp-mesh.io/made",
} as const;

export const annotations = {
  id: "mcp-mesh.io/id",
  /** "true" on what was not there before we made it: only that is ever deleted. */
  made: "mcp-mesh.io/made",
  path: "mcp-mesh.io/path",
  /** On an object that somebody else has made, "true": the registry may rule it; "force": also where others say otherwise. */
  adopt: "mcp-mesh.io/adopt",
  /** "false": stays when its server leaves the registry. */
  prune: "mcp-mesh.io/prune",
  /** The number of replicas that the registry has asked for last, or `auto`. */
  replicas: "mcp-mesh.io/replicas",
  /** Another one when what the pods read at their start has changed, so that they are replaced. */
  configVersion: "mcp-mesh.io/config-version",
} as const;

/** absent: may be made. made: by us. adopted: by others, and ours to change. taken: even against them. foreign: by others, and left alone. */
export type Standing = "absent" | "made" | "adopted" | "taken" | "foreign";

export function standingOf(live: Pick<KubernetesObject, "metadata"> | undefined, owner: string): Standing {
  if (live === undefined) return "absent";
  const owned = live.metadata.labels?.[labels.owner];
  if (owned === owner && live.metadata.annotations?.[annotations.made] === "true") return "made";
  // What another mesh has made is not for us to adopt, whatever it says.
  if (owned !== undefined && owned !== owner) return "foreign";
  switch (live.metadata.annotations?.[annotations.adopt]) {
    case "true": return "adopted";
    case "force": return "taken";
    default: return "foreign";
  }
}

export function isAdopted(live: Pick<KubernetesObject, "metadata"> | undefined, owner: string): boolean {
  const standing = standingOf(live, owner);
  return standing === "adopted" || standing === "taken";
}

export function isKept({ metadata }: Pick<KubernetesObject, "metadata">): boolean {
  return metadata.annotations?.[annotations.prune] === "false";
}

/** What pods cannot be started again without. */
const neededByPods: readonly string[] = ["ServiceAccount", "ConfigMap", "Secret"];

/**
 * Of all that is there of a server that nobody wants any more, what is to be deleted. The pods of a Deployment that
 * stays, as an adopted one does, go on needing what we have put beside it: that belongs to it, and ends with it.
 */
export function toRemovable<T extends Pick<KubernetesObject, "kind" | "metadata">>(objects: readonly T[], owner: string): readonly T[] {
  const removable = objects.filter((object) => standingOf(object, owner) === "made" && !isKept(object));
  const staysOne = objects.some((object) => object.kind === "Deployment" && !removable.includes(object));
  return staysOne ? removable.filter(({ kind }) => !neededByPods.includes(kind)) : removable;
}

/** Absent: an object that bears our label by mistake. */
export function serverIdOf({ metadata }: Pick<KubernetesObject, "metadata">): string | undefined {
  return metadata.annotations?.[annotations.id];
}

/** Values of labels are shorter than ids may be, and end in a letter or digit. */
export function toLabelValue(id: string, fallback: string): string {
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(id) ? id : fallback;
}

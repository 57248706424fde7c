/** The labels and annotations of everything that is made for a server. */

import { fingerprint } from "./fingerprint.js";
import type { CreatedServer, PlanContext } from "./created-server.js";
import { objectKey, type CreatedKind, type KubernetesObject, type ObjectMetadata } from "./kubernetes-object.js";
import { annotations, fieldManager, labels, toLabelValue } from "./ownership.js";

export function toLabels({ id, name }: CreatedServer, { owner }: PlanContext): Readonly<Record<string, string>> {
  return {
    [labels.name]: toLabelValue(id, name),
    [labels.component]: "mcp-server",
    [labels.managedBy]: fieldManager,
    [labels.owner]: owner,
  };
}

/** What its pods are found by; it cannot be changed once the Deployment is there. */
export function toSelector(server: CreatedServer, context: PlanContext): Readonly<Record<string, string>> {
  return context.deployment?.adopted?.matchLabels ?? { [labels.name]: toLabelValue(server.id, server.name), [labels.owner]: context.owner };
}

export function toMetadata(server: CreatedServer, context: PlanContext, kind: CreatedKind): ObjectMetadata {
  return withMarks({ metadata: { name: server.name, namespace: server.namespace } }, server, context, kind);
}

/** Adds our marks to metadata that a chart has made, or that is still bare. */
export function withMarks({ metadata }: Pick<KubernetesObject, "metadata">, server: CreatedServer, context: PlanContext, kind: CreatedKind): ObjectMetadata {
  const { deployment } = context;
  const isAdopted = context.adopted.has(objectKey({ kind, metadata: { name: metadata.name, namespace: server.namespace } }));
  const isOwned = deployment !== undefined && kind !== "Deployment" && !isAdopted;
  return {
    name: metadata.name,
    namespace: server.namespace,
    labels: { ...metadata.labels, ...toLabels(server, context), ...(isAdopted ? {} : { [labels.made]: "true" }) },
    annotations: {
      ...metadata.annotations,
      [annotations.id]: server.id,
      ...(isAdopted ? {} : { [annotations.made]: "true" }),
      ...(kind === "Service" ? { [annotations.path]: server.path } : {}),
      ...(server.workload.prune ? {} : { [annotations.prune]: "false" }),
    },
    // Without blockOwnerDeletion, which needs the right to change finalizers.
    ...(isOwned ? { ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: deployment.name, uid: deployment.uid }] } : {}),
  };
}

/** The key under which the content of a file is kept: ConfigMaps and Secrets know no folders. */
export function toFileKey(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/[^A-Za-z0-9._-]/g, "-");
  return `${fingerprint(path)}-${name}`;
}

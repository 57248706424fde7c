/** Kubernetes objects as they travel: those kinds that may be made for a server, and where the API keeps them. */

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
}

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly deletionTimestamp?: string;
}

export interface OwnerReference { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string }

/** In the order in which they are applied: a pod finds its configuration, and a Service is there before its pods are ready. */
export const createdKinds = {
  ServiceAccount: { apiVersion: "v1", group: "/api/v1", plural: "serviceaccounts" },
  ConfigMap: { apiVersion: "v1", group: "/api/v1", plural: "configmaps" },
  Secret: { apiVersion: "v1", group: "/api/v1", plural: "secrets" },
  Service: { apiVersion: "v1", group: "/api/v1", plural: "services" },
  Deployment: { apiVersion: "apps/v1", group: "/apis/apps/v1", plural: "deployments" },
  HorizontalPodAutoscaler: { apiVersion: "autoscaling/v2", group: "/apis/autoscaling/v2", plural: "horizontalpodautoscalers" },
  PodDisruptionBudget: { apiVersion: "policy/v1", group: "/apis/policy/v1", plural: "poddisruptionbudgets" },
} as const;

export type CreatedKind = keyof typeof createdKinds;

export const createdKindNames = Object.keys(createdKinds) as readonly CreatedKind[];

export function isCreatedKind(kind: string): kind is CreatedKind {
  return Object.hasOwn(createdKinds, kind);
}

/** Of all objects of a kind in a namespace, or in the whole cluster. */
export function collectionPath(kind: CreatedKind, namespace: string | undefined): string {
  const { group, plural } = createdKinds[kind];
  return namespace === undefined ? `${group}/${plural}` : `${group}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

export function objectPath(kind: CreatedKind, namespace: string, name: string): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

/** The same for an object whichever way it came. */
export function objectKey({ kind, metadata: { namespace, name } }: Pick<KubernetesObject, "kind" | "metadata">): string {
  return `${kind} ${namespace}/${name}`;
}

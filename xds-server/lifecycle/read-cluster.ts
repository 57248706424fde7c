/** Lists of what servers are made of, from the Kubernetes API: one call for a kind of object, however many servers there are. */

import type { KubernetesApi, Query } from "../kubernetes/kubernetes-api.js";
import { everyNamespace } from "./input-checks.js";
import type { AutoscalerObject, EventObject, LabelSelector, PodObject, ServiceObject, Workload, WorkloadKind, WorkloadObject } from "./objects.js";

/** Where and which: a namespace, or every; label and field selectors. */
export interface Scope {
  readonly namespace: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export const workloadKinds: readonly WorkloadKind[] = ["Deployment", "StatefulSet"];
const plurals = { Deployment: "deployments", StatefulSet: "statefulsets" } as const;
const pageSize = 500;

export async function listWorkloads(api: KubernetesApi, scope: Scope, stop?: AbortSignal): Promise<readonly Workload[]> {
  return (await Promise.all(workloadKinds.map((kind) => listWorkloadsOf(api, kind, scope, stop)))).flat();
}

export async function listWorkloadsOf(api: KubernetesApi, kind: WorkloadKind, scope: Scope, stop?: AbortSignal): Promise<readonly Workload[]> {
  const objects = await list<WorkloadObject>(api, workloadsPath(kind, scope.namespace), toQuery(scope), stop);
  return objects.map((object) => ({ kind, object }));
}

export async function listServices(api: KubernetesApi, { namespace }: Scope, stop?: AbortSignal): Promise<readonly ServiceObject[]> {
  return list(api, servicesPath(namespace), {}, stop);
}

/** Of one workload, and of others that select the same. */
export async function listPods(api: KubernetesApi, { object: { metadata: { namespace = "" }, spec: { selector } } }: Workload, stop?: AbortSignal): Promise<readonly PodObject[]> {
  return list(api, podsPath(namespace), { labelSelector: toSelectorText(selector) }, stop);
}

export async function listEvents(api: KubernetesApi, { namespace }: Scope, stop?: AbortSignal): Promise<readonly EventObject[]> {
  return list(api, `/api/v1${inNamespace(namespace)}/events`, {}, stop);
}

export async function listAutoscalers(api: KubernetesApi, { namespace }: Scope, stop?: AbortSignal): Promise<readonly AutoscalerObject[]> {
  return list(api, `/apis/autoscaling/v2${inNamespace(namespace)}/horizontalpodautoscalers`, {}, stop);
}

export function workloadsPath(kind: WorkloadKind, namespace: string): string {
  return `/apis/apps/v1${inNamespace(namespace)}/${plurals[kind]}`;
}

export function servicesPath(namespace: string): string {
  return `/api/v1${inNamespace(namespace)}/services`;
}

export function podsPath(namespace: string): string {
  return `/api/v1${inNamespace(namespace)}/pods`;
}

export function toQuery({ labelSelector, fieldSelector }: Scope): Query {
  return { labelSelector, fieldSelector };
}

export function toSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case "In": return `${key} in (${values.join(",")})`;
      case "NotIn": return `${key} notin (${values.join(",")})`;
      case "Exists": return key;
      case "DoesNotExist": return `!${key}`;
    }
  });
  return [...equal, ...expressions].join(",");
}

function inNamespace(namespace: string): string {
  return namespace === everyNamespace ? "" : `/namespaces/${namespace}`;
}

async function list<T>(api: KubernetesApi, path: string, query: Query, stop: AbortSignal | undefined): Promise<readonly T[]> {
  const objects: T[] = [];
  let next: string | undefined;
  do {
    // The API server answers for a collection with a list of what the path names.
    const page = (await api.ask({ path, query: { ...query, limit: pageSize, continue: next }, ...(stop === undefined ? {} : { stop }) })) as { readonly metadata: { readonly continue?: string }; readonly items: readonly T[] };
    objects.push(...page.items);
    next = page.metadata.continue === "" ? undefined : page.metadata.continue;
  } while (next !== undefined);
  return objects;
}

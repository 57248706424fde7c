/** How each watch stands, in counters for the status and in problems for people (pure). */

import type { KubernetesError, KubernetesErrorCode } from "../../kubernetes/kubernetes-error.js";
import type { Problem } from "../../model/model.js";

export type WatchedResource = "services" | "endpointslices";

export interface WatchState {
  /** `*`: all of them. */
  readonly namespace: string;
  readonly resource: WatchedResource;
  /** It was listed whole, at least once. */
  readonly isListed: boolean;
  readonly objects: number;
  /** Why it may be out of date. */
  readonly trouble?: KubernetesError;
}

/** Troubles since the start, by what they were. */
export type Failures = ReadonlyMap<KubernetesErrorCode, number>;

/**
 * One problem for an API server that nobody can reach, however many watches say so. `isWanted`: an entry of the
 * registry or a flag asks for Kubernetes, so that something is missing where it does not answer.
 */
export function toProblems(watches: readonly WatchState[], isWanted: boolean): readonly Problem[] {
  const severity = isWanted ? "error" : "warning";
  const outage = watches.find(({ trouble }) => trouble !== undefined && isOutage(trouble));
  return [
    ...(outage?.trouble === undefined ? [] : [toOutage(outage.trouble, severity)]),
    ...watches.flatMap(({ namespace, resource, trouble }): readonly Problem[] => {
      if (trouble === undefined || isOutage(trouble)) return [];
      const where = namespace === "*" ? "kubernetes" : `kubernetes namespace ${namespace}`;
      return [{ severity, where, what: `${resource} cannot be watched: ${trouble.message}`, hint: hintFor(trouble, namespace) }];
    }),
  ];
}

export function toOutage(error: KubernetesError, severity: Problem["severity"]): Problem {
  const hint = error.code === "no_cluster" || error.code === "unauthorized"
    ? "give it a kubeconfig, or a service account in a pod, or turn it off by --kubernetes off; it is tried again by itself"
    : "the endpoints that were known stay in force, and it is tried again by itself";
  return { severity, where: "kubernetes", what: `the Kubernetes API does not answer: ${error.message}`, hint };
}

/** The whole API is away, not only one resource. */
function isOutage({ code }: KubernetesError): boolean {
  return code === "unreachable" || code === "timeout" || code === "no_cluster" || code === "unauthorized";
}

function hintFor({ code }: KubernetesError, namespace: string): string {
  if (code === "forbidden") {
    const place = namespace === "*" ? "all namespaces (a ClusterRole), or name those that it may see by --kubernetes-namespaces" : `the namespace ${namespace} (a Role there), or leave it out of --kubernetes-namespaces and the registry`;
    return `let the xds-server's account list and watch services and endpointslices in ${place}`;
  }
  return "what was known stays in force, and it is tried again by itself";
}

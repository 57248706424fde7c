/** Who decides how many pods a Deployment has: the registry when it asks for another number, else whoever scaled last. */

import type { Workload } from "../../model/workload.js";
import type { KubernetesObject } from "./kubernetes-object.js";
import { annotations } from "./ownership.js";

/**
 * `replicas` has a field manager of its own. A manager that applies an object without a field it had takes the field
 * away, unless somebody else holds it too (https://kubernetes.io/docs/reference/using-api/server-side-apply/): so the
 * Deployment itself never says it, and an autoscaler or an operator takes it over by setting it.
 */
export interface WantedReplicas {
  /** To be set now. Absent: is as it was asked for, whatever it is by now. */
  readonly set?: { readonly replicas: number; readonly mark: string };
}

export interface LiveDeployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }; readonly template?: { readonly spec?: { readonly containers?: readonly { readonly name: string }[] } } };
}

/** `rendered` is what a chart says, where the registry does not. */
export function toReplicas({ replicas, autoscaling }: Pick<Workload, "replicas" | "autoscaling">, rendered: number | undefined, live: LiveDeployment | undefined, isAdopted: boolean): WantedReplicas {
  const asked = replicas ?? rendered;
  // What somebody else has scaled stays so until the registry asks for a number.
  if (isAdopted && asked === undefined && autoscaling === undefined) return {};
  const wanted = asked ?? 1;
  const mark = autoscaling === undefined ? String(wanted) : "auto";
  if (live === undefined) return { set: { replicas: autoscaling?.min ?? wanted, mark } };
  if (live.metadata.annotations?.[annotations.replicas] === mark) return {};
  // To an autoscaler it is handed over as it is.
  return { set: { replicas: autoscaling === undefined ? wanted : live.spec?.replicas ?? autoscaling.min, mark } };
}

export function toReplicasPatch({ name, namespace }: KubernetesObject["metadata"], { replicas, mark }: NonNullable<WantedReplicas["set"]>): KubernetesObject & { readonly spec: { readonly replicas: number } } {
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace, annotations: { [annotations.replicas]: mark } }, spec: { replicas } };
}

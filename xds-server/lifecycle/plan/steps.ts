/** What is wanted and what is there → what has to be done, in order. Whatever was done before and still holds is not done again. */

import type { Workload } from "../../model/workload.js";
import { fingerprint } from "./fingerprint.js";
import { objectKey, type KubernetesObject } from "./kubernetes-object.js";
import { isAdopted, standingOf } from "./ownership.js";
import { toReplicas, toReplicasPatch, type LiveDeployment } from "./replicas.js";

export type Step =
  /** `force`: takes back what somebody has changed; without it, a change by others is a conflict. */
  | { readonly kind: "apply"; readonly object: KubernetesObject; readonly force: boolean; readonly wanted: string }
  /** By the manager that holds replicas. */
  | { readonly kind: "replicas"; readonly object: KubernetesObject }
  | { readonly kind: "delete"; readonly object: KubernetesObject };

/** What was wanted of an object when it was applied last, and what it was then. */
export interface Applied { readonly wanted: string; readonly live: string }

export interface Situation {
  readonly owner: string;
  readonly workload: Pick<Workload, "replicas" | "autoscaling">;
  readonly wanted: readonly KubernetesObject[];
  /** Of this server: those of the wanted ones that are there, and all that were made for it. By key. */
  readonly live: ReadonlyMap<string, KubernetesObject>;
  readonly applied: ReadonlyMap<string, Applied>;
}

export function toSteps({ owner, workload, wanted, live, applied }: Situation): readonly Step[] {
  const keys = new Set(wanted.map(objectKey));
  return [
    ...wanted.flatMap((object): readonly Step[] => {
      const there = live.get(objectKey(object));
      const standing = standingOf(there, owner);
      const before = applied.get(objectKey(object));
      const apply = (what: KubernetesObject): readonly Step[] => {
        const mark = fingerprint(what);
        const holds = there !== undefined && before?.wanted === mark && before.live === toMark(there);
        return holds ? [] : [{ kind: "apply", object: what, force: standing !== "adopted", wanted: mark }];
      };
      if (object.kind !== "Deployment") return apply(object);

      const { bare, replicas: rendered } = withoutReplicas(object);
      const { set } = toReplicas(workload, rendered, there as LiveDeployment | undefined, isAdopted(there, owner));
      if (set === undefined) return apply(bare);
      const patch = { kind: "replicas" as const, object: toReplicasPatch(object.metadata, set) };
      // Born with its number; afterwards the number is changed before the Deployment, which does not say it.
      return there === undefined ? [...apply(withReplicas(bare, set.replicas)), patch] : [patch, ...apply(bare)];
    }),
    ...[...live.values()].filter((object) => !keys.has(objectKey(object)) && standingOf(object, owner) === "made").map((object) => ({ kind: "delete" as const, object })),
  ];
}

/** Another one when somebody has changed more than the object's status. */
export function toMark(live: KubernetesObject): string {
  // An object of the API may have a status; ours have none.
  const { status: _status, metadata, ...rest } = live as KubernetesObject & { readonly status?: unknown };
  const { name, namespace, uid, labels, annotations, ownerReferences, deletionTimestamp } = metadata;
  return fingerprint({ ...rest, metadata: { name, namespace, uid, labels, annotations, ownerReferences, deletionTimestamp } });
}

function withoutReplicas(object: LiveDeployment): { readonly bare: LiveDeployment; readonly replicas?: number } {
  const { replicas, ...spec } = object.spec ?? {};
  return { bare: { ...object, spec }, ...(replicas === undefined ? {} : { replicas }) };
}

function withReplicas(object: LiveDeployment, replicas: number): LiveDeployment {
  return { ...object, spec: { ...object.spec, replicas } };
}

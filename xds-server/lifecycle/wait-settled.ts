/** Waits, by watches, until a workload is as its spec says, or until its pods are gone. */

import type { KubernetesApi } from "../kubernetes/kubernetes-api.js";
import type { KubernetesError } from "../kubernetes/kubernetes-error.js";
import { watchObjects, type WatchedObject } from "../kubernetes/watch-objects.js";
import { startTimeLimit } from "../time-limit.js";
import { LifecycleError, toLifecycleError } from "./lifecycle-error.js";
import type { PodObject, Workload, WorkloadObject } from "./objects.js";
import { podsPath, toSelectorText, workloadsPath } from "./read-cluster.js";
import { isPodOf, isSettled } from "./server-status.js";

export interface Waiting {
  readonly timeoutMs: number;
  /** When `timeoutMs` are over, by the clock that never goes back: the same for all that is waited for in an operation. */
  readonly endsAtMs: number;
  /** Whoever asked has gone. */
  readonly stop?: AbortSignal | undefined;
}

export function startWaiting(timeoutMs: number, stop: AbortSignal | undefined): Waiting {
  return { timeoutMs, endsAtMs: performance.now() + timeoutMs, stop };
}

/** Gives the workload as it is then. Throws LifecycleError: `timeout`, or `not_found` where it is deleted meanwhile. */
export async function waitSettled(api: KubernetesApi, { kind, object: { metadata: { name, namespace = "" } } }: Workload, waiting: Waiting): Promise<Workload> {
  const object = await waitFor<WorkloadObject, WorkloadObject>({
    api,
    path: workloadsPath(kind, namespace),
    query: { fieldSelector: `metadata.name=${name}` },
    waiting,
    what: `${kind} "${name}" in namespace "${namespace}"`,
    look: (objects) => {
      const now = objects.get(`${namespace}/${name}`);
      if (now === undefined) throw new LifecycleError("not_found", `${kind} "${name}" in namespace "${namespace}" was deleted meanwhile`);
      return isSettled(now) ? now : undefined;
    },
  });
  return { kind, object };
}

/** `onPods` hears of the pods that are still there, each time they change. */
export async function waitGone(api: KubernetesApi, workload: Workload, waiting: Waiting, onPods: (pods: readonly PodObject[]) => void = () => undefined): Promise<void> {
  const { name, namespace = "" } = workload.object.metadata;
  await waitFor<PodObject, true>({
    api,
    path: podsPath(namespace),
    query: { labelSelector: toSelectorText(workload.object.spec.selector) },
    waiting,
    what: `the end of the pods of "${name}" in namespace "${namespace}"`,
    look: (pods) => {
      const left = [...pods.values()].filter((pod) => isPodOf(workload, pod));
      if (left.length === 0) return true;
      onPods(left);
      return undefined;
    },
  });
}

interface Wish<T extends WatchedObject, Found> {
  readonly api: KubernetesApi;
  readonly path: string;
  readonly query: { readonly labelSelector?: string; readonly fieldSelector?: string };
  readonly waiting: Waiting;
  readonly what: string;
  /** Undefined: not yet. */
  readonly look: (objects: ReadonlyMap<string, T>) => Found | undefined;
}

async function waitFor<T extends WatchedObject, Found>({ api, path, query, waiting: { timeoutMs, endsAtMs, stop }, what, look }: Wish<T, Found>): Promise<Found> {
  const limit = startTimeLimit(Math.max(0, endsAtMs - performance.now()), stop);
  let found: { readonly value: Found } | undefined;
  let failure: LifecycleError | undefined;
  let trouble: KubernetesError | undefined;
  await watchObjects<T>({
    api,
    path,
    query,
    stop: limit.signal,
    onChange: (objects) => {
      if (limit.signal.aborted) return;
      try {
        const value = look(objects);
        if (value === undefined) return;
        found = { value };
      } catch (error) {
        failure = toLifecycleError(error);
      }
      limit.end();
    },
    onTrouble: (error) => {
      trouble = error;
      // A right that is lacking does not come by waiting; what else goes wrong may pass.
      if (error?.code !== "forbidden" && error?.code !== "unauthorized") return;
      failure = toLifecycleError(error);
      limit.end();
    },
  }).finally(limit.end);
  if (found !== undefined) return found.value;
  if (failure !== undefined) throw failure;
  const why = stop?.aborted === true ? "whoever waited has gone" : `waited ${timeoutMs / 1_000} s`;
  throw new LifecycleError("timeout", `${what}: ${why}${trouble === undefined ? "" : `; last: ${trouble.message}`}`);
}

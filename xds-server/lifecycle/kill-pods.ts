/** Ends the pods of a workload that is scaled to 0, without their grace period. */

import type { KubernetesApi } from "../kubernetes/kubernetes-api.js";
import { startTimeLimit } from "../time-limit.js";
import { LifecycleError, toLifecycleError } from "./lifecycle-error.js";
import type { PodObject, Workload } from "./objects.js";
import { readAgain } from "./scale-workload.js";
import { wantedReplicas } from "./server-status.js";
import { waitGone, type Waiting } from "./wait-settled.js";

/**
 * A pod that the controller makes before it has heard of the scale to 0 is ended like the others, as it is seen. Throws
 * LifecycleError; a conflict where somebody has scaled the workload up meanwhile: from then on its pods are wanted.
 */
export async function killPods(api: KubernetesApi, workload: Workload, waiting: Waiting): Promise<void> {
  const asked = new Map<string, Promise<void>>();
  // A moment longer than the wait itself, which says by its own time that it is over.
  const limit = startTimeLimit(Math.max(0, waiting.endsAtMs - performance.now()) + 1_000, waiting.stop);
  const over = limit.signal;
  let failure: unknown;
  const kill = async (pod: PodObject): Promise<void> => {
    try {
      await checkUnwanted(api, workload, over);
      await deletePod(api, pod, over);
    } catch (error) {
      // Where the wait is over, it says itself why.
      if (over.aborted) return;
      failure = error;
      limit.end();
    }
  };
  const gone = waitGone(api, workload, { ...waiting, stop: over }, (pods) => {
    for (const pod of pods) {
      const { uid = pod.metadata.name } = pod.metadata;
      if (!asked.has(uid)) asked.set(uid, kill(pod));
    }
  });
  try {
    await gone;
  } catch (error) {
    throw failure ?? error;
  } finally {
    limit.end();
    await Promise.all(asked.values());
  }
}

/** Asked before each pod: every pod of a workload that is scaled up again is new, so that there would be no end of them. */
async function checkUnwanted(api: KubernetesApi, workload: Workload, stop: AbortSignal): Promise<void> {
  const { kind, object: { metadata: { name, namespace = "" } } } = workload;
  try {
    const replicas = wantedReplicas((await readAgain(api, workload, stop)).object);
    if (replicas > 0) throw new LifecycleError("api_error", `${kind} "${name}" in namespace "${namespace}" was scaled to ${replicas} meanwhile: its pods are left alone`, { status: 409 });
  } catch (error) {
    const failure = toLifecycleError(error);
    // Nobody wants the pods of what is deleted.
    if (failure.code !== "not_found") throw failure;
  }
}

async function deletePod(api: KubernetesApi, { metadata: { name, namespace = "", uid } }: PodObject, stop: AbortSignal): Promise<void> {
  try {
    await api.ask({ method: "DELETE", path: `/api/v1/namespaces/${namespace}/pods/${name}`, body: { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { preconditions: { uid } }) }, stop });
  } catch (error) {
    const failure = toLifecycleError(error);
    // It is gone already, or another has its name: both are what was wanted.
    if (failure.code !== "not_found" && failure.status !== 409) throw failure;
  }
}

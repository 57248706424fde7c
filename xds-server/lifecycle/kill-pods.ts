/** Ends the pods of a workload that is scaled to 0, without their grace period. */

import type { KubernetesApi } from "../kubernetes/kubernetes-api.js";
import { toLifecycleError } from "./lifecycle-error.js";
import type { PodObject, Workload } from "./objects.js";
import { waitGone, type Waiting } from "./wait-settled.js";

/** A pod that the controller makes before it has heard of the scale to 0 is ended like the others, as it is seen. */
export async function killPods(api: KubernetesApi, workload: Workload, waiting: Waiting): Promise<void> {
  const asked = new Map<string, Promise<void>>();
  const kill = async ({ metadata: { name, namespace = "", uid } }: PodObject): Promise<void> => {
    try {
      await api.ask({ method: "DELETE", path: `/api/v1/namespaces/${namespace}/pods/${name}`, body: { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { preconditions: { uid } }) } });
    } catch (error) {
      const failure = toLifecycleError(error);
      // It is gone already, or another has its name: both are what was wanted.
      if (failure.code !== "not_found" && failure.status !== 409) throw failure;
    }
  };
  const refused = new AbortController();
  const stop = waiting.stop === undefined ? refused.signal : AbortSignal.any([refused.signal, waiting.stop]);
  let failure: unknown;
  const gone = waitGone(api, workload, { ...waiting, stop }, (pods) => {
    for (const pod of pods) {
      const { uid = pod.metadata.name } = pod.metadata;
      if (asked.has(uid)) continue;
      asked.set(uid, kill(pod).catch((error: unknown) => {
        failure ??= error;
        refused.abort();
      }));
    }
  });
  try {
    await gone;
  } catch (error) {
    throw failure ?? error;
  } finally {
    await Promise.all(asked.values());
  }
}

/** Writes how many replicas a workload has, to its scale alone. */

import type { KubernetesApi } from "../kubernetes/kubernetes-api.js";
import { LifecycleError, toLifecycleError } from "./lifecycle-error.js";
import type { Workload } from "./objects.js";
import { listWorkloadsOf, workloadsPath } from "./read-cluster.js";
import { wantedReplicas } from "./server-status.js";

/** Who stands as the writer in the managed fields of what is scaled. */
const fieldManager = "mcp-mesh";
const scaleAttempts = 5;

/** Only from 0: who has scaled it meanwhile knows better. */
export async function startFromZero(api: KubernetesApi, found: Workload, find: (name: string) => Promise<Workload>, stop: AbortSignal | undefined): Promise<{ readonly workload: Workload; readonly changed: boolean }> {
  let workload = found;
  for (let attempt = 1; wantedReplicas(workload.object) === 0; attempt += 1) {
    try {
      const { resourceVersion } = workload.object.metadata;
      return { workload: await writeReplicas(api, workload, 1, resourceVersion === undefined ? {} : { resourceVersion }, stop), changed: true };
    } catch (error) {
      const failure = toLifecycleError(error);
      if (failure.status !== 409 || attempt === scaleAttempts) throw failure;
      workload = await find(workload.object.metadata.name);
    }
  }
  return { workload, changed: false };
}

/** `metadata`: what must still be so, else the API answers with a conflict. */
export async function writeReplicas(api: KubernetesApi, { kind, object }: Workload, replicas: number, metadata: { readonly resourceVersion?: string }, stop: AbortSignal | undefined): Promise<Workload> {
  const { name, namespace = "" } = object.metadata;
  await api.ask({
    method: "PATCH",
    path: `${workloadsPath(kind, namespace)}/${name}/scale`,
    query: { fieldManager },
    contentType: "application/merge-patch+json",
    body: { metadata, spec: { replicas } },
    ...(stop === undefined ? {} : { stop }),
  });
  return readAgain(api, { kind, object }, stop);
}

/** As it is now. */
export async function readAgain(api: KubernetesApi, { kind, object: { metadata: { name, namespace = "" } } }: Workload, stop?: AbortSignal): Promise<Workload> {
  const [object] = await listWorkloadsOf(api, kind, { namespace, fieldSelector: `metadata.name=${name}` }, stop);
  if (object === undefined) throw new LifecycleError("not_found", `${kind} "${name}" in namespace "${namespace}" was deleted meanwhile`);
  return object;
}

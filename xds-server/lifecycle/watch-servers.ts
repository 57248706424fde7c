/** The events of servers on Kubernetes as they happen, from watches. */

import type { KubernetesApi } from "../kubernetes/kubernetes-api.js";
import type { KubernetesError } from "../kubernetes/kubernetes-error.js";
import { watchObjects, type WatchedObject } from "../kubernetes/watch-objects.js";
import { endpointsBy } from "./endpoints.js";
import { LifecycleError, toErrorBody, toLifecycleError } from "./lifecycle-error.js";
import type { ServiceObject, Workload, WorkloadKind, WorkloadObject } from "./objects.js";
import { makeQueue } from "./queue.js";
import { servicesPath, toQuery, workloadKinds, workloadsPath, type Scope } from "./read-cluster.js";
import { eventsBetween, type ServerEvent } from "./server-events.js";
import { toListedServer, type ListedServer } from "./server-status.js";

const maxWaiting = 10_000;

/**
 * What is there comes first, as `added`; then changes, until `stop`. Throws LifecycleError where nothing can be seen from the
 * beginning; what goes wrong later is an event, and the watch goes on.
 */
export async function* watchServers(api: KubernetesApi, scope: Scope, stop: AbortSignal): AsyncGenerator<ServerEvent> {
  const over = new AbortController();
  const queue = makeQueue<ServerEvent>(maxWaiting, () => new LifecycleError("timeout", `the reader of events is ${maxWaiting} events behind`));
  const workloads = new Map<WorkloadKind, readonly Workload[]>();
  let services: readonly ServiceObject[] | undefined;
  let known: readonly ListedServer[] | undefined;
  const troubles = new Set<string>();

  const look = (): void => {
    if (services === undefined || workloads.size < workloadKinds.length) return;
    const endpoints = endpointsBy(services);
    const now = [...workloads.values()].flat().map((workload) => toListedServer(workload, endpoints));
    for (const event of eventsBetween(known ?? [], now)) queue.push(event);
    known = now;
  };
  const hear = (path: string) => (error: KubernetesError | undefined): void => {
    if (error === undefined) {
      if (troubles.delete(path) && troubles.size === 0 && known !== undefined) queue.push({ type: "recovered" });
      return;
    }
    if (known === undefined) return queue.fail(toLifecycleError(error));
    // Of several watches, and of each again and again, it is the same news.
    if (troubles.size === 0) queue.push({ type: "trouble", error: toErrorBody(toLifecycleError(error)) });
    troubles.add(path);
  };
  const signal = AbortSignal.any([over.signal, stop]);
  const watch = <T extends WatchedObject>(path: string, ofServers: boolean, take: (objects: readonly T[]) => void): Promise<void> =>
    watchObjects<T>({
      api,
      path,
      query: ofServers ? toQuery(scope) : {},
      stop: signal,
      onChange: (objects) => {
        take([...objects.values()]);
        look();
      },
      onTrouble: hear(path),
    });
  const watching = Promise.all([
    ...workloadKinds.map((kind) => watch<WorkloadObject>(workloadsPath(kind, scope.namespace), true, (objects) => void workloads.set(kind, objects.map((object) => ({ kind, object }))))),
    watch<ServiceObject>(servicesPath(scope.namespace), false, (objects) => {
      services = objects;
    }),
  ]).then(queue.end, queue.fail);
  try {
    yield* queue.values();
  } finally {
    over.abort();
    await watching;
  }
}

/** What the pods of a server write, line by line, of one pod or of all of them together. */

import type { KubernetesApi } from "../kubernetes/kubernetes-api.js";
import { watchObjects } from "../kubernetes/watch-objects.js";
import { LifecycleError, toLifecycleError } from "./lifecycle-error.js";
import type { PodObject, Workload } from "./objects.js";
import { makePacedQueue, type PacedQueue } from "./paced-queue.js";
import { listPods, podsPath, toSelectorText } from "./read-cluster.js";
import { isPodOf } from "./server-status.js";

export interface LogsOptions {
  /** Absent: all containers. */
  readonly container?: string | undefined;
  /** So many of the last lines of each container; absent: 100. */
  readonly tail?: number | undefined;
  /** Goes on with what comes, also of pods that come. */
  readonly follow?: boolean | undefined;
  readonly stop: AbortSignal;
}

export interface LogLine {
  readonly pod: string;
  readonly container: string;
  readonly line: string;
}

export const defaultTail = 100;
export const maxTail = 100_000;
/** Longer lines come in pieces. */
export const maxLineBytes = 64 * 1024;
/** What is read for a slow reader in advance; the rest stays with the API server. */
const ahead = { values: 1_000, size: 4 * 1024 * 1024, sizeOf: ({ line }: LogLine) => line.length };
/** The reader's own time counts too. */
const readMs = 3_600_000;
/** The longest that one answer is followed for. */
const followMs = 86_400_000;

export async function* readLogs(api: KubernetesApi, workload: Workload, options: LogsOptions): AsyncGenerator<LogLine> {
  const { container, tail = defaultTail, follow = false } = options;
  if (!Number.isInteger(tail) || tail < 0 || tail > maxTail) throw new LifecycleError("invalid_input", `tail ${tail} is not a whole number in 0..${maxTail}`);
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, options.stop]);
  const queue = makePacedQueue(ahead);
  const read = (pod: string, name: string, isNew: boolean): Promise<void> => readContainer(api, workload, { pod, container: name, follow, stop, ...(isNew ? {} : { tail }) }, queue);
  const reading = follow ? followPods(api, workload, container, stop, read) : readPods(api, workload, container, read, options.stop);
  const done = reading.then(queue.end, queue.fail);
  try {
    yield* queue.values();
  } finally {
    over.abort();
    queue.end();
    await done;
  }
}

type Read = (pod: string, container: string, isNew: boolean) => Promise<void>;

async function readPods(api: KubernetesApi, workload: Workload, container: string | undefined, read: Read, stop: AbortSignal): Promise<void> {
  const pods = (await listPods(api, workload, stop)).filter((pod) => isPodOf(workload, pod));
  checkContainer(workload, container);
  const readable = pods.flatMap((pod) => runsOf(pod).filter(({ name }) => container === undefined || name === container).map(({ name }) => [pod.metadata.name, name] as const));
  // One after the other, so that the lines of a container stand together.
  for (const [pod, name] of readable) await read(pod, name, false);
}

async function followPods(api: KubernetesApi, workload: Workload, container: string | undefined, stop: AbortSignal, read: Read): Promise<void> {
  checkContainer(workload, container);
  const failed = new AbortController();
  const readings = new Map<string, Promise<void>>();
  let failure: unknown;
  let isFirst = true;
  const giveUp = (error: unknown): void => {
    failure ??= error;
    failed.abort();
  };
  await watchObjects<PodObject>({
    api,
    path: podsPath(workload.object.metadata.namespace ?? ""),
    query: { labelSelector: toSelectorText(workload.object.spec.selector) },
    stop: AbortSignal.any([stop, failed.signal]),
    onChange: (pods) => {
      for (const pod of pods.values()) {
        if (!isPodOf(workload, pod)) continue;
        for (const { name, run } of runsOf(pod)) {
          const key = `${pod.metadata.uid ?? pod.metadata.name}/${name}/${run}`;
          if ((container !== undefined && name !== container) || readings.has(key)) continue;
          readings.set(key, read(pod.metadata.name, name, !isFirst).catch(giveUp));
        }
      }
      isFirst = false;
    },
    onTrouble: (error) => {
      if (error?.code === "forbidden" || error?.code === "unauthorized") giveUp(error);
    },
  });
  await Promise.all(readings.values());
  if (failure !== undefined) throw toLifecycleError(failure);
}

function checkContainer({ object: { metadata: { name }, spec: { template } } }: Workload, container: string | undefined): void {
  const containers = [...(template.spec?.initContainers ?? []), ...(template.spec?.containers ?? [])].map((one) => one.name);
  if (container !== undefined && !containers.includes(container)) throw new LifecycleError("not_found", `"${name}" has no container "${container}"`, { hint: `it has ${containers.join(", ")}` });
}

/** The containers that have begun, with the number of the run, as a container that is started again has a log of its own. */
function runsOf({ status = {} }: PodObject): readonly { readonly name: string; readonly run: number }[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
    .filter(({ state }) => state?.running !== undefined || state?.terminated !== undefined)
    .map(({ name, restartCount = 0 }) => ({ name, run: restartCount }));
}

interface Source {
  readonly pod: string;
  readonly container: string;
  readonly follow: boolean;
  /** Absent: all lines. */
  readonly tail?: number;
  readonly stop: AbortSignal;
}

async function readContainer(api: KubernetesApi, { object: { metadata: { namespace = "" } } }: Workload, { pod, container, follow, tail, stop }: Source, queue: PacedQueue<LogLine>): Promise<void> {
  try {
    const lines = api.lines({
      path: `/api/v1/namespaces/${namespace}/pods/${pod}/log`,
      query: { container, follow, tailLines: tail },
      timeoutMs: follow ? followMs : readMs,
      maxLineBytes,
      stop,
    });
    for await (const line of lines) await queue.push({ pod, container, line });
  } catch (error) {
    if (stop.aborted) return;
    const failure = toLifecycleError(error);
    // A pod that is gone by now has no log any more, and the others have theirs.
    if (failure.code !== "not_found") throw failure;
  }
}

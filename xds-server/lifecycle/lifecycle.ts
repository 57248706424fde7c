/** Lists, starts, stops and scales MCP servers on Kubernetes: the one implementation behind the command, REST and the MCP tools. */

import type { KubernetesApi } from "../kubernetes/kubernetes-api.js";
import { autoscalerVerdict } from "./autoscaler.js";
import { endpointsBy } from "./endpoints.js";
import { checkName, checkNames, checkNamespace, checkReplicas, checkSelector, checkTimeout, defaultSelector, everyNamespace } from "./input-checks.js";
import { killPods } from "./kill-pods.js";
import { LifecycleError, toLifecycleError } from "./lifecycle-error.js";
import type { Workload } from "./objects.js";
import type { ServerEvent } from "./server-events.js";
import { readLogs, type LogLine, type LogsOptions } from "./server-logs.js";
import { listAutoscalers, listEvents, listPods, listServices, listWorkloads, type Scope } from "./read-cluster.js";
import { readAgain, startFromZero, writeReplicas } from "./scale-workload.js";
import { isSettled, toListedServer, toServerStatus, toState, wantedReplicas, type ListedServer, type ServerStatus } from "./server-status.js";
import { watchServers } from "./watch-servers.js";
import { startWaiting, waitGone, waitSettled, type Waiting } from "./wait-settled.js";

export interface LifecycleOptions {
  readonly api: KubernetesApi;
  /** `scale` refuses more. */
  readonly maxReplicas?: number;
  /** Which workloads are MCP servers. Absent: those labelled `app.kubernetes.io/component=mcp-server`. */
  readonly labelSelector?: string;
}

export interface ListOptions {
  /** Absent: our own; `*`: every. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly stop?: AbortSignal | undefined;
}

export interface NamedOptions {
  /** Absent: our own. */
  readonly namespace?: string | undefined;
  readonly stop?: AbortSignal | undefined;
}

export interface WaitOptions extends NamedOptions {
  readonly wait?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** Of a batch: what became of each name, in the order of the names. */
export type Outcome<T> =
  | { readonly name: string; readonly kind: "done"; readonly value: T }
  | { readonly name: string; readonly kind: "failed"; readonly error: LifecycleError };

/** `changed`: false where everything was so already. */
export interface ChangedServer extends ServerStatus {
  readonly changed: boolean;
  readonly warnings: readonly string[];
}

/** Each throws LifecycleError where the call as a whole is wrong; what concerns one name is that name's outcome. */
export interface Lifecycle {
  list(options?: ListOptions): Promise<readonly ListedServer[]>;
  status(names: readonly string[], options?: NamedOptions): Promise<readonly Outcome<ServerStatus>[]>;
  /** 0 → 1; waits until it is ready unless told otherwise. */
  start(names: readonly string[], options?: WaitOptions): Promise<readonly Outcome<ChangedServer>[]>;
  /** → 0. `force`: pods are not given their grace period. `wait`: until the pods are gone, which force does anyhow. */
  stop(names: readonly string[], options?: WaitOptions & { readonly force?: boolean | undefined }): Promise<readonly Outcome<ChangedServer>[]>;
  scale(names: readonly string[], options: WaitOptions & { readonly replicas: number }): Promise<readonly Outcome<ChangedServer>[]>;
  /** What is there as `added`, then what happens, until `stop`. */
  watch(options: ListOptions & { readonly stop: AbortSignal }): AsyncGenerator<ServerEvent>;
  logs(name: string, options: LogsOptions & { readonly namespace?: string | undefined }): AsyncGenerator<LogLine>;
}

export const defaultMaxReplicas = 10;
export const defaultTimeoutSeconds = 300;
/** So many names of a batch are worked on at once. */
const atOnce = 8;

/** Throws LifecycleError where the selector cannot be read. */
export function makeLifecycle({ api, maxReplicas = defaultMaxReplicas, labelSelector = defaultSelector }: LifecycleOptions): Lifecycle {
  checkSelector(labelSelector);
  const find = async (name: string, namespace: string, stop: AbortSignal | undefined): Promise<Workload> => findWorkload(api, checkName(name), namespace, labelSelector, stop);
  const namespaceOf = ({ namespace }: NamedOptions): string => checkNamespace(namespace ?? api.namespace);
  const scopeOf = ({ namespace, labelSelector: selector = labelSelector }: ListOptions): Scope => ({
    namespace: namespace === everyNamespace ? everyNamespace : namespaceOf({ namespace }),
    labelSelector: checkSelector(selector),
  });

  return {
    async list(options = {}) {
      const scope = scopeOf(options);
      const [workloads, services] = await ours(Promise.all([listWorkloads(api, scope, options.stop), listServices(api, scope, options.stop)]));
      const endpoints = endpointsBy(services);
      return workloads.map((workload) => toListedServer(workload, endpoints)).sort(byPlace);
    },
    async status(names, options = {}) {
      const namespace = namespaceOf(options);
      const surroundings = makeSurroundings(api, namespace, options.stop);
      return each(names, async (name) => surroundings.describe(await find(name, namespace, options.stop)));
    },
    async start(names, options = {}) {
      const { wait = true, timeoutSeconds = defaultTimeoutSeconds, stop } = options;
      const timeoutMs = checkTimeout(timeoutSeconds);
      const namespace = namespaceOf(options);
      const surroundings = makeSurroundings(api, namespace, stop);
      return each(names, async (name) => {
        const found = await find(name, namespace, stop);
        const warnings = wantedReplicas(found.object) > 0 ? [] : (await judgeAutoscaler(api, found, 1, stop));
        const started = await startFromZero(api, found, (again) => find(again, namespace, stop), stop);
        // What runs is started, also while a rollout goes on behind it.
        const isStarted = !started.changed && toState(started.workload.object) === "running";
        return finish(api, surroundings, { ...started, warnings }, wait && !isStarted ? startWaiting(timeoutMs, stop) : undefined);
      });
    },
    async stop(names, options = {}) {
      const { force = false, wait = false, timeoutSeconds = defaultTimeoutSeconds, stop } = options;
      const timeoutMs = checkTimeout(timeoutSeconds);
      const namespace = namespaceOf(options);
      const surroundings = makeSurroundings(api, namespace, stop);
      return each(names, async (name) => {
        const found = await find(name, namespace, stop);
        const changed = wantedReplicas(found.object) > 0;
        const warnings = changed ? await judgeAutoscaler(api, found, 0, stop) : [];
        const workload = changed ? await writeReplicas(api, found, 0, {}, stop) : found;
        const waiting = force || wait ? startWaiting(timeoutMs, stop) : undefined;
        if (waiting !== undefined) await (force ? killPods(api, workload, waiting) : waitGone(api, workload, waiting));
        return finish(api, surroundings, { workload, changed, warnings }, waiting);
      });
    },
    async scale(names, options) {
      const { replicas, wait = false, timeoutSeconds = defaultTimeoutSeconds, stop } = options;
      const wanted = checkReplicas(replicas, maxReplicas);
      const timeoutMs = checkTimeout(timeoutSeconds);
      const namespace = namespaceOf(options);
      const surroundings = makeSurroundings(api, namespace, stop);
      return each(names, async (name) => {
        const found = await find(name, namespace, stop);
        const warnings = await judgeAutoscaler(api, found, wanted, stop);
        const changed = wantedReplicas(found.object) !== wanted;
        const workload = changed ? await writeReplicas(api, found, wanted, {}, stop) : found;
        return finish(api, surroundings, { workload, changed, warnings }, wait ? startWaiting(timeoutMs, stop) : undefined);
      });
    },
    async *watch(options) {
      yield* watchServers(api, scopeOf(options), options.stop);
    },
    async *logs(name, options) {
      const workload = await ours(find(name, namespaceOf(options), options.stop));
      yield* readLogs(api, workload, options);
    },
  };
}

async function findWorkload(api: KubernetesApi, name: string, namespace: string, labelSelector: string, stop: AbortSignal | undefined): Promise<Workload> {
  const [workload, second] = await listWorkloads(api, { namespace, labelSelector, fieldSelector: `metadata.name=${name}` }, stop);
  if (workload === undefined) {
    throw new LifecycleError("not_found", `no MCP server "${name}" is in namespace "${namespace}"`, { hint: `it would be a Deployment or StatefulSet of that name, labelled ${labelSelector}` });
  }
  if (second !== undefined) throw new LifecycleError("invalid_input", `"${name}" in namespace "${namespace}" is a ${workload.kind} and a ${second.kind}: which is meant cannot be told`);
  return workload;
}

interface Surroundings { describe(workload: Workload): Promise<ServerStatus> }

/** What several servers of a namespace share is read once, and only when the first of them is there. */
function makeSurroundings(api: KubernetesApi, namespace: string, stop: AbortSignal | undefined): Surroundings {
  let shared: Promise<readonly [Awaited<ReturnType<typeof listServices>>, Awaited<ReturnType<typeof listEvents>>]> | undefined;
  return {
    async describe(workload) {
      shared ??= Promise.all([listServices(api, { namespace }, stop), listEvents(api, { namespace }, stop)]).catch((error: unknown) => {
        // What fails once fails whoever waits for it, and not those that come later.
        shared = undefined;
        throw error;
      });
      const [[services, events], pods] = await Promise.all([shared, listPods(api, workload, stop)]);
      return toServerStatus(workload, endpointsBy(services), pods, events);
    },
  };
}

interface Change { readonly workload: Workload; readonly changed: boolean; readonly warnings: readonly string[] }

/** Waits where that is wanted, and tells how it is then. `surroundings`: of a whole batch, as it is now. */
async function finish(api: KubernetesApi, surroundings: Surroundings, { workload, changed, warnings }: Change, waiting: Waiting | undefined): Promise<ChangedServer> {
  if (waiting === undefined || isSettled(workload.object)) return { ...(await surroundings.describe(workload)), changed, warnings };
  const wanted = wantedReplicas(workload.object);
  // Each name of a batch has waited for as long as it took, and its events are those of its own end.
  const { describe } = makeSurroundings(api, workload.object.metadata.namespace ?? "", waiting.stop);
  try {
    const settled = await waitSettled(api, workload, waiting);
    const now = wantedReplicas(settled.object);
    const meanwhile = now === wanted ? [] : [`somebody else has set replicas to ${now} meanwhile`];
    return { ...(await describe(settled)), changed, warnings: [...warnings, ...meanwhile] };
  } catch (error) {
    if (!(error instanceof LifecycleError) || error.code !== "timeout" || waiting.stop?.aborted === true) throw error;
    const { replicas, readyReplicas, reason } = await describe(await readAgain(api, workload));
    const why = reason === undefined ? "" : `: ${reason}`;
    throw new LifecycleError("timeout", `${error.message}: ${readyReplicas} of ${replicas} ready${why}`, { cause: error, hint: "nothing was taken back: it goes on, and may still become ready" });
  }
}

async function judgeAutoscaler(api: KubernetesApi, { kind, object: { metadata: { name, namespace = "" } } }: Workload, replicas: number, stop: AbortSignal | undefined): Promise<readonly string[]> {
  const autoscalers = await listAutoscalers(api, { namespace }, stop);
  const verdict = autoscalerVerdict(autoscalers, kind, name, replicas);
  if (verdict.kind === "refused") throw new LifecycleError("invalid_input", verdict.why, { hint: verdict.hint });
  return verdict.warnings;
}

async function each<T>(names: readonly string[], work: (name: string) => Promise<T>): Promise<readonly Outcome<T>[]> {
  const left = [...checkNames(names)].entries();
  const outcomes: Outcome<T>[] = [];
  const worker = async (): Promise<void> => {
    for (const [index, name] of left) {
      try {
        outcomes[index] = { name, kind: "done", value: await work(name) };
      } catch (error) {
        outcomes[index] = { name, kind: "failed", error: toLifecycleError(error) };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return outcomes;
}

async function ours<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw toLifecycleError(error);
  });
}

function byPlace(a: ListedServer, b: ListedServer): number {
  return `${a.namespace}/${a.name}/${a.kind}` < `${b.namespace}/${b.name}/${b.kind}` ? -1 : 1;
}

/** A workload, its Services, pods and events → what is said of a server. */

import type { Endpoints } from "./endpoints.js";
import type { ConditionObject, ContainerStatus, EventObject, PodObject, Workload, WorkloadKind, WorkloadObject } from "./objects.js";

export type ServerState = "running" | "stopped" | "scaling" | "pending";

/** What a list says of one server. */
export interface ListedServer {
  readonly name: string;
  readonly namespace: string;
  readonly kind: WorkloadKind;
  readonly status: ServerState;
  /** Wanted, not counted. */
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly endpoints: readonly string[];
}

export interface ServerStatus extends ListedServer {
  readonly availableReplicas: number;
  readonly updatedReplicas: number;
  /** The newest change of a condition, or event, of the workload or of a pod. Absent: none is known (any more). */
  readonly lastActivity?: string;
  readonly conditions: readonly Condition[];
  /** Why not all replicas are ready, as Kubernetes says it. Absent: they are, or nothing is known yet. */
  readonly reason?: string;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransition?: string;
}

export function toListedServer({ kind, object }: Workload, endpoints: Endpoints): ListedServer {
  return {
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? "",
    kind,
    status: toState(object),
    replicas: wantedReplicas(object),
    readyReplicas: object.status?.readyReplicas ?? 0,
    endpoints: endpoints(object),
  };
}

export function toServerStatus(workload: Workload, endpoints: Endpoints, pods: readonly PodObject[], events: readonly EventObject[]): ServerStatus {
  const { status: { availableReplicas = 0, updatedReplicas = 0, conditions = [] } = {} } = workload.object;
  const own = pods.filter((pod) => isPodOf(workload, pod));
  const lastActivity = toLastActivity(workload, own, events);
  const reason = toReason(workload.object, own);
  return {
    ...toListedServer(workload, endpoints),
    availableReplicas,
    updatedReplicas,
    ...(lastActivity === undefined ? {} : { lastActivity }),
    conditions: conditions.map(toCondition),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The first that is so counts: with all replicas ready it runs, whatever is still being replaced behind them. */
export function toState(object: WorkloadObject): ServerState {
  const wanted = wantedReplicas(object);
  const ready = object.status?.readyReplicas ?? 0;
  if (wanted === 0) return "stopped";
  if (ready === wanted) return "running";
  return ready === 0 ? "pending" : "scaling";
}

/** Kubernetes takes 1 where nothing is said. */
export function wantedReplicas({ spec: { replicas = 1 } }: WorkloadObject): number {
  return replicas;
}

/** Whether the controller has brought about what the spec says: no pod too few, none too many, and it speaks of this very spec. */
export function isSettled(object: WorkloadObject): boolean {
  const { observedGeneration = 0, replicas = 0, readyReplicas = 0 } = object.status ?? {};
  const wanted = wantedReplicas(object);
  return observedGeneration >= (object.metadata.generation ?? 0) && replicas === wanted && readyReplicas === wanted;
}

/** By the owner, not by labels alone: two workloads may select the same pods by mistake. */
export function isPodOf({ kind, object }: Workload, { metadata: { namespace, labels = {}, ownerReferences = [] } }: PodObject): boolean {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner === undefined || namespace !== object.metadata.namespace) return false;
  if (kind === "StatefulSet") return owner.kind === "StatefulSet" && owner.uid === object.metadata.uid;
  // A Deployment names its ReplicaSets after itself and the hash that their pods bear.
  return owner.kind === "ReplicaSet" && owner.name === `${object.metadata.name}-${labels["pod-template-hash"] ?? ""}`;
}

function toCondition({ type, status, reason, message, lastTransitionTime }: ConditionObject): Condition {
  return {
    type,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(lastTransitionTime === undefined ? {} : { lastTransition: lastTransitionTime }),
  };
}

function toLastActivity(workload: Workload, pods: readonly PodObject[], events: readonly EventObject[]): string | undefined {
  const times = [
    ...conditionTimes(workload.object.status?.conditions),
    ...pods.flatMap(({ status, metadata }) => [metadata.creationTimestamp, status?.startTime, ...conditionTimes(status?.conditions)]),
    ...events.filter((event) => isAbout(workload, event)).flatMap(({ eventTime, firstTimestamp, lastTimestamp, series }) => [eventTime, firstTimestamp, lastTimestamp, series?.lastObservedTime]),
  ].flatMap((time) => {
    const ms = Date.parse(time ?? "");
    return Number.isNaN(ms) ? [] : [ms];
  });
  return times.length === 0 ? undefined : new Date(Math.max(...times)).toISOString();
}

function conditionTimes(conditions: readonly ConditionObject[] = []): readonly (string | undefined)[] {
  return conditions.flatMap(({ lastUpdateTime, lastTransitionTime }) => [lastUpdateTime, lastTransitionTime]);
}

/** Pods that are gone have left their events behind, so it is told by how pods are named. */
function isAbout({ kind, object: { metadata: { name } } }: Workload, { involvedObject }: EventObject): boolean {
  if (involvedObject.kind === kind) return involvedObject.name === name;
  if (involvedObject.kind !== "Pod" || involvedObject.name?.startsWith(`${name}-`) !== true) return false;
  return (kind === "StatefulSet" ? /^\d+$/ : /^[a-z0-9]{1,10}-[a-z0-9]{5}$/).test(involvedObject.name.slice(name.length + 1));
}

/** What Kubernetes says of the pods that are not ready, or of pods that it could not make. */
function toReason(object: WorkloadObject, pods: readonly PodObject[]): string | undefined {
  if (isSettled(object)) return undefined;
  const living = pods.filter(({ metadata: { deletionTimestamp } }) => deletionTimestamp === undefined);
  const said = [...conditionReasons(object), ...living.flatMap(podReasons)];
  return said.length === 0 ? undefined : said.slice(0, 3).join("; ");
}

function conditionReasons({ status }: WorkloadObject): readonly string[] {
  return (status?.conditions ?? [])
    .filter(({ type, status: is, reason }) => (type === "ReplicaFailure" && is === "True") || (type === "Progressing" && reason === "ProgressDeadlineExceeded"))
    .map(({ reason = "", message = "" }) => `${reason}: ${message}`);
}

function podReasons({ metadata: { name }, status = {} }: PodObject): readonly string[] {
  const unscheduled = (status.conditions ?? []).filter(({ type, status: is }) => type === "PodScheduled" && is === "False");
  return [
    ...unscheduled.map(({ reason = "", message = "" }) => `pod ${name}: ${reason}: ${message}`),
    ...(status.initContainerStatuses ?? []).flatMap((container) => stuckReason(name, container)),
    ...(status.containerStatuses ?? []).flatMap((container) => [...stuckReason(name, container), ...unreadyReason(name, container)]),
  ];
}

/** What only takes its time (ContainerCreating, PodInitializing) is no reason yet. */
function stuckReason(pod: string, { name, state: { waiting, terminated } = {} }: ContainerStatus): readonly string[] {
  if (waiting?.reason !== undefined && !/^(ContainerCreating|PodInitializing)$/.test(waiting.reason)) return [`pod ${pod}: container ${name}: ${waiting.reason}${waiting.message === undefined ? "" : `: ${waiting.message}`}`];
  if (terminated !== undefined && terminated.exitCode !== 0) return [`pod ${pod}: container ${name}: ${terminated.reason ?? "Error"}, exit code ${terminated.exitCode}`];
  return [];
}

/** An init container is never ready while it runs. */
function unreadyReason(pod: string, { name, ready, state }: ContainerStatus): readonly string[] {
  return state?.running !== undefined && ready === false ? [`pod ${pod}: container ${name} runs, but its readiness probe has not passed`] : [];
}

/** Why a created server does not run, in the words in which Kubernetes says it: Deployment and pods → troubles. */

/** The parts of a Deployment's and a pod's status that say what goes wrong. */
export interface DeploymentState {
  readonly status?: { readonly conditions?: readonly Condition[] };
}
export interface PodState {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly reason?: string;
    readonly message?: string;
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerState[];
    readonly containerStatuses?: readonly ContainerState[];
  };
}
export interface Condition { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }
export interface ContainerState {
  readonly name: string;
  readonly image?: string;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
  readonly lastState?: { readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string } };
}

export interface Trouble {
  /** The same as long as the trouble is the same: no names of pods, no times. */
  readonly what: string;
  /** What Kubernetes has said last. */
  readonly says: string;
}

export function toTroubles(deployment: DeploymentState | undefined, pods: readonly PodState[]): readonly Trouble[] {
  const conditions = deployment?.status?.conditions ?? [];
  const isAvailable = conditions.some(({ type, status }) => type === "Available" && status === "True");
  // A pod that was evicted stays to be looked at, long after another one has taken its place.
  const counting = pods.filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && !(isAvailable && status?.phase === "Failed"));
  const found = [...conditions.flatMap(toDeploymentTroubles), ...counting.flatMap(toPodTroubles)];
  // Ten pods that fail in the same way are one trouble.
  return [...new Map(found.map((trouble) => [trouble.what, trouble])).values()];
}

function toDeploymentTroubles({ type, status, reason = type, message = "" }: Condition): readonly Trouble[] {
  if (type === "ReplicaFailure" && status === "True") return [{ what: `${reason}: its pods cannot be created`, says: message }];
  if (type === "Progressing" && status === "False") return [{ what: `${reason}: its last change does not get through`, says: message }];
  return [];
}

function toPodTroubles({ status = {} }: PodState): readonly Trouble[] {
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  return [
    ...(scheduled?.status === "False" ? [{ what: `${scheduled.reason ?? "Unschedulable"}: no node takes its pods`, says: scheduled.message ?? "" }] : []),
    ...(status.phase === "Failed" ? [{ what: `${status.reason ?? "Failed"}: a pod has failed`, says: status.message ?? "" }] : []),
    ...[...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].flatMap(toContainerTroubles),
  ];
}

/** Waiting for these is no trouble. */
const usualReasons: readonly string[] = ["ContainerCreating", "PodInitializing"];

function toContainerTroubles({ name, image = "", state, lastState }: ContainerState): readonly Trouble[] {
  const { reason, message = "" } = state?.waiting ?? {};
  if (reason === undefined || usualReasons.includes(reason)) return [];
  switch (reason) {
    case "CrashLoopBackOff": {
      const ended = lastState?.terminated;
      const how = ended === undefined ? "" : ` with exit code ${ended.exitCode}${ended.reason === undefined || ended.reason === "Error" ? "" : ` (${ended.reason})`}`;
      return [{ what: `CrashLoopBackOff: the container ${name} ends${how}, again and again`, says: ended?.message ?? message }];
    }
    // The same failure shows by turns under both names.
    case "ErrImagePull":
    case "ImagePullBackOff": return [{ what: `ImagePullBackOff: the image ${image} cannot be pulled`, says: message }];
    default: return [{ what: `${reason}: the container ${name} cannot be started`, says: message }];
  }
}

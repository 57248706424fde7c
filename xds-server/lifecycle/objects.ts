/** The parts of Kubernetes objects that are read here; the API fixes their shape, and leaves out what is zero or empty. */

import type { WatchedObject } from "../kubernetes/watch-objects.js";

export type Labels = Readonly<Record<string, string>>;

export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist"; readonly values?: readonly string[] }[];
}

interface KubernetesObject extends WatchedObject {
  readonly metadata: WatchedObject["metadata"] & {
    readonly labels?: Labels;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string; readonly controller?: boolean }[];
  };
}

/** In a list the API leaves the kind of the items out, so it is put in where they are read. */
export type WorkloadKind = "Deployment" | "StatefulSet";

export interface WorkloadObject extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: {
      readonly metadata?: { readonly labels?: Labels };
      readonly spec?: { readonly initContainers?: readonly { readonly name: string }[]; readonly containers?: readonly { readonly name: string }[] };
    };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly updatedReplicas?: number;
    readonly conditions?: readonly ConditionObject[];
  };
}

export interface Workload { readonly kind: WorkloadKind; readonly object: WorkloadObject }

export interface ConditionObject {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

export interface ServiceObject extends KubernetesObject {
  readonly spec: {
    readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
    readonly clusterIP?: string;
    readonly selector?: Labels;
    readonly ports?: readonly { readonly port: number; readonly nodePort?: number; readonly protocol?: string }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } };
}

export interface PodObject extends KubernetesObject {
  readonly status?: {
    readonly phase?: string;
    readonly startTime?: string;
    readonly conditions?: readonly ConditionObject[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly finishedAt?: string };
  };
}

export interface EventObject extends KubernetesObject {
  readonly involvedObject: { readonly kind?: string; readonly name?: string };
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly series?: { readonly lastObservedTime?: string };
}

export interface AutoscalerObject extends KubernetesObject {
  readonly spec: { readonly scaleTargetRef: { readonly kind: string; readonly name: string }; readonly minReplicas?: number; readonly maxReplicas: number };
}

/** How many pods there are: by load where the registry asks for it, and never all gone at once by somebody's maintenance. */

import type { V1PodDisruptionBudget, V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import type { Planned } from "./configuration.js";
import type { CreatedServer, PlanContext } from "./created-server.js";
import { toMetadata, toSelector } from "./metadata.js";
import type { KubernetesObject } from "./kubernetes-object.js";

export function toScaling(server: CreatedServer, context: PlanContext): readonly KubernetesObject[] {
  const { autoscaling, replicas = 1 } = server.workload;
  const fewest = autoscaling?.min ?? replicas;
  return [
    ...(autoscaling === undefined ? [] : [toAutoscaler(server, context, autoscaling)]),
    ...(fewest > 1 ? [toDisruptionBudget(server, context)] : []),
  ];
}

function toAutoscaler(server: CreatedServer, context: PlanContext, { min, max, cpuPercent }: NonNullable<CreatedServer["workload"]["autoscaling"]>): Planned<V2HorizontalPodAutoscaler> {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: toMetadata(server, context, "HorizontalPodAutoscaler"),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: server.name },
      minReplicas: min,
      maxReplicas: max,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: cpuPercent } } }],
    },
  };
}

function toDisruptionBudget(server: CreatedServer, context: PlanContext): Planned<V1PodDisruptionBudget> {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: toMetadata(server, context, "PodDisruptionBudget"),
    // Pods that do not work anyway must not hold up a node that is to be emptied.
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: { matchLabels: { ...toSelector(server, context) } } },
  };
}

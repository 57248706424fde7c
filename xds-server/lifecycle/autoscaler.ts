/** What a HorizontalPodAutoscaler would make of a number of replicas that somebody sets. */

import type { AutoscalerObject, WorkloadKind } from "./objects.js";

export type AutoscalerVerdict =
  | { readonly kind: "allowed"; readonly warnings: readonly string[] }
  | { readonly kind: "refused"; readonly why: string; readonly hint: string };

/** 0 turns an autoscaler off, and any other number on again (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation). */
export function autoscalerVerdict(autoscalers: readonly AutoscalerObject[], kind: WorkloadKind, name: string, replicas: number): AutoscalerVerdict {
  const found = autoscalers.find(({ spec: { scaleTargetRef: target } }) => target.kind === kind && target.name === name);
  if (found === undefined) return { kind: "allowed", warnings: [] };
  const { minReplicas = 1, maxReplicas } = found.spec;
  const who = `HorizontalPodAutoscaler "${found.metadata.name}"`;
  if (replicas === 0) return { kind: "allowed", warnings: [`${who} rests until "${name}" is started again`] };
  if (replicas >= minReplicas && replicas <= maxReplicas) return { kind: "allowed", warnings: [`${who} decides between ${minReplicas} and ${maxReplicas} replicas of "${name}", and may change this again`] };
  // A start from 0 is how the autoscaler is turned on again, and it goes on from there.
  if (replicas === 1) return { kind: "allowed", warnings: [`${who} will take "${name}" to at least ${minReplicas} replicas`] };
  return {
    kind: "refused",
    why: `replicas ${replicas} of "${name}" is not in ${minReplicas}..${maxReplicas} of its ${who}, which would undo it`,
    hint: "change the autoscaler, or choose a number within its bounds; 0 turns it off",
  };
}

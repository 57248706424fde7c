/** A server that is to run in Kubernetes → the objects that make it run there, in the order in which they are applied. */

import type { V1Deployment, V1PodTemplateSpec, V1Service, V1ServiceAccount } from "@kubernetes/client-node";
import { toConfiguration, type Planned } from "./configuration.js";
import type { CreatedServer, PlanContext } from "./created-server.js";
import { objectKey, type KubernetesObject } from "./kubernetes-object.js";
import { toMetadata, toSelector } from "./metadata.js";
import { defaultPort, portName, toPodTemplate } from "./pods.js";
import { toScaling } from "./scaling.js";
import { toStdioPod, type SidecarImages } from "./stdio-pod.js";

/** The Deployment says nothing about `replicas`: see `replicas.ts`. */
export function toObjects(server: CreatedServer, image: string, context: PlanContext, sidecarImages: SidecarImages): readonly KubernetesObject[] {
  const configuration = toConfiguration(server, context);
  return [
    ...(server.workload.serviceAccount === undefined ? [toServiceAccount(server, context)] : []),
    ...configuration.objects,
    toService(server, context),
    toDeployment(server, context, toPodTemplate(server, image, configuration, context, (container) => toStdioPod(server, container, sidecarImages))),
    ...toScaling(server, context),
  ];
}

function toServiceAccount(server: CreatedServer, context: PlanContext): Planned<V1ServiceAccount> {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: toMetadata(server, context, "ServiceAccount"), automountServiceAccountToken: false };
}

function toService(server: CreatedServer, context: PlanContext): Planned<V1Service> {
  const metadata = toMetadata(server, context, "Service");
  // One that somebody else has made knows its pods and its ports already: others would come beside those.
  if (context.adopted.has(objectKey({ kind: "Service", metadata }))) return { apiVersion: "v1", kind: "Service", metadata };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: {
      type: "ClusterIP",
      selector: { ...toSelector(server, context) },
      ports: [{ name: portName, port: server.workload.port ?? defaultPort, targetPort: portName, protocol: "TCP" }],
    },
  };
}

function toDeployment(server: CreatedServer, context: PlanContext, template: V1PodTemplateSpec): Planned<V1Deployment> {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: toMetadata(server, context, "Deployment"),
    spec: {
      selector: { matchLabels: { ...toSelector(server, context) } },
      // A pod goes only after another one has come.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
      minReadySeconds: 1,
      progressDeadlineSeconds: 300,
      revisionHistoryLimit: 3,
      template,
    },
  };
}

/** The pod template of a server that is made from an image: locked down, drained before it ends, spread over the nodes. */

import type { V1Container, V1PodTemplateSpec, V1Probe, V1Volume } from "@kubernetes/client-node";
import type { CreatedServer, PlanContext } from "./created-server.js";
import { withoutReferences, type Configuration } from "./configuration.js";
import type { ContainerResources } from "../../model/workload.js";
import { toLabels, toSelector } from "./metadata.js";
import { annotations } from "./ownership.js";

export const defaultPort = 8080;
export const portName = "mcp";
export const defaultGraceSeconds = 30;
export const lockedDown = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } };
const containerName = "mcp-server";
const defaultResources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } };

/** `withSidecar` changes what is in the pod of an image that speaks stdio. */
export function toPodTemplate(server: CreatedServer, image: string, configuration: Configuration, context: PlanContext, withSidecar: (container: V1Container) => PodParts): V1PodTemplateSpec {
  const { workload } = server;
  const { serviceAccount = server.name } = workload;
  const writable = ["/tmp", ...workload.writablePaths];
  const container = toContainer(server, image, configuration, context, writable);
  const { initContainers = [], containers, volumes } = workload.transport === "stdio" ? withSidecar(container) : { containers: [container], volumes: [] };
  return {
    metadata: {
      labels: { ...toLabels(server, context), ...toSelector(server, context) },
      annotations: { [annotations.id]: server.id, ...(configuration.version === undefined ? {} : { [annotations.configVersion]: configuration.version }) },
    },
    spec: {
      serviceAccountName: serviceAccount,
      automountServiceAccountToken: workload.serviceAccount !== undefined,
      // Variables for each Service of the namespace would come over those of the image.
      enableServiceLinks: false,
      terminationGracePeriodSeconds: workload.gracePeriodSeconds ?? defaultGraceSeconds,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" }, ...(workload.user === undefined ? {} : { runAsUser: workload.user, runAsGroup: workload.user, fsGroup: workload.user }) },
      ...(workload.imagePullSecrets.length === 0 ? {} : { imagePullSecrets: workload.imagePullSecrets.map((name) => ({ name })) }),
      ...(Object.keys(workload.nodeSelector).length === 0 ? {} : { nodeSelector: { ...workload.nodeSelector } }),
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1, topologyKey, whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels: { ...toSelector(server, context) } }, matchLabelKeys: ["pod-template-hash"],
      })),
      ...(initContainers.length === 0 ? {} : { initContainers: [...initContainers] }),
      containers: [...containers],
      volumes: [...writable.map((_path, index) => ({ name: `writable-${index}`, emptyDir: { sizeLimit: "1Gi" } })), ...configuration.volumes, ...volumes],
    },
  };
}

export interface PodParts {
  readonly initContainers?: readonly V1Container[];
  readonly containers: readonly V1Container[];
  readonly volumes: readonly V1Volume[];
}

function toContainer({ workload }: CreatedServer, image: string, configuration: Configuration, context: PlanContext, writable: readonly string[]): V1Container {
  const { command, args, gracePeriodSeconds = defaultGraceSeconds } = workload;
  const resources: ContainerResources = workload.resources ?? defaultResources;
  const port = workload.port ?? defaultPort;
  return {
    name: context.deployment?.adopted?.container ?? containerName,
    image,
    ...(command === undefined ? {} : { command: command.map(withoutReferences) }),
    ...(args === undefined ? {} : { args: args.map(withoutReferences) }),
    env: [
      // What most servers look at, where the registry does not say it otherwise.
      ...(workload.transport === "stdio" || Object.hasOwn(workload.env, "PORT") || Object.hasOwn(workload.secretEnv, "PORT") ? [] : [{ name: "PORT", value: String(port) }]),
      ...configuration.env,
    ],
    ports: [{ name: portName, containerPort: port, protocol: "TCP" }],
    resources: { ...(resources.requests === undefined ? {} : { requests: { ...resources.requests } }), ...(resources.limits === undefined ? {} : { limits: { ...resources.limits } }) },
    readinessProbe: toReadinessProbe(workload.readinessPath),
    // Envoy learns at once that the pod is ending and sends it nothing new; what its sessions still ask is answered meanwhile.
    lifecycle: { preStop: { sleep: { seconds: Math.ceil(gracePeriodSeconds / 2) } } },
    securityContext: lockedDown,
    volumeMounts: [...writable.map((mountPath, index) => ({ name: `writable-${index}`, mountPath })), ...configuration.mounts],
  };
}

/**
 * A GET of the MCP path is answered with 405 or a stream, which Kubernetes takes for a failure, so that only a path
 * made for it can be asked. There is no liveness probe: an open port says nothing about a process that hangs, and one
 * that is busy must not be killed for it.
 */
export function toReadinessProbe(path: string | undefined): V1Probe {
  return { ...(path === undefined ? { tcpSocket: { port: portName } } : { httpGet: { path, port: portName } }), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 };
}

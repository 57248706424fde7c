/** An image that speaks stdio → a pod that speaks HTTP: its command runs once for each connection, and a bridge beside it connects. */

import type { V1Container } from "@kubernetes/client-node";
import { withoutReferences } from "./configuration.js";
import type { CreatedServer } from "./created-server.js";
import { defaultGraceSeconds, defaultPort, lockedDown, portName, toReadinessProbe, type PodParts } from "./pods.js";

export interface SidecarImages {
  /** Of the stdio-bridge. */
  readonly bridge: string;
  /** With a static /bin/busybox that has the applets cp and tcpsvd. */
  readonly helper: string;
}

/** Inside of the pod only. */
const helperPort = 17_070;
/** For the kubelet and for Prometheus. */
const adminPort = 17_071;
const helperFolder = "/mcp-mesh";
const helperMount = { name: "helper", mountPath: helperFolder };
/** Sessions at once in a pod, as for a stdio server; connections that are ending are some more. */
const maxProcesses = 32;
const maxConnections = 2 * maxProcesses;
const processesPath = "/healthz/processes";
/** Of no image's own: the helper's would be root. */
const otherUser = 65_532;

/** `container` is the image's own, as it would be if it spoke HTTP. */
export function toStdioPod({ id, workload }: CreatedServer, container: V1Container, images: SidecarImages): PodParts {
  const { command = [], args = [], gracePeriodSeconds = defaultGraceSeconds } = workload;
  const { ports: _ports, readinessProbe: _probe, args: _args, ...own } = container;
  const busybox = `${helperFolder}/busybox`;
  return {
    initContainers: [{
      name: "bring-helper",
      image: images.helper,
      command: ["/bin/busybox", "cp", "/bin/busybox", busybox],
      resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "32Mi" } },
      securityContext: { ...lockedDown, runAsUser: otherUser, runAsGroup: otherUser },
      volumeMounts: [helperMount],
    }],
    containers: [
      {
        ...own,
        // Nothing is asked of the image: no shell, no libraries. -E keeps its environment as it is.
        command: [busybox, "tcpsvd", "-E", "-c", String(maxConnections), "127.0.0.1", String(helperPort), ...command.map(withoutReferences), ...args.map(withoutReferences)],
        ...toProbesOfProcesses(),
        // It ends after the bridge, which needs it until its last request is answered.
        lifecycle: { preStop: { sleep: { seconds: Math.ceil(gracePeriodSeconds * 0.9) } } },
        volumeMounts: [...own.volumeMounts ?? [], { ...helperMount, readOnly: true }],
      },
      toBridge(id, workload.port ?? defaultPort, gracePeriodSeconds, images.bridge),
    ],
    volumes: [{ name: "helper", emptyDir: { sizeLimit: "64Mi" } }, { name: "bridge-tmp", emptyDir: { sizeLimit: "64Mi" } }],
  };
}

/**
 * A process that ignores the end of its input holds one of the helper's places, and nobody but the kubelet can end it:
 * when they leave no more room, it starts this container again, at once, as nothing new would be served by then. The
 * first probe waits for the bridge, whose image may take its time.
 */
function toProbesOfProcesses(): Pick<V1Container, "startupProbe" | "livenessProbe"> {
  const httpGet = { path: processesPath, port: adminPort };
  return {
    startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 900, terminationGracePeriodSeconds: 1 },
    livenessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3, terminationGracePeriodSeconds: 1 },
  };
}

function toBridge(id: string, port: number, graceSeconds: number, image: string): V1Container {
  const variables = {
    MCP_MESH_BRIDGE_CONNECT: `127.0.0.1:${helperPort}`,
    MCP_MESH_BRIDGE_SERVER_ID: id,
    MCP_MESH_BRIDGE_MAX_PROCESSES: String(maxProcesses),
    MCP_MESH_BRIDGE_HOST: "0.0.0.0",
    MCP_MESH_BRIDGE_PORT: String(port),
    MCP_MESH_BRIDGE_ADMIN_PORT: String(adminPort),
    MCP_MESH_BRIDGE_DRAIN_SECONDS: String(Math.floor(graceSeconds / 4)),
  };
  return {
    name: "stdio-bridge",
    image,
    env: Object.entries(variables).map(([name, value]) => ({ name, value })),
    ports: [{ name: portName, containerPort: port, protocol: "TCP" }],
    resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { cpu: "1", memory: "256Mi" } },
    // It listens once a process could be begun.
    readinessProbe: toReadinessProbe(undefined),
    lifecycle: { preStop: { sleep: { seconds: Math.ceil(graceSeconds / 2) } } },
    securityContext: { ...lockedDown, runAsUser: otherUser, runAsGroup: otherUser },
    volumeMounts: [{ name: "bridge-tmp", mountPath: "/tmp" }],
  };
}

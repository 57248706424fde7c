/** What `mcp-mesh up` runs: each child's program, arguments and environment (pure). */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { envoyLogFormat } from "./log-line.js";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface PlanInput {
  readonly projectRoot: string;
  /** Node itself. */
  readonly node: string;
  readonly envoy: string;
  readonly bootstrapFile: string;
  readonly envoyAdminSocket: string;
  readonly runFolder: string;
  readonly registryPaths: readonly string[];
  /** The keys of this run's session ids, so that a restarted xds-server has the same. */
  readonly sessionKeyFile: string;
  /** Absent: the registry says it. */
  readonly gatewayHost: string | undefined;
  readonly gatewayPort: number | undefined;
  readonly adminPort: number;
  readonly xdsPort: number;
  readonly workers: number;
  readonly logLevel: LogLevel;
  readonly kubernetes: KubernetesOptions;
  /** Absent: another registry than the demo's is used. */
  readonly demo: Demo | undefined;
  /** The environment `up` itself has. */
  readonly env: NodeJS.ProcessEnv;
}

/** As the user gave them; the xds-server reads them. */
export interface KubernetesOptions {
  readonly kubernetes?: string;
  readonly kubernetesNamespaces?: string;
  readonly kubernetesDiscovery?: string;
  readonly kubeconfig?: string;
  readonly kubernetesContext?: string;
}

export interface Demo {
  /** The program of the HTTP server that the demo runs a replica of on each port. */
  readonly program: string;
  readonly ports: readonly number[];
}

export interface ChildSpec {
  readonly name: string;
  readonly role: "xds-server" | "bridge" | "envoy" | "demo";
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** How often it may fail before the mesh has been ready once. */
  readonly attemptsAtStart: number;
  /** It talks of every request; its lines are kept for when it fails, and shown only to who asks for debugging. */
  readonly isChatty: boolean;
}

const loopback = "127.0.0.1";
/** Envoy ends before the bridges do, and with it who asked: nobody waits for an answer that is still being made. */
const drainSeconds = "1";
const envoyLogLevels: Readonly<Record<LogLevel, string>> = {
  trace: "trace",
  debug: "debug",
  // What Envoy calls info is for those who build Envoy.
  info: "warning",
  warn: "warning",
  error: "error",
  fatal: "critical",
};

export function toChildSpecs(input: PlanInput): readonly ChildSpec[] {
  return [
    ...toDemoServers(input),
    toXdsServer(input),
    ...Array.from({ length: input.workers }, (_, index) => toBridge(input, `bridge-${index + 1}`)),
    toEnvoy(input),
  ];
}

function toXdsServer(input: PlanInput): ChildSpec {
  const demoPorts = (input.demo?.ports ?? []).map((port, index) => [`MCP_MESH_DEMO_PORT_${index + 1}`, String(port)]);
  return {
    name: "xds-server",
    role: "xds-server",
    program: input.node,
    args: [join(input.projectRoot, "dist", "xds-server", "main.js")],
    env: {
      ...commonEnv(input),
      MCP_MESH_REGISTRY: input.registryPaths.join(","),
      ...(input.gatewayHost === undefined ? {} : { MCP_MESH_HOST: input.gatewayHost }),
      ...(input.gatewayPort === undefined ? {} : { MCP_MESH_PORT: String(input.gatewayPort) }),
      MCP_MESH_ADMIN_HOST: loopback,
      MCP_MESH_ADMIN_PORT: String(input.adminPort),
      MCP_MESH_XDS_HOST: loopback,
      MCP_MESH_XDS_PORT: String(input.xdsPort),
      MCP_MESH_ENVOY_ADMIN: input.envoyAdminSocket,
      MCP_MESH_BRIDGES_EXPECTED: String(input.workers),
      MCP_MESH_SESSION_KEY_FILE: input.env["MCP_MESH_SESSION_KEY_FILE"] ?? input.sessionKeyFile,
      ...toKubernetesEnv(input.kubernetes),
      ...Object.fromEntries(demoPorts),
    },
    attemptsAtStart: 1,
    isChatty: false,
  };
}

function toKubernetesEnv({ kubernetes, kubernetesNamespaces, kubernetesDiscovery, kubeconfig, kubernetesContext }: KubernetesOptions): NodeJS.ProcessEnv {
  return {
    ...(kubernetes === undefined ? {} : { MCP_MESH_KUBERNETES: kubernetes }),
    ...(kubernetesNamespaces === undefined ? {} : { MCP_MESH_KUBERNETES_NAMESPACES: kubernetesNamespaces }),
    ...(kubernetesDiscovery === undefined ? {} : { MCP_MESH_KUBERNETES_DISCOVERY: kubernetesDiscovery }),
    ...(kubeconfig === undefined ? {} : { MCP_MESH_KUBECONFIG: kubeconfig }),
    ...(kubernetesContext === undefined ? {} : { MCP_MESH_KUBERNETES_CONTEXT: kubernetesContext }),
  };
}

function toBridge(input: PlanInput, name: string): ChildSpec {
  return {
    name,
    role: "bridge",
    program: input.node,
    args: [join(input.projectRoot, "dist", "stdio-bridge", "main.js")],
    env: { ...commonEnv(input), MCP_MESH_XDS_ADDRESS: `${loopback}:${input.xdsPort}`, MCP_MESH_WORKER_ID: name, MCP_MESH_BRIDGE_PORT: "0", MCP_MESH_BRIDGE_ADMIN_PORT: "0", MCP_MESH_BRIDGE_DRAIN_SECONDS: drainSeconds },
    attemptsAtStart: 4,
    isChatty: false,
  };
}

function toEnvoy(input: PlanInput): ChildSpec {
  const args = ["--config-path", input.bootstrapFile, "--disable-hot-restart", "--log-level", envoyLogLevels[input.logLevel], "--log-format", envoyLogFormat];
  return onLeash(input, {
    name: "envoy",
    role: "envoy",
    command: [input.envoy, ...args],
    env: { ...input.env, MCP_MESH_RUN_FOLDER: input.runFolder },
    attemptsAtStart: 3,
    isChatty: false,
  });
}

/**
 * The demo's servers get no more of the user's environment than they need: one of their tools shows it to whoever asks.
 * By themselves they would listen on every interface, hence what is loaded before them.
 */
function toDemoServers(input: PlanInput): readonly ChildSpec[] {
  const { demo, env } = input;
  if (demo === undefined) return [];
  const guard = pathToFileURL(join(input.projectRoot, "dist", "xds-server", "cli", "up", "demo-guard.js")).href;
  return demo.ports.map((port, index) =>
    onLeash(input, {
      name: `demo-${index + 1}`,
      role: "demo",
      command: [input.node, "--import", guard, demo.program, "streamableHttp"],
      env: { PATH: env["PATH"], HOME: env["HOME"], TMPDIR: env["TMPDIR"], MCP_MESH_RUN_FOLDER: input.runFolder, PORT: String(port) },
      attemptsAtStart: 3,
      isChatty: true,
    }),
  );
}

/** For programs that would not notice that `up` has died. */
function onLeash(input: PlanInput, child: Omit<ChildSpec, "program" | "args"> & { readonly command: readonly string[] }): ChildSpec {
  const { command, ...rest } = child;
  return { ...rest, program: "/bin/sh", args: [join(input.projectRoot, "envoy", "run.sh"), ...command] };
}

/** The run folder marks what belongs to this run, for whoever looks for what an `up` that was killed has left. */
function commonEnv(input: PlanInput): NodeJS.ProcessEnv {
  return { ...input.env, MCP_MESH_LOG_LEVEL: input.logLevel, MCP_MESH_EXIT_WITH_PARENT: "1", MCP_MESH_RUN_FOLDER: input.runFolder };
}

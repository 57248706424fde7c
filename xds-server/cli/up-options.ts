/** The options that `mcp-mesh up` and `mcp-mesh doctor` share: flags, and a variable for each. */

import { availableParallelism } from "node:os";
import { InvalidArgumentError, Option, type Command } from "commander";
import { logLevels, type LogLevel } from "./up/plan.js";

export interface UpOptions {
  /** As the user wrote them. */
  readonly registry?: readonly string[];
  readonly host?: string;
  readonly port?: number;
  readonly adminPort: number;
  readonly xdsPort: number;
  readonly workers: number;
  readonly logLevel: LogLevel;
  readonly kubernetes?: string;
  readonly kubernetesNamespaces?: string;
  readonly kubernetesDiscovery?: string;
  readonly kubeconfig?: string;
  readonly kubernetesContext?: string;
}

export function addUpOptions(command: Command): Command {
  return command
    .addOption(new Option("--registry <file>", "registry file or folder; may be given several times (default: registry.yaml here, else the demo's)")
      .env("MCP_MESH_REGISTRY").argParser(readPaths))
    .addOption(new Option("--host <address>", "address the gateway listens on (default: the registry's gateway.host, else 127.0.0.1)").env("MCP_MESH_HOST"))
    .addOption(new Option("--port <number>", "port the gateway listens on, 0 for a free one (default: the registry's gateway.port, else 8000)").env("MCP_MESH_PORT").argParser(readPort))
    .addOption(new Option("--admin-port <number>", "port for status and metrics, 0 for a free one").env("MCP_MESH_ADMIN_PORT").argParser(readPort).default(8001))
    .addOption(new Option("--xds-port <number>", "port Envoy and the bridges get their configuration from, 0 for a free one").env("MCP_MESH_XDS_PORT").argParser(readPort).default(18000))
    .addOption(new Option("--workers <count>", "stdio-bridge processes").env("MCP_MESH_WORKERS").argParser(readWorkers).default(defaultWorkers(availableParallelism()), "one for each core, 4 at the most"))
    .addOption(new Option("--log-level <level>", "what is shown of the programs' logs").env("MCP_MESH_LOG_LEVEL").choices(logLevels).default("info"))
    .addOption(new Option("--kubernetes <auto|on|off>", "watch the Services of a Kubernetes cluster (default: auto, once the registry names one)").env("MCP_MESH_KUBERNETES").choices(["auto", "on", "off"]))
    .addOption(new Option("--kubernetes-namespaces <names>", "namespaces to watch, joined by commas, or * for all (default: the context's, and those that the registry names)").env("MCP_MESH_KUBERNETES_NAMESPACES"))
    .addOption(new Option("--kubernetes-discovery <on|off>", "serve the Services that are labelled as MCP servers, too (default: on)").env("MCP_MESH_KUBERNETES_DISCOVERY").choices(["on", "off"]))
    .addOption(new Option("--kubeconfig <file>", "kubeconfig of the cluster (default: KUBECONFIG's, else your own)").env("MCP_MESH_KUBECONFIG"))
    .addOption(new Option("--kubernetes-context <name>", "context in the kubeconfig (default: its current one)").env("MCP_MESH_KUBERNETES_CONTEXT"));
}

/** Each worker keeps processes of its own warm: on a machine with very many cores more of them would cost more than they carry. */
export function defaultWorkers(cores: number): number {
  return Math.min(4, Math.max(1, cores));
}

/** In the environment several paths are joined by commas. */
function readPaths(value: string, before: readonly string[] = []): readonly string[] {
  const paths = value.split(",").filter((path) => path !== "");
  if (paths.length === 0) throw new InvalidArgumentError("it names no file");
  return [...before, ...paths];
}

function readPort(value: string): number {
  return readNumber(value, 0, 65_535);
}

function readWorkers(value: string): number {
  return readNumber(value, 1, 64);
}

function readNumber(value: string, min: number, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) throw new InvalidArgumentError(`it must be a whole number in ${min}..${max}`);
  return number;
}

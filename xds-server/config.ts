/** Flags and environment → the xds-server's configuration, checked once. */

import { existsSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { defaultMaxReplicas } from "./lifecycle/lifecycle.js";

export interface Config {
  readonly registryPaths: readonly string[];
  /** Absent: as the registry says. */
  readonly host?: string;
  readonly port?: number;
  /** Beside those of the registry. */
  readonly allowedHosts: readonly string[];
  readonly adminHost: string;
  readonly adminPort: number;
  /** Holds what the admin port's REST asks for. Absent: it serves this machine alone. */
  readonly adminTokenFile?: string;
  /** Where the mesh's own MCP server (gateway.admin) listens for Envoy. */
  readonly tools: { readonly host: string; readonly port: number; readonly advertise?: { readonly host: string; readonly port: number } };
  /** To which MCP servers on Kubernetes may be scaled. */
  readonly maxReplicas: number;
  readonly xdsHost: string;
  readonly xdsPort: number;
  readonly xdsTls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  /** xDS without TLS on an address that is not loopback: only for a network that nobody else is on. */
  readonly xdsInsecure: boolean;
  readonly logLevel: LogLevel;
  /** UNIX socket or URL of an Envoy's admin, for the health that it sees. */
  readonly envoyAdmin?: string;
  readonly expectedBridges?: number;
  readonly bridgesWaitMs: number;
  readonly eagerServers: number;
  readonly systemCaFile: string;
  /** Keys of session ids, one a line. Absent: one is made up at each start. */
  readonly sessionKeyFile?: string;
  /** Make that file where there is none. */
  readonly createSessionKey: boolean;
  /** What `${NAME}` in the registry stands for. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly kubernetes: KubernetesConfig;
  /** End when stdin closes: whoever started this process holds the other end. */
  readonly exitWithParent: boolean;
}

export interface KubernetesConfig {
  /** auto: in a pod, and elsewhere once the registry names a Service. */
  readonly mode: (typeof kubernetesModes)[number];
  /** A service account's token is here: this is a pod. */
  readonly isInPod: boolean;
  readonly kubeconfigFile?: string;
  readonly context?: string;
  /** Absent: our own, and those that the registry names. */
  readonly namespaces?: readonly string[] | "*";
  /** Whether labelled Services are servers by themselves. */
  readonly discovers: boolean;
  /** Absent: what the registry wants to be created is not. */
  readonly creation?: CreationConfig;
}

export interface CreationConfig {
  /** What was made is told by it from what other meshes have made. */
  readonly meshName: string;
  /** Absent: of the mesh's name, in our own namespace. */
  readonly lease?: { readonly namespace?: string; readonly name: string };
  readonly chartFolders: readonly string[];
  readonly helm: string;
  /** Beside images that speak stdio. */
  readonly sidecarImages: { readonly bridge: string; readonly helper: string };
}

export const kubernetesModes = ["auto", "on", "off"] as const;

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof logLevels)[number];

interface Flags {
  registry: string;
  host?: string;
  port?: number;
  allowedHosts?: string;
  adminHost: string;
  adminPort: number;
  adminTokenFile?: string;
  maxReplicas: number;
  toolsHost: string;
  toolsPort: number;
  toolsAdvertise?: { readonly host: string; readonly port: number };
  xdsHost: string;
  xdsPort: number;
  xdsCa?: string;
  xdsCert?: string;
  xdsKey?: string;
  xdsInsecure?: boolean;
  logLevel: LogLevel;
  envoyAdmin?: string;
  bridgesExpected?: number;
  bridgesWait: number;
  eagerServers: number;
  systemCa?: string;
  sessionKeyFile?: string;
  createSessionKey?: boolean;
  kubernetes: KubernetesConfig["mode"];
  kubernetesNamespaces?: readonly string[] | "*";
  kubernetesDiscovery: "on" | "off";
  kubeconfig?: string;
  kubernetesContext?: string;
  kubernetesCreate: "on" | "off";
  meshName: string;
  lease?: NonNullable<CreationConfig["lease"]>;
  charts?: string;
  helm: string;
  bridgeImage: string;
  helperImage: string;
  exitWithParent?: boolean;
}

/** Ends the process with a message and code 2 where a flag or variable cannot be read. */
export function readConfig(): Config {
  const command = new Command("xds-server")
    .description("the control plane of MCP Mesh: serves Envoy and the stdio bridges from a registry")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .addOption(option("--registry <paths>", "registry files or folders, joined by commas", "MCP_MESH_REGISTRY").default("registry.yaml"))
    .addOption(option("--host <address>", "address of the gateway, instead of the registry's", "MCP_MESH_HOST"))
    .addOption(option("--port <port>", "port of the gateway, instead of the registry's", "MCP_MESH_PORT").argParser(readPort))
    .addOption(option("--allowed-hosts <names>", "names that clients may use for the gateway beside the registry's, joined by commas", "MCP_MESH_ALLOWED_HOSTS"))
    .addOption(option("--admin-host <address>", "address of status and metrics", "MCP_MESH_ADMIN_HOST").default("127.0.0.1"))
    .addOption(option("--admin-port <port>", "port of status and metrics, 0 picks one", "MCP_MESH_ADMIN_PORT").argParser(readPort).default(8001))
    .addOption(option("--admin-token-file <file>", "holds the token that the admin port's REST asks for", "MCP_MESH_ADMIN_TOKEN_FILE"))
    .addOption(option("--max-replicas <number>", "scaling an MCP server on Kubernetes beyond is refused", "MCP_MESH_MAX_REPLICAS").argParser(readCount).default(defaultMaxReplicas))
    .addOption(option("--tools-host <address>", "address of the mesh's own MCP server (gateway.admin), for Envoy", "MCP_MESH_TOOLS_HOST").default("127.0.0.1"))
    .addOption(option("--tools-port <port>", "port of the mesh's own MCP server, 0 picks one", "MCP_MESH_TOOLS_PORT").argParser(readPort).default(0))
    .addOption(option("--tools-advertise <host:port>", "where Envoy reaches the mesh's own MCP server (default: where it listens)", "MCP_MESH_TOOLS_ADVERTISE").argParser(readHostPort))
    .addOption(option("--xds-host <address>", "address of xDS", "MCP_MESH_XDS_HOST").default("127.0.0.1"))
    .addOption(option("--xds-port <port>", "port of xDS, 0 picks one", "MCP_MESH_XDS_PORT").argParser(readPort).default(18000))
    .addOption(option("--xds-ca <file>", "authority of the xDS clients' certificates (mTLS)", "MCP_MESH_XDS_CA"))
    .addOption(option("--xds-cert <file>", "certificate of xDS", "MCP_MESH_XDS_CERT"))
    .addOption(option("--xds-key <file>", "key of the certificate of xDS", "MCP_MESH_XDS_KEY"))
    .addOption(option("--xds-insecure", "allow xDS without TLS beyond loopback", "MCP_MESH_XDS_INSECURE"))
    .addOption(option("--log-level <level>", "how much is logged", "MCP_MESH_LOG_LEVEL").choices(logLevels).default("info"))
    .addOption(option("--envoy-admin <socket or url>", "an Envoy's admin, for the health that it sees", "MCP_MESH_ENVOY_ADMIN"))
    .addOption(option("--bridges-expected <number>", "bridges that will report; Envoy is served once they have, or after --bridges-wait", "MCP_MESH_BRIDGES_EXPECTED").argParser(readCount))
    .addOption(option("--bridges-wait <seconds>", "the longest wait for bridges after a start", "MCP_MESH_BRIDGES_WAIT").argParser(readCount).default(5))
    .addOption(option("--eager-servers <number>", "with more servers than these, Envoy gets a server's cluster when it is first asked for", "MCP_MESH_EAGER_SERVERS").argParser(readCount).default(20_000))
    .addOption(option("--system-ca <file>", "authorities that Envoy trusts for https endpoints", "MCP_MESH_SYSTEM_CA"))
    .addOption(option("--session-key-file <file>", "keys of the session ids of stdio servers, one a line: the first seals, all open", "MCP_MESH_SESSION_KEY_FILE"))
    .addOption(option("--create-session-key", "make the session key file where there is none", "MCP_MESH_CREATE_SESSION_KEY"))
    .addOption(option("--kubernetes <auto|on|off>", "watch the Services of a Kubernetes cluster; auto: in a pod, and elsewhere once the registry names one", "MCP_MESH_KUBERNETES").choices(kubernetesModes).default("auto"))
    .addOption(option("--kubernetes-namespaces <names>", "namespaces to watch, joined by commas, or * for all (default: its own, and those that the registry names)", "MCP_MESH_KUBERNETES_NAMESPACES").argParser(readNamespaces))
    .addOption(option("--kubernetes-discovery <on|off>", "serve the Services that are labelled as MCP servers, too", "MCP_MESH_KUBERNETES_DISCOVERY").choices(["on", "off"]).default("on"))
    .addOption(option("--kubeconfig <file>", "kubeconfig of the cluster (default: KUBECONFIG's, the user's own, or the pod's service account)", "MCP_MESH_KUBECONFIG"))
    .addOption(option("--kubernetes-context <name>", "context in the kubeconfig (default: its current one)", "MCP_MESH_KUBERNETES_CONTEXT"))
    .addOption(option("--kubernetes-create <on|off>", "create the servers that the registry has images and charts of, and delete what was created when they leave it", "MCP_MESH_KUBERNETES_CREATE").choices(["on", "off"]).default("off"))
    .addOption(option("--mesh-name <name>", "whose the created servers are: another name for every mesh of a cluster", "MCP_MESH_NAME").argParser(readMeshName).default("mcp-mesh"))
    .addOption(option("--lease <name>", "the Lease by which one of several xds-servers creates: name, or namespace/name (default: the mesh's name)", "MCP_MESH_LEASE").argParser(readLease))
    .addOption(option("--charts <folders>", "folders of charts, joined by commas, beside the registry's own", "MCP_MESH_CHARTS"))
    .addOption(option("--helm <program>", "the Helm that renders charts", "MCP_MESH_HELM").default("helm"))
    .addOption(option("--bridge-image <image>", "the stdio-bridge that is put beside created servers that speak stdio", "MCP_MESH_BRIDGE_IMAGE").default("mcp-mesh/stdio-bridge:0.1.0"))
    .addOption(option("--helper-image <image>", "a busybox that is linked statically, which runs their command once for each session", "MCP_MESH_HELPER_IMAGE").default("busybox:1.37-musl"))
    .addOption(option("--exit-with-parent", "end when stdin closes", "MCP_MESH_EXIT_WITH_PARENT"));
  const flags = command.parse(process.argv).opts<Flags>();
  const { xdsCa, xdsCert, xdsKey } = flags;
  const tlsGiven = [xdsCa, xdsCert, xdsKey].filter((file) => file !== undefined).length;
  if (tlsGiven !== 0 && tlsGiven !== 3) command.error("--xds-ca, --xds-cert and --xds-key belong together: give all three, or none", { exitCode: 2 });
  if (flags.createSessionKey === true && flags.sessionKeyFile === undefined) command.error("--create-session-key needs --session-key-file: where the key is to lie", { exitCode: 2 });
  if (isIP(flags.toolsHost) !== 0 && /^[0:.]+$/.test(flags.toolsHost) && flags.toolsAdvertise === undefined) command.error(`--tools-host ${flags.toolsHost} is no address that Envoy could be told: say one with --tools-advertise`, { exitCode: 2 });
  return {
    registryPaths: flags.registry.split(",").filter((path) => path !== ""),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.port === undefined ? {} : { port: flags.port }),
    allowedHosts: (flags.allowedHosts ?? "").toLowerCase().split(",").filter((name) => name !== ""),
    adminHost: flags.adminHost,
    adminPort: flags.adminPort,
    ...(flags.adminTokenFile === undefined ? {} : { adminTokenFile: flags.adminTokenFile }),
    tools: { host: flags.toolsHost, port: flags.toolsPort, ...(flags.toolsAdvertise === undefined ? {} : { advertise: flags.toolsAdvertise }) },
    maxReplicas: flags.maxReplicas,
    xdsHost: flags.xdsHost,
    xdsPort: flags.xdsPort,
    ...(xdsCa === undefined || xdsCert === undefined || xdsKey === undefined ? {} : { xdsTls: { caFile: xdsCa, certFile: xdsCert, keyFile: xdsKey } }),
    xdsInsecure: flags.xdsInsecure === true,
    logLevel: flags.logLevel,
    ...(flags.envoyAdmin === undefined ? {} : { envoyAdmin: flags.envoyAdmin }),
    ...(flags.bridgesExpected === undefined ? {} : { expectedBridges: flags.bridgesExpected }),
    bridgesWaitMs: flags.bridgesWait * 1_000,
    eagerServers: flags.eagerServers,
    ...(flags.sessionKeyFile === undefined ? {} : { sessionKeyFile: flags.sessionKeyFile }),
    createSessionKey: flags.createSessionKey === true,
    systemCaFile: flags.systemCa ?? findSystemCa(),
    environment: process.env,
    kubernetes: {
      mode: flags.kubernetes,
      isInPod: process.env["KUBERNETES_SERVICE_HOST"] !== undefined && existsSync(serviceAccountToken),
      ...(flags.kubeconfig === undefined ? {} : { kubeconfigFile: flags.kubeconfig }),
      ...(flags.kubernetesContext === undefined ? {} : { context: flags.kubernetesContext }),
      ...(flags.kubernetesNamespaces === undefined ? {} : { namespaces: flags.kubernetesNamespaces }),
      discovers: flags.kubernetesDiscovery === "on",
      ...(flags.kubernetesCreate === "on" ? { creation: toCreationConfig(flags) } : {}),
    },
    exitWithParent: flags.exitWithParent === true,
  };
}

/** Charts are looked for where they were said to be, and beside the registry. */
function toCreationConfig({ meshName, lease, charts = "", helm, registry, bridgeImage, helperImage }: Flags): CreationConfig {
  const named = charts.split(",").filter((path) => path !== "");
  const besideRegistry = registry.split(",").filter((path) => path !== "").flatMap((path) => {
    const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : dirname(path);
    return [join(folder, "charts"), folder];
  });
  return { meshName, ...(lease === undefined ? {} : { lease }), chartFolders: [...named, ...besideRegistry].map((path) => resolve(path)), helm, sidecarImages: { bridge: bridgeImage, helper: helperImage } };
}

function option(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).env(variable);
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port > 65_535) throw new InvalidArgumentError(`port ${text} is not in 0..65535`);
  return port;
}

function readHostPort(text: string): { readonly host: string; readonly port: number } {
  // A pod's own address is put in as it is, also one of IPv6: what stands behind the last colon is the port.
  const [, host, port = ""] = /^\[?([0-9A-Fa-f:]+|[A-Za-z0-9._-]+)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined) throw new InvalidArgumentError(`${text} is not host:port`);
  return { host, port: readPort(port) };
}

function readCount(text: string): number {
  if (!/^[0-9]+$/.test(text)) throw new InvalidArgumentError(`${text} is not a whole number`);
  return Number(text);
}

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

export function readNamespaces(text: string): readonly string[] | "*" {
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (names.includes("*")) return "*";
  const [bad] = names.filter((name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (names.length === 0 || bad !== undefined) throw new InvalidArgumentError(`${JSON.stringify(bad ?? text)} is no name of a namespace: lower case letters, digits and -, or * for all`);
  return names;
}

/** It becomes the value of a label and the name of a Lease. */
export function readMeshName(text: string): string {
  if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(text)) throw new InvalidArgumentError(`${JSON.stringify(text)} is no name of a mesh: 1 to 63 lower case letters, digits, - and .`);
  return text;
}

export function readLease(text: string): NonNullable<CreationConfig["lease"]> {
  const found = /^(?:([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)\/)?([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$/.exec(text);
  if (found === null) throw new InvalidArgumentError(`${JSON.stringify(text)} is no Lease: write name, or namespace/name`);
  return { ...(found[1] === undefined ? {} : { namespace: found[1] }), name: found[3] ?? "" };
}

/** Debian and the Envoy images, Fedora, macOS. */
const systemCaFiles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"] as const;

function findSystemCa(): string {
  return systemCaFiles.find((file) => existsSync(file)) ?? systemCaFiles[0];
}

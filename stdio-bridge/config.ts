/** Flags and environment → the bridge's configuration, checked once. */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";

export interface Config {
  readonly xdsAddress: string;
  /** mTLS to the xds-server, as PEM. */
  readonly xdsTls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly host: string;
  readonly port: number;
  /** Where Envoy reaches this worker; absent: where it listens, and where that is every address, the one that leads to the xds-server. */
  readonly advertise: { readonly host: string; readonly port: number } | undefined;
  readonly worker: string;
  readonly logLevel: LogLevel;
  readonly maxRequestBytes: number;
  /** How long open requests may take when the bridge is to end. */
  readonly drainMs: number;
  /** Absent: no metrics are served. */
  readonly adminPort: number | undefined;
  /** Present: there is one server, whose processes are begun over there, and no xds-server is asked. */
  readonly connect: ConnectConfig | undefined;
  /** End when stdin closes: whoever started this process holds the other end. */
  readonly exitWithParent: boolean;
  /** What server processes inherit: the bridge's own environment without its own settings. */
  readonly inheritedEnv: Readonly<Record<string, string>>;
}

export interface ConnectConfig {
  readonly host: string;
  readonly port: number;
  /** It is served at the path of this name. */
  readonly serverId: string;
  readonly maxProcesses: number;
}

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof logLevels)[number];

interface Flags {
  xdsAddress: string;
  xdsCa?: Buffer;
  xdsCert?: Buffer;
  xdsKey?: Buffer;
  host: string;
  port: number;
  advertise?: { host: string; port: number };
  workerId: string;
  logLevel: LogLevel;
  maxRequestBytes: number;
  drainSeconds: number;
  adminPort?: number;
  connect?: { host: string; port: number };
  serverId: string;
  maxProcesses: number;
  exitWithParent?: boolean;
}

/** Ends the process with a message and code 2 where a flag or variable cannot be read. */
export function readConfig(): Config {
  const command = new Command("stdio-bridge")
    .description("runs stdio MCP servers and gives them an HTTP face; what to run it learns from the xds-server")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .addOption(option("--xds-address <host:port>", "the xds-server", "MCP_MESH_XDS_ADDRESS").default("127.0.0.1:18000"))
    .addOption(option("--xds-ca <file>", "authority of the xds-server's certificate (mTLS)", "MCP_MESH_XDS_CA").argParser(readFile))
    .addOption(option("--xds-cert <file>", "certificate shown to the xds-server", "MCP_MESH_XDS_CERT").argParser(readFile))
    .addOption(option("--xds-key <file>", "key of that certificate", "MCP_MESH_XDS_KEY").argParser(readFile))
    .addOption(option("--host <address>", "address to listen on", "MCP_MESH_BRIDGE_HOST").default("127.0.0.1"))
    .addOption(option("--port <port>", "port to listen on, 0 picks one", "MCP_MESH_BRIDGE_PORT").argParser(readPort).default(0))
    .addOption(option("--advertise <host:port>", "where Envoy reaches this worker; default: where it listens, or its address towards the xds-server where that is every address", "MCP_MESH_BRIDGE_ADVERTISE").argParser(readHostAndPort))
    .addOption(option("--worker-id <name>", "name of this worker, unique among all", "MCP_MESH_WORKER_ID").default(`bridge-${randomUUID()}`, "random"))
    .addOption(option("--log-level <level>", "how much is logged", "MCP_MESH_LOG_LEVEL").choices(logLevels).default("info"))
    .addOption(option("--max-request-bytes <bytes>", "the longest message taken from a client", "MCP_MESH_MAX_REQUEST_BYTES").argParser(readCount).default(10 * 1024 * 1024))
    .addOption(option("--drain-seconds <seconds>", "how long open requests may take when the bridge is to end", "MCP_MESH_BRIDGE_DRAIN_SECONDS").argParser(readSeconds).default(3))
    .addOption(option("--admin-port <port>", "port for /healthz and /metrics on the same address, 0 picks one", "MCP_MESH_BRIDGE_ADMIN_PORT").argParser(readPort))
    .addOption(option("--connect <host:port>", "serve one server, each of whose processes is begun by a connection to there; no xds-server is asked", "MCP_MESH_BRIDGE_CONNECT").argParser(readHostAndPort))
    .addOption(option("--server-id <id>", "with --connect: the path that it is served at", "MCP_MESH_BRIDGE_SERVER_ID").argParser(readServerId).default("mcp"))
    .addOption(option("--max-processes <number>", "with --connect: how many connections there may be at once", "MCP_MESH_BRIDGE_MAX_PROCESSES").argParser(readCount).default(32))
    .addOption(option("--exit-with-parent", "end when stdin closes", "MCP_MESH_EXIT_WITH_PARENT"));
  const flags = command.parse(process.argv).opts<Flags>();
  const { xdsCa: ca, xdsCert: cert, xdsKey: key } = flags;
  if (new Set([ca, cert, key].map((file) => file === undefined)).size > 1) {
    command.error("--xds-ca, --xds-cert and --xds-key belong together: give all three, or none", { exitCode: 2 });
  }
  return {
    xdsAddress: flags.xdsAddress,
    xdsTls: ca === undefined || cert === undefined || key === undefined ? undefined : { ca, cert, key },
    host: flags.host,
    port: flags.port,
    advertise: flags.advertise,
    worker: flags.workerId,
    logLevel: flags.logLevel,
    maxRequestBytes: flags.maxRequestBytes,
    drainMs: flags.drainSeconds * 1000,
    adminPort: flags.adminPort,
    connect: flags.connect === undefined ? undefined : { ...flags.connect, serverId: flags.serverId, maxProcesses: flags.maxProcesses },
    exitWithParent: flags.exitWithParent === true,
    inheritedEnv: readInheritedEnv(process.env),
  };
}

function option(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).env(variable);
}

function readInheritedEnv(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined || name.startsWith("MCP_MESH_") ? [] : [[name, value]])));
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InvalidArgumentError(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError(`port "${text}" is not in 0..65535`);
}

function readHostAndPort(text: string): { host: string; port: number } {
  const [, host, port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(text) ?? [];
  if (host === undefined || port === undefined) throw new InvalidArgumentError(`"${text}" is not host:port`);
  return { host, port: readPort(port) };
}

function readServerId(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) return text;
  throw new InvalidArgumentError(`"${text}" is not made of letters, digits, -, _ and .`);
}

function readCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError(`"${text}" is not a number of 1 or more`);
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text !== "" && seconds >= 0 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError(`"${text}" is not a number of seconds in 0..3600`);
}

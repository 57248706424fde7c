/** Starts the real system for a test: xds-server, bridge workers and Envoys as processes of their own, on free ports. */

import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { makeBootstrap } from "../../envoy/bootstrap.js";
import { findEnvoy } from "../../envoy/find-envoy.js";
import type { Certificate } from "../certificates.js";
import { projectRoot } from "../../protos/project-root.js";
import { ask, rpc } from "./ask.js";
import { Child, type ChildOptions } from "./child.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { startPortTap, type PortTap } from "./port-tap.js";
import { until } from "./until.js";

export type Entries = Readonly<Record<string, unknown>>;

export interface MeshOptions {
  readonly servers?: Entries;
  readonly gateway?: Entries;
  /** The gateway's port stands in the registry, where it can be changed, instead of the command line, which wins. */
  readonly portFromRegistry?: boolean;
  /** Envoys serve their statistics, as for Prometheus. */
  readonly metrics?: boolean;
  /** How many Envoys share the one xds-server. */
  readonly envoys?: number;
  readonly workers?: number;
  /** The registry is a folder; the harness writes one file of it. */
  readonly folder?: boolean;
  /** Default registry.yaml. */
  readonly registryName?: string;
  /** Instead of `servers` and `gateway`. */
  readonly registryText?: string;
  readonly startLimitMs?: number;
  /** Something to stand between the Envoys and the xds-server: its port, given the xds-server's. */
  readonly xdsThrough?: (xdsPort: number) => Promise<number>;
  /** The port of the one DNS server that Envoy asks. */
  readonly dnsPort?: number;
  /** For the xds-server. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of xds-server and bridges; default: debug. */
  readonly logLevel?: string;
  /** Envoy writes its access log, but nobody keeps it. */
  readonly isQuiet?: boolean;
  /** Envoy's worker threads. */
  readonly concurrency?: number;
  /** xDS over mutual TLS; the clients know the xds-server as localhost. */
  readonly xdsTls?: { readonly xdsServer: TlsFiles; readonly clients: TlsFiles };
}

export interface TlsFiles extends Certificate {
  readonly caFile: string;
}

type ProcessName = "xds-server" | `bridge-${number}` | `envoy-${number}`;

export async function startMesh(options: MeshOptions = {}): Promise<Mesh> {
  const mesh = new Mesh(options);
  try {
    await mesh.start();
  } catch (error) {
    const logs = mesh.logs();
    await mesh.stop();
    throw new Error(`the mesh did not start\n${logs}`, { cause: error });
  }
  return mesh;
}

export class Mesh {
  readonly #options: MeshOptions;
  readonly #children = new Map<ProcessName, { readonly options: ChildOptions; child: Child }>();
  #folder = "";
  #marker: Replica | undefined;
  #edits = 0;
  #gatewayPorts: number[] = [];
  #metricsPorts: readonly number[] = [];
  readonly #taps: PortTap[] = [];
  #adminPort = 0;
  #xdsPort = 0;
  #envoyPath = "";
  #xdsPortForEnvoy = 0;
  #servers: Entries;
  #gateway: Entries | undefined;

  constructor(options: MeshOptions) {
    this.#options = options;
    this.#servers = options.servers ?? {};
    this.#gateway = options.gateway;
  }

  /** Of the first Envoy. */
  get gatewayUrl(): string {
    return this.gatewayUrls[0] ?? "";
  }

  get gatewayUrls(): readonly string[] {
    const scheme = this.#gateway?.["tls"] === undefined ? "http" : "https";
    return this.#gatewayPorts.map((port) => `${scheme}://127.0.0.1:${port}`);
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.#adminPort}`;
  }

  /** Of the first Envoy. */
  get metricsUrl(): string {
    return `http://127.0.0.1:${this.#metricsPorts[0] ?? 0}`;
  }

  get xdsPort(): number {
    return this.#xdsPort;
  }

  get folder(): string {
    return this.#folder;
  }

  get registryFolder(): string {
    return join(this.#folder, "registry");
  }

  get registryPath(): string {
    return join(this.registryFolder, this.#options.registryName ?? "registry.yaml");
  }

  async start(): Promise<void> {
    const { envoys = 1, workers = 0, registryText, startLimitMs = 30_000 } = this.#options;
    this.#folder = await mkdtemp(join(tmpdir(), "mcp-mesh-e2e-"));
    await mkdir(this.registryFolder);
    this.#marker = await startReplica({ name: "marker" });
    const [xdsPort = 0, adminPort = 0, ...ports] = await freePorts(2 + envoys * 2);
    const gatewayPorts = ports.slice(0, envoys);
    if (this.#options.metrics === true) this.#metricsPorts = ports.slice(envoys);
    this.#adminPort = adminPort;
    this.#xdsPort = xdsPort;
    this.#gatewayPorts = gatewayPorts;
    const envoyAdmin = join(this.#folder, "envoy-1.sock");
    if (this.#options.portFromRegistry === true) this.#gateway = { ...this.#gateway, port: gatewayPorts[0] };
    if (registryText === undefined) await this.#write();
    else await this.writeRegistry(registryText);

    this.#spawn("xds-server", [process.execPath, join(projectRoot, "dist/xds-server/main.js")], {
      MCP_MESH_REGISTRY: this.#options.folder === true ? this.registryFolder : this.registryPath,
      MCP_MESH_HOST: "127.0.0.1",
      ...(this.#options.portFromRegistry === true ? {} : { MCP_MESH_PORT: String(gatewayPorts[0]) }),
      MCP_MESH_ADMIN_HOST: "127.0.0.1",
      MCP_MESH_ADMIN_PORT: String(adminPort),
      MCP_MESH_XDS_HOST: "127.0.0.1",
      MCP_MESH_XDS_PORT: String(xdsPort),
      MCP_MESH_ENVOY_ADMIN: envoyAdmin,
      MCP_MESH_BRIDGES_EXPECTED: String(workers),
      MCP_MESH_LOG_LEVEL: this.#options.logLevel ?? (registryText === undefined ? "debug" : "info"),
      MCP_MESH_EXIT_WITH_PARENT: "1",
      ...toTlsEnv(this.#options.xdsTls?.xdsServer),
      ...this.#options.env,
    });
    for (let worker = 1; worker <= workers; worker++) this.startBridge(worker, this.#options.xdsTls?.clients);
    const { path: envoyPath } = await findEnvoy({ env: process.env });
    this.#envoyPath = envoyPath;
    this.#xdsPortForEnvoy = (await this.#options.xdsThrough?.(xdsPort)) ?? xdsPort;
    for (let envoy = 1; envoy <= envoys; envoy++) await this.#startEnvoy(envoy, this.#options.xdsTls?.clients);

    await until("GET /readyz to be 200", async () => (await ask(this.adminUrl, "/readyz")).status === 200, startLimitMs);
    if (registryText === undefined) await this.#untilMarkerIsServed();
  }

  /** With a certificate of its own, or none: as a test of who is let in. */
  startBridge(worker: number, tls: TlsFiles | undefined): Child {
    return this.#spawn(`bridge-${worker}`, [process.execPath, join(projectRoot, "dist/stdio-bridge/main.js")], {
      MCP_MESH_XDS_ADDRESS: `${tls === undefined ? "127.0.0.1" : "localhost"}:${this.#xdsPort}`,
      MCP_MESH_WORKER_ID: `bridge-${worker}`,
      MCP_MESH_BRIDGE_PORT: "0",
      ...(this.#options.metrics === true ? { MCP_MESH_BRIDGE_ADMIN_PORT: "0" } : {}),
      MCP_MESH_LOG_LEVEL: this.#options.logLevel ?? "debug",
      MCP_MESH_EXIT_WITH_PARENT: "1",
      ...toTlsEnv(tls),
    });
  }

  /** The same for an Envoy, beside those that the mesh began with. */
  async addEnvoy(number: number, tls: TlsFiles | undefined): Promise<Child> {
    return this.#startEnvoy(number, tls, true);
  }

  async #startEnvoy(number: number, tls: TlsFiles | undefined, isStranger = false): Promise<Child> {
    const xdsServerPort = this.#xdsPortForEnvoy;
    const [firstPort = 0, ownPort = 0] = [this.#gatewayPorts[0], this.#gatewayPorts[number - 1]];
    // The first listens where the registry says, each further one on a port of its own.
    const tap = number === 1 || isStranger ? undefined : await startPortTap(xdsServerPort, firstPort, ownPort);
    if (tap !== undefined) this.#taps.push(tap);
    const xdsPort = tap?.port ?? xdsServerPort;
    const metricsPort = this.#metricsPorts[number - 1];
    const bootstrap = makeBootstrap({
      nodeId: `envoy-${number}`,
      cluster: "e2e",
      xdsHost: "127.0.0.1",
      xdsPort,
      ...(tls === undefined ? {} : { xdsTls: { ...tls, serverName: "localhost" } }),
      admin: { path: join(this.#folder, `envoy-${number}.sock`) },
      ...(metricsPort === undefined ? {} : { metrics: { host: "127.0.0.1", port: metricsPort } }),
      maxDownstreamConnections: 10_000,
      ...(this.#options.dnsPort === undefined ? {} : { dnsServers: [{ host: "127.0.0.1", port: this.#options.dnsPort }] }),
    });
    const path = join(this.#folder, `envoy-${number}.json`);
    await writeFile(path, JSON.stringify(bootstrap));
    const concurrency = String(this.#options.concurrency ?? 1);
    return this.#spawn(`envoy-${number}`, [this.#envoyPath, "-c", path, "--disable-hot-restart", "--concurrency", concurrency, "-l", "warning", "--drain-time-s", "2"], {}, this.#options.isQuiet === true);
  }

  #spawn(name: ProcessName, command: readonly [string, ...string[]], env: Readonly<Record<string, string>>, isQuiet = false): Child {
    const options = { name, command, env, cwd: this.#folder, isQuiet };
    const child = new Child(options);
    this.#children.set(name, { options, child });
    return child;
  }

  /** Replaces the entries and waits until every Envoy serves what they say. */
  async serve(servers: Entries, gateway: Entries | undefined = this.#gateway): Promise<void> {
    this.#servers = servers;
    this.#gateway = gateway;
    await this.#write();
    await this.#untilMarkerIsServed();
  }

  /** Adds or, with undefined, removes entries. */
  async change(servers: Entries): Promise<void> {
    const merged = Object.entries({ ...this.#servers, ...servers }).filter(([, entry]) => entry !== undefined);
    await this.serve(Object.fromEntries(merged));
  }

  /** Writes the registry's text as it is, by rename, and waits for nothing. */
  async writeRegistry(text: string): Promise<void> {
    const written = join(this.#folder, "registry.new");
    await writeFile(written, text);
    await rename(written, this.registryPath);
  }

  /** The registry's text as it stands, with the entry by which the harness sees that it is in force. */
  registryText(servers: Entries = this.#servers): string {
    this.#edits += 1;
    const marker = { [`e2e-marker-${this.#edits}`]: { type: "http", endpoint: this.#marker?.url, auth: "off" } };
    const registry = { ...(this.#gateway === undefined ? {} : { gateway: this.#gateway }), servers: { ...servers, ...marker } };
    return this.registryPath.endsWith(".json") ? JSON.stringify(registry) : stringify(registry);
  }

  async #write(): Promise<void> {
    await this.writeRegistry(this.registryText());
  }

  async #untilMarkerIsServed(): Promise<void> {
    const path = `/e2e-marker-${this.#edits}`;
    for (const url of this.gatewayUrls) await until(`${path} to be served at ${url}`, async () => (await ask(url, path)).status === 200);
  }

  /** The text that was written last is in force. */
  untilInForce(): Promise<void> {
    return this.#untilMarkerIsServed();
  }

  /** For stdio servers, whose route follows once a bridge has a process. */
  async untilServed(id: string): Promise<void> {
    const isServed = async (url: string): Promise<boolean> => {
      const { status } = await rpc(url, `/${id}`, "ping");
      return status !== 404 && status !== 503;
    };
    for (const url of this.gatewayUrls) await until(`${id} to be served at ${url}`, () => isServed(url), 30_000);
  }

  moveGateway(port: number): void {
    this.#gatewayPorts[0] = port;
  }

  async status(): Promise<Status> {
    // Tests read what they expect out of it; a wrong shape fails there.
    return JSON.parse((await ask(this.adminUrl, "/status")).body) as Status;
  }

  async envoyStats(filter: string, envoy = 1): Promise<ReadonlyMap<string, number>> {
    const text = await this.envoyAdmin(`/stats?filter=${encodeURIComponent(filter)}`, envoy);
    return new Map(text.trim().split("\n").filter((line) => /: \d+$/.test(line)).map((line) => [line.slice(0, line.lastIndexOf(":")), Number(line.slice(line.lastIndexOf(":") + 1))]));
  }

  async envoyAdmin(path: string, envoy = 1): Promise<string> {
    return (await ask("http://localhost:80", path, { socketPath: join(this.#folder, `envoy-${envoy}.sock`) })).body;
  }

  child(name: ProcessName): Child {
    const found = this.#children.get(name);
    if (found === undefined) throw new Error(`no process is called ${name}`);
    return found.child;
  }

  async kill(name: ProcessName, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.child(name).kill(signal);
  }

  /** Starts a process that has ended anew, on the same ports. */
  restart(name: ProcessName): void {
    const found = this.#children.get(name);
    if (found === undefined) throw new Error(`no process is called ${name}`);
    found.child = new Child(found.options);
  }

  logs(): string {
    // Envoy's warnings that an extension is young, once for each use, hide what matters.
    const tail = (log: string): string => log.split("\n").filter((line) => !line.includes("work-in-progress")).slice(-40).join("\n");
    return [...this.#children.values()].map(({ child }) => `──── ${child.name}\n${tail(child.log())}`).join("\n");
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#children.values()].map(({ child }) => child.stop()));
    for (const tap of this.#taps) await tap.stop();
    await this.#marker?.stop();
    if (this.#folder !== "") await rm(this.#folder, { recursive: true, force: true });
  }
}

function toTlsEnv(tls: TlsFiles | undefined): Readonly<Record<string, string>> {
  return tls === undefined ? {} : { MCP_MESH_XDS_CA: tls.caFile, MCP_MESH_XDS_CERT: tls.certFile, MCP_MESH_XDS_KEY: tls.keyFile };
}

/** Only what tests look at. */
export interface Status {
  readonly gateway: { readonly url: string } | null;
  readonly problems: readonly { readonly where: string; readonly what: string; readonly serverId?: string; readonly hint?: string }[];
  readonly [key: string]: unknown;
}

/** Held open together, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => resolve(server));
    })),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port); // A TCP server's address is never a string.
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

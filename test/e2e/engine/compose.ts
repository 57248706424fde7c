/** The containers of docker-compose.yaml, the very file that users get, under a project name and on a port of the tests' own. */

import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../../envoy/run-program.js";
import { projectRoot } from "../../../protos/project-root.js";
import { until } from "../until.js";

/** As `docker compose ps` has it. */
export interface Container {
  readonly name: string;
  readonly service: string;
  readonly state: string;
  readonly health: string;
}

export interface Inspected {
  readonly RestartCount: number;
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Health?: { readonly Status: string } };
  readonly Config: { readonly User: string; readonly Env: readonly string[]; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: { readonly ReadonlyRootfs: boolean; readonly CapDrop: readonly string[] | null; readonly SecurityOpt: readonly string[] | null; readonly Privileged: boolean; readonly Binds: readonly string[] | null };
  readonly Mounts: readonly { readonly Source: string; readonly Destination: string }[];
  readonly NetworkSettings: { readonly Ports: Readonly<Record<string, readonly unknown[] | null>> };
}

const buildLimitMs = 9 * 60_000;
const commandLimitMs = 3 * 60_000;

/** Skips the block, aloud, on a machine without an engine; `.ci/run` forbids that. */
export async function needEngine(context: Mocha.Context): Promise<void> {
  const version = await docker(["compose", "version", "--short"]).catch(() => undefined);
  const engine = version === undefined ? undefined : await docker(["version", "--format", "{{.Server.Version}}"]).catch(() => undefined);
  if (engine !== undefined) return;
  console.error("\n  SKIPPED: no Docker engine with compose answers (DOCKER_HOST, or the default socket)\n");
  context.skip();
}

export function docker(args: readonly string[], env: NodeJS.ProcessEnv = process.env, timeoutMs = commandLimitMs): Promise<string> {
  return run(args, env, timeoutMs);
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv, timeoutMs: number): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram("docker", args, { env, timeoutMs });
  if (exitCode !== 0) throw new Error(`docker ${args.join(" ")} ended with ${exitCode}:\n${(stderr + stdout).slice(-4_000)}`);
  return stdout;
}

export class Compose {
  readonly #project: string;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #files = [join(projectRoot, "docker-compose.yaml")];
  readonly gatewayUrl: string;
  readonly tlsUrl: string;
  readonly prometheusUrl: string;

  private constructor(folder: string, [gatewayPort, tlsPort, prometheusPort, grafanaPort]: readonly [number, number, number, number]) {
    this.#folder = folder;
    // Compose takes small letters and digits only.
    this.#project = `mcp-mesh-test-${process.pid}-${gatewayPort}`;
    this.gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
    this.tlsUrl = `https://127.0.0.1:${tlsPort}`;
    this.prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
    this.#env = { ...process.env, MCP_MESH_GATEWAY_PORT: String(gatewayPort), MCP_MESH_TLS_PORT: String(tlsPort), MCP_MESH_PROMETHEUS_PORT: String(prometheusPort), MCP_MESH_GRAFANA_PORT: String(grafanaPort), MCP_MESH_REGISTRY: this.registryFolder, MCP_MESH_CERTS: this.certificatesFolder };
  }

  /** With a copy of the demo's registry, which may be edited. */
  static async make(): Promise<Compose> {
    const folder = await mkdtemp(join(tmpdir(), "mcp-mesh-compose-"));
    const compose = new Compose(folder, [await freePort(), await freePort(), await freePort(), await freePort()]);
    await cp(join(projectRoot, "envoy/compose/registry"), compose.registryFolder, { recursive: true });
    return compose;
  }

  get registryFolder(): string {
    return join(this.#folder, "registry");
  }

  get registryFile(): string {
    return join(this.registryFolder, "registry.yaml");
  }

  get certificatesFolder(): string {
    return join(this.#folder, "certs");
  }

  /** A further compose file, as a user has a docker-compose.override.yaml. */
  addFile(path: string): void {
    this.#files.push(path);
  }

  build(): Promise<string> {
    return this.compose(["--profile", "*", "build", "--quiet"], buildLimitMs);
  }

  up(...args: readonly string[]): Promise<string> {
    return this.compose(["up", "--detach", "--wait", "--wait-timeout", "150", ...args]);
  }

  /** `docker compose` with our files and project. */
  compose(args: readonly string[], timeoutMs = commandLimitMs): Promise<string> {
    const files = this.#files.flatMap((file) => ["--file", file]);
    return run(["compose", "--project-directory", projectRoot, "--project-name", this.#project, ...files, ...args], this.#env, timeoutMs);
  }

  /** Those that have ended too. */
  async containers(): Promise<readonly Container[]> {
    const text = await this.compose(["--profile", "*", "ps", "--all", "--format", "json"]);
    return text.split("\n").filter((line) => line !== "").map((line) => {
      const { Name, Service, State, Health } = JSON.parse(line) as { readonly Name: string; readonly Service: string; readonly State: string; readonly Health: string };
      return { name: Name, service: Service, state: State, health: Health };
    });
  }

  async inspect(container: string): Promise<Inspected> {
    const [inspected] = JSON.parse(await docker(["inspect", container])) as readonly Inspected[];
    if (inspected === undefined) throw new Error(`no container ${container}`);
    return inspected;
  }

  /** Kills the program in a container with SIGKILL, waits until it runs again in good health, and tells how often it has been started again. */
  async kill(container: string): Promise<void> {
    const before = (await this.inspect(container)).RestartCount;
    // The init process cannot be killed from inside; what it runs can.
    await docker(["exec", container, "sh", "-c", "kill -9 $(cut -d' ' -f1 /proc/1/task/1/children)"]);
    await until(`${container} to be back`, async () => {
      const { RestartCount, State } = await this.inspect(container);
      return RestartCount > before && State.Health?.Status === "healthy";
    }, 60_000);
  }

  logs(service: string): Promise<string> {
    return this.compose(["--profile", "*", "logs", "--no-color", service]);
  }

  async down(): Promise<void> {
    await this.compose(["--profile", "*", "down", "--volumes", "--remove-orphans"]);
  }

  async stop(): Promise<void> {
    await this.down();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const listening = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listening.once("listening", resolve));
  // It listens on TCP.
  const { port } = listening.address() as AddressInfo;
  await new Promise((resolve) => listening.close(resolve));
  return port;
}

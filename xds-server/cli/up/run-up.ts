/** The life of `mcp-mesh up`: makes everything ready, starts the children, watches, and ends them. */

import { createRequire } from "node:module";
import { makeBootstrap } from "../../../envoy/bootstrap.js";
import { EnvoyError } from "../../../envoy/envoy-error.js";
import { findEnvoy } from "../../../envoy/find-envoy.js";
import { runProgram } from "../../../envoy/run-program.js";
import { projectRoot } from "../../../protos/project-root.js";
import { paintFor, print, toCount } from "../output.js";
import type { UpOptions } from "../up-options.js";
import { ChildGroup } from "./child-group.js";
import { isDull, toLogLine } from "./log-line.js";
import { endOnSignals } from "./ending.js";
import { toChildSpecs, type ChildSpec, type Demo } from "./plan.js";
import { settlePorts } from "./ports.js";
import { chooseRegistry, userFolder, type RegistryChoice } from "./registry-choice.js";
import { makeRunFolder, RunFolderError, type RunFolder } from "./run-folder.js";
import type { ChildEvents } from "./supervised-child.js";
import { toWantedPorts } from "./wanted-ports.js";
import { watchMesh } from "./watch-mesh.js";

const demoReplicas = 3;
const loopback = "127.0.0.1";
const paint = paintFor(process.stdout);
const logPaint = paintFor(process.stderr);

/** Gives the exit code. */
export async function runUp(options: UpOptions): Promise<number> {
  const stop = new AbortController();
  const open: { children?: ChildGroup; folder?: RunFolder } = {};
  // However this process ends, and unless it is killed, nothing of it stays.
  process.on("exit", () => {
    open.children?.kill();
    open.folder?.remove();
  });
  endOnSignals(stop);

  const prepared = await prepare(options, stop.signal);
  if (stop.signal.aborted) return 0;
  if (prepared.kind === "impossible") {
    for (const problem of prepared.problems) complain(problem);
    return 1;
  }
  const folder = openFolder(prepared.toBootstrap);
  if (folder === undefined) return 1;
  const { adminUrl, isDemo, specs } = prepared.toRun((open.folder = folder));
  print(`starting ${describe(specs)}`);
  const life = { isReady: false, hasFailed: false };
  const children = (open.children = new ChildGroup(toEvents(options, stop, life)));
  children.start(specs.filter((spec) => !needsXdsServer(spec)));
  await watchMesh({
    adminUrl,
    isDemo,
    paint,
    stop: stop.signal,
    // Earlier they would only tell that nobody is there yet.
    onAnswer: () => children.start(specs.filter(needsXdsServer)),
    onReady: () => (life.isReady = true),
  });
  print("ending");
  await children.stop();
  return life.hasFailed ? 1 : 0;
}

/** Undefined: it cannot be made, and the user has been told why. */
function openFolder(toBootstrap: (envoyAdminSocket: string) => string): RunFolder | undefined {
  try {
    return makeRunFolder(toBootstrap);
  } catch (error) {
    if (!(error instanceof RunFolderError)) throw error;
    complain(error.message);
    return undefined;
  }
}

function needsXdsServer({ role }: ChildSpec): boolean {
  return role === "bridge" || role === "envoy";
}

type Prepared =
  | { readonly kind: "possible"; readonly toBootstrap: (envoyAdminSocket: string) => string; readonly toRun: (folder: RunFolder) => Run }
  | { readonly kind: "impossible"; readonly problems: readonly string[] };

interface Run { readonly adminUrl: string; readonly isDemo: boolean; readonly specs: readonly ChildSpec[] }

/** Everything that can be known to be wrong before anything is started. */
async function prepare(options: UpOptions, stop: AbortSignal): Promise<Prepared> {
  if (process.platform === "win32") return { kind: "impossible", problems: ["mcp-mesh up needs Linux or macOS; on Windows run it in WSL"] };
  const registry = chooseRegistry(options.registry ?? [], userFolder(process.env, process.cwd()), projectRoot);
  const demoProgram = registry.isDemo ? findDemoProgram() : undefined;
  const demoPorts = Array.from({ length: demoProgram === undefined ? 0 : demoReplicas }, () => ({ host: loopback, port: 0, what: "the demo", flag: "--registry" }));
  const settled = await settlePorts([...toWantedPorts(options, registry), ...demoPorts]);
  const problems = [...registry.problems, ...settled.problems];
  if (problems.length > 0) return { kind: "impossible", problems };

  const envoy = await findEnvoy({ env: process.env, onProgress: print, stop }).catch(envoyProblem);
  if (envoy instanceof EnvoyError) return { kind: "impossible", problems: [envoy.message] };
  print(paint.dim(`Envoy ${envoy.version} from ${envoy.from === "cache" ? "the cache" : envoy.from} (${envoy.path})`));
  print(paint.dim(`registry ${registry.paths.join(", ")}${registry.isDemo ? " (the demo's)" : ""}`));

  // There are as many ports as were wanted.
  const [adminPort = 0, xdsPort = 0, gatewayPort = 0, ...freePorts] = settled.ports;
  const demo = demoProgram === undefined ? undefined : { program: demoProgram, ports: freePorts };
  const input = { options, registry, envoyPath: envoy.path, adminPort, xdsPort, gatewayPort, demo };
  const maxDownstreamConnections = await maxConnections();
  const toBootstrap = (path: string): string => JSON.stringify(makeBootstrap({ nodeId: "envoy-1", cluster: "mcp-mesh", xdsHost: loopback, xdsPort, admin: { path }, maxDownstreamConnections }), undefined, 2);
  return { kind: "possible", toBootstrap, toRun: (folder) => toRun({ ...input, folder }) };
}

interface RunInput {
  readonly options: UpOptions;
  readonly registry: RegistryChoice;
  readonly envoyPath: string;
  readonly adminPort: number;
  readonly xdsPort: number;
  readonly gatewayPort: number;
  readonly demo: Demo | undefined;
  readonly folder: RunFolder;
}

function toRun(input: RunInput): Run {
  const { options, registry, envoyPath, adminPort, xdsPort, gatewayPort, demo, folder } = input;
  const specs = toChildSpecs({
    projectRoot,
    node: process.execPath,
    envoy: envoyPath,
    bootstrapFile: folder.bootstrapFile,
    envoyAdminSocket: folder.envoyAdminSocket,
    runFolder: folder.path,
    registryPaths: registry.paths,
    sessionKeyFile: folder.sessionKeyFile,
    gatewayHost: options.host,
    // What the registry says it may also say anew, while all runs; a flag holds.
    gatewayPort: options.port === undefined ? undefined : gatewayPort,
    adminPort,
    xdsPort,
    workers: options.workers,
    logLevel: options.logLevel,
    kubernetes: options,
    demo,
    env: process.env,
  });
  return { adminUrl: `http://${loopback}:${adminPort}`, isDemo: registry.isDemo, specs };
}

/** A client's connection may need one upstream as well, and some files are for Envoy itself. */
async function maxConnections(): Promise<number> {
  // Children inherit the limit: the shell sees what Envoy will have.
  const { stdout } = await runProgram("/bin/sh", ["-c", "ulimit -n"], { env: process.env, timeoutMs: 5_000 });
  const files = Number(stdout.trim());
  return Number.isInteger(files) ? Math.max(100, Math.floor(files * 0.4)) : 50_000;
}

/** The demo's HTTP server is a development package; a registry of one's own does without. */
function findDemoProgram(): string {
  return createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/dist/index.js");
}

function toEvents({ logLevel }: UpOptions, stop: AbortController, life: { readonly isReady: boolean; hasFailed: boolean }): ChildEvents {
  const isDebugging = logLevel === "debug" || logLevel === "trace";
  return {
    onLine(spec, line) {
      // What is said in passing while everything ends is of no use, and a chatty child's talk of little.
      if (line !== "" && (isDebugging || (!stop.signal.aborted && !spec.isChatty && !isDull(line)))) process.stderr.write(`${toLogLine(spec.name, line, logPaint)}\n`);
    },
    onRestart: (spec, how, afterMs) => print(paint.yellow(`${spec.name} ${how}; starting it again${afterMs > 500 ? ` in ${afterMs / 1000} s` : ""}`)),
    onGiveUp(spec, how, lastLines) {
      life.hasFailed = true;
      if (spec.isChatty) for (const line of lastLines) process.stderr.write(`${toLogLine(spec.name, line, logPaint)}\n`);
      complain(`${spec.name} ${how} before the mesh was ready${lastLines.length > 0 ? "; its last lines are above" : ""}`);
      stop.abort();
    },
    hasBeenReady: () => life.isReady,
  };
}

function describe(specs: readonly ChildSpec[]): string {
  const count = (role: ChildSpec["role"]): number => specs.filter((spec) => spec.role === role).length;
  const demo = count("demo");
  return ["the xds-server", toCount(count("bridge"), "stdio-bridge worker"), "Envoy", ...(demo === 0 ? [] : [toCount(demo, "demo server")])].join(", ");
}

function envoyProblem(error: unknown): EnvoyError {
  if (error instanceof EnvoyError) return error;
  throw error;
}

function complain(what: string): void {
  process.stderr.write(`${logPaint.red("error")}  ${what}\n`);
}

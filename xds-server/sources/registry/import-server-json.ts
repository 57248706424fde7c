/** A `server.json` of the MCP registry (packages and remotes) → registry entries that can be written down. */

import { z } from "zod";
import type { Checked, Problem } from "../../model/model.js";
import { freeId, type ImportedEntries } from "./import-client-configuration.js";
import { readJson } from "./json-node.js";
import { toProblem } from "./registry-file.js";
import { TextPlaces } from "./text-place.js";

/** What the file means, whatever else later revisions of its format may add. */
const plainInput = z.looseObject({
  description: z.string().optional(),
  value: z.string().optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  isRequired: z.boolean().optional(),
});
/** `variables`: what the names in braces within the value stand for. */
const input = z.looseObject({ ...plainInput.shape, variables: z.record(z.string(), plainInput).optional() });
const keyValue = z.looseObject({ ...input.shape, name: z.string() });
const argument = z.looseObject({ ...input.shape, type: z.string().optional(), name: z.string().optional(), valueHint: z.string().optional() });
const transport = z.looseObject({ type: z.string(), url: z.string().optional(), headers: z.array(keyValue).optional(), variables: z.record(z.string(), plainInput).optional() });
const packageSchema = z.looseObject({
  registryType: z.string(),
  identifier: z.string(),
  version: z.string().optional(),
  runtimeHint: z.string().optional(),
  transport: transport.optional(),
  runtimeArguments: z.array(argument).optional(),
  packageArguments: z.array(argument).optional(),
  environmentVariables: z.array(keyValue).optional(),
});
const serverJson = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  version: z.string().optional(),
  packages: z.array(packageSchema).optional(),
  remotes: z.array(transport).optional(),
});

type Package = z.output<typeof packageSchema>;
type Entry = Readonly<Record<string, unknown>>;

/** The first way to reach the server is enabled; the others are there to choose from. */
export function importServerJson(text: string, fileName: string): Checked<ImportedEntries> {
  const problems: Problem[] = [];
  const warn = (what: string, hint: string): void => void problems.push({ severity: "warning", where: fileName, what, hint });
  const fail = (what: string, hint: string): Checked<ImportedEntries> => ({ value: {}, problems: [...problems, { severity: "error", where: fileName, what, hint }] });

  const { faults } = readJson(text);
  if (faults.length > 0) return { value: {}, problems: faults.map((fault) => toProblem(fault, fileName, new TextPlaces(text))) };
  const read = serverJson.safeParse(unwrapped(JSON.parse(text)));
  if (!read.success) return fail(`not a server.json: ${read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}`, "it has a name, and packages or remotes");
  const { name, description, packages = [], remotes = [] } = read.data;

  const variables = new Map<string, string>();
  const ask: Ask = (variable, why) => {
    variables.set(variable, why);
    return `\${${variable}}`;
  };
  const made: { readonly suffix: string; readonly entry: Entry }[] = [];
  for (const remote of remotes) {
    const entry = remoteEntry(remote, ask);
    if (entry === undefined) warn(`a remote of type ${remote.type} cannot be reached through the gateway`, "it is left out");
    else made.push({ suffix: remote.type, entry });
  }
  for (const one of packages) {
    const result = packageEntry(one, ask);
    if (typeof result === "string") warn(result, "it is left out");
    else made.push({ suffix: one.registryType, entry: result });
  }
  if (made.length === 0) return fail("nothing in it can be served", "it has neither remotes nor packages that can be run");

  const id = freeId(name.replace(/^.*\//, ""), {}) ?? "server";
  const entries: Record<string, Entry> = {};
  made.forEach(({ suffix, entry }, index) => {
    const about = description === undefined ? {} : { description };
    const own = index === 0 ? id : freeId(`${id}-${suffix}`, entries) ?? id;
    entries[own] = { ...about, ...(index === 0 ? {} : { enabled: false }), ...entry };
  });
  if (made.length > 1) warn(`there are ${made.length} ways to reach it: ${Object.keys(entries).join(", ")}`, `only ${id} is enabled; choose another by its enabled field`);
  for (const [variable, why] of variables) warn(`it needs a value: ${why}`, `set the environment variable ${variable} where the xds-server is started`);
  return { value: entries, problems };
}

/** The MCP registry's API answers with the file inside an envelope. */
export function unwrapped(content: unknown): unknown {
  return typeof content === "object" && content !== null && "server" in content ? content.server : content;
}

/** Puts a variable where somebody has to give a value, and remembers what for. */
type Ask = (variable: string, why: string) => string;

function remoteEntry({ type, url, headers = [], variables }: z.output<typeof transport>, ask: Ask): Entry | undefined {
  if (url === undefined || type !== "streamable-http" && type !== "sse" && type !== "http") return undefined;
  const endpoint = filledIn(url, variables, url, ask);
  const given = headers.flatMap((header): readonly (readonly [string, string])[] => {
    const value = valueOf(header, header.name, `the header ${header.name}`, ask);
    return value === undefined ? [] : [[header.name, value]];
  });
  return { type: type === "sse" ? "sse" : "http", endpoint, ...(given.length === 0 ? {} : { headers: Object.fromEntries(given) }) };
}

function packageEntry(one: Package, ask: Ask): Entry | string {
  const { identifier, registryType } = one;
  if (one.transport !== undefined && one.transport.type !== "stdio") {
    return `the package ${identifier} speaks ${one.transport.type}: start it yourself and add its endpoint as an http server`;
  }
  const environment = (one.environmentVariables ?? []).flatMap((variable): readonly (readonly [string, string])[] => {
    const value = valueOf(variable, variable.name, `the variable ${variable.name} of ${identifier}`, ask);
    return value === undefined ? [] : [[variable.name, value]];
  });
  const runtime = (one.runtimeArguments ?? []).flatMap((part) => argumentsOf(part, identifier, ask));
  const after = (one.packageArguments ?? []).flatMap((part) => argumentsOf(part, identifier, ask));
  const start = startOf(one, environment.map(([variable]) => variable), runtime);
  if (start === undefined) return `a package of type ${registryType} (${identifier}) cannot be run from here`;
  return { type: "stdio", cmd: [...start, ...after], ...(environment.length === 0 ? {} : { env_vars: Object.fromEntries(environment) }) };
}

function startOf({ registryType, identifier, version, runtimeHint }: Package, variables: readonly string[], runtime: readonly string[]): readonly string[] | undefined {
  const versioned = version === undefined || version === "latest" ? identifier : `${identifier}@${version}`;
  switch (registryType) {
    case "npm": return [runtimeHint ?? "npx", ...has(runtime, "-y", "--yes") || runtimeHint !== undefined && runtimeHint !== "npx" ? [] : ["-y"], ...runtime, versioned];
    case "pypi": return [runtimeHint ?? "uvx", ...runtime, versioned];
    case "nuget": return [runtimeHint ?? "dnx", ...runtime, versioned, ...has(runtime, "--yes") ? [] : ["--yes"]];
    case "oci": {
      const image = version === undefined || /[:@][^/]*$/.test(identifier) ? identifier : `${identifier}:${version}`;
      const run = has(runtime, "run") ? runtime : ["run", "-i", "--rm", ...runtime];
      // Docker hands only those variables on that it is told of.
      return [runtimeHint ?? "docker", ...run, ...variables.flatMap((name) => has(runtime, name) ? [] : ["-e", name]), image];
    }
    default: return undefined;
  }
}

function has(list: readonly string[], ...wanted: readonly string[]): boolean {
  return wanted.some((one) => list.includes(one));
}

function argumentsOf(part: z.output<typeof argument>, identifier: string, ask: Ask): readonly string[] {
  const label = part.name ?? part.valueHint ?? "an argument";
  const value = valueOf(part, label, `${label} of ${identifier}`, ask);
  if (part.type !== "named" || part.name === undefined) return value === undefined ? [] : [value];
  if (value !== undefined && value !== "") return [part.name, value];
  return part.isRequired === true || part.value === "" ? [part.name] : [];
}

/** A value that is given or has a default is written down; a needed one becomes a variable; others are left out. */
function valueOf(given: z.output<typeof input>, name: string, why: string, ask: Ask): string | undefined {
  const fixed = given.value ?? (given.default === undefined ? undefined : String(given.default));
  if (fixed !== undefined) return filledIn(fixed, given.variables, why, ask);
  return given.isRequired === true ? ask(variableName(name), why) : undefined;
}

function filledIn(text: string, variables: z.output<typeof input>["variables"], why: string, ask: Ask): string {
  return text.replace(/\{([\w.-]+)\}/g, (_, name: string) => {
    const { value, default: usual } = variables?.[name] ?? {};
    return value ?? (usual === undefined ? ask(variableName(name), `${name} in ${why}`) : String(usual));
  });
}

function variableName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "").toUpperCase();
  return /^[A-Z]/.test(plain) ? plain : `_${plain}`;
}

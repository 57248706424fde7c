/** The configuration of an MCP client (`mcpServers`, or VS Code's `servers` with `inputs`) → registry entries that can be written down. */

import type { Checked, Problem } from "../../model/model.js";
import { fromClientEntry } from "./client-entry.js";
import { kindOfEntry } from "./entry-kind.js";
import { variableOfInput } from "./expansion.js";
import { toProblem } from "./registry-file.js";
import { languageOf, readRegistryText } from "./registry-text.js";
import { memberOf, type Finding, type MapNode, type RegistryNode } from "./registry-node.js";
import { refuseId, toId } from "./server-id.js";
import { TextPlaces } from "./text-place.js";

/** Entries by id, as they would stand below `servers:`. Nothing is filled in: secrets stay where they are. */
export type ImportedEntries = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function importClientConfiguration(text: string, fileName: string): Checked<ImportedEntries> {
  const places = new TextPlaces(text);
  const problems: Problem[] = [];
  const note = (finding: Finding, id?: string): void => void problems.push(toProblem(finding, fileName, places, id));
  const read = readRegistryText(text, languageOf(fileName, text), new Map());
  if ("faults" in read) {
    read.faults.forEach((fault) => note(fault));
    return { value: {}, problems };
  }
  const entries: Record<string, Readonly<Record<string, unknown>>> = {};
  const inputs = new Set<string>();
  for (const { pieces } of read.content.servers) {
    for (const { name, start, reading: { node, keyOffset } } of pieces) {
      const offset = start + keyOffset;
      const id = freeId(name, entries);
      if (name === "mcp" && node.kind === "map" && memberOf(node, "servers") !== undefined) {
        note({ severity: "error", offset, what: '"mcp" is a section of VS Code\'s settings', hint: "save what is below it as a file of its own, and import that" });
        continue;
      }
      if (node.kind !== "map" || id === undefined) {
        note({ severity: "error", offset, what: node.kind === "map" ? `the name ${JSON.stringify(name)} holds nothing that an id can be made of` : `"${name}" holds no fields`, hint: "it is left out" });
        continue;
      }
      if (id !== name) note({ severity: "warning", offset, what: `${JSON.stringify(name)} is called ${id} here`, hint: "an id is the first part of a URL's path" }, id);
      const { node: entry, findings } = fromClientEntry(node);
      for (const finding of findings) note({ ...finding, offset: finding.offset + start }, id);
      for (const folder of foldersOf(entry)) note({ severity: "warning", offset: folder.offset + start, what: `${folder.name} is the folder that the client has open`, hint: "write that folder in its place" }, id);
      const { kind, complaints } = kindOfEntry(entry);
      if (kind !== "http" && kind !== "stdio" || complaints.length > 0) {
        note({ severity: "error", offset, what: `"${name}" is neither a command nor a URL`, hint: "it is left out" });
        continue;
      }
      entries[id] = kind === "http" ? httpEntry(entry, inputs) : stdioEntry(entry, inputs);
    }
  }
  for (const id of inputs) note({ severity: "warning", offset: 0, what: `VS Code asks its user for ${id}`, hint: `set the environment variable ${variableOfInput(id)} where the xds-server is started` });
  if (Object.keys(entries).length === 0 && problems.length === 0) note({ severity: "error", offset: 0, what: "there are no servers in it", hint: 'a client configuration has {"mcpServers": {…}}' });
  return { value: entries, problems };
}

/** Where an editor fills in the folder that it has open. */
function foldersOf(node: RegistryNode): readonly { readonly name: string; readonly offset: number }[] {
  switch (node.kind) {
    case "map": return node.members.flatMap((member) => foldersOf(member.node));
    case "list": return node.items.flatMap(foldersOf);
    case "scalar": {
      const name = typeof node.value === "string" ? /\$\{workspaceFolder\w*\}/.exec(node.value)?.[0] : undefined;
      return name === undefined ? [] : [{ name, offset: node.offset }];
    }
    case "unreadable": return [];
  }
}

/** The name as an id, told from those that are taken already. */
export function freeId(name: string, taken: object): string | undefined {
  const id = refuseId(name) === undefined ? name : toId(name);
  if (id === "") return undefined;
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? id : `${id}-${number}`;
    if (!Object.hasOwn(taken, candidate)) return candidate;
  }
}

function httpEntry(entry: MapNode, inputs: Set<string>): Readonly<Record<string, unknown>> {
  const { type, url, endpoint, ...others } = plainFields(entry, inputs);
  return { type: type === "sse" ? "sse" : "http", endpoint: endpoint ?? url, ...others };
}

function stdioEntry(entry: MapNode, inputs: Set<string>): Readonly<Record<string, unknown>> {
  const { type: _type, cmd, command = cmd, args, env, env_vars: variables = env, ...others } = plainFields(entry, inputs);
  const program = Array.isArray(command) ? command : [command];
  return { type: "stdio", cmd: [...program, ...Array.isArray(args) ? args : []], ...others, ...(isEmpty(variables) ? {} : { env_vars: variables }) };
}

function isEmpty(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function plainFields(entry: MapNode, inputs: Set<string>): Record<string, unknown> {
  const enabled = memberOf(entry, "enabled")?.node;
  const isAsAlways = enabled?.kind === "scalar" && enabled.value === true;
  return Object.fromEntries(entry.members.filter(({ key }) => !(key === "enabled" && isAsAlways)).map(({ key, node }) => [key, asWritten(node, inputs)]));
}

/** VS Code's `${input:id}` and `${env:NAME}` become the variables that they are read from here. */
function asWritten(node: RegistryNode, inputs: Set<string>): unknown {
  switch (node.kind) {
    case "map": return Object.fromEntries(node.members.map(({ key, node: value }) => [key, asWritten(value, inputs)]));
    case "list": return node.items.map((item) => asWritten(item, inputs));
    case "unreadable": return null;
    case "scalar": {
      if (typeof node.value !== "string") return node.value;
      return node.value.replace(/\$\{(input|env):([\w.-]+)\}/g, (_, source: string, name: string) => {
        if (source === "env") return `\${${name}}`;
        inputs.add(name);
        return `\${${variableOfInput(name)}}`;
      });
    }
  }
}

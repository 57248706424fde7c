/** YAML text → nodes with positions, by the `yaml` package. */

import { isAlias, isScalar, isSeq, parseAllDocuments, type Document, type Pair, type ParsedNode, type Scalar } from "yaml";
import { scalarAsWritten, type Finding, type Member, type RegistryNode } from "./registry-node.js";

export interface YamlText {
  /** Absent: the text says nothing, or cannot be parsed. */
  readonly node?: RegistryNode;
  readonly faults: readonly Finding[];
  /** Its meaning may depend on text elsewhere in the same document. */
  readonly hasAlias: boolean;
}

/** More nodes than this come from aliases of aliases, made to fill the memory. */
const maxNodes = 2_000_000;

/** Brackets within brackets, at the most: no registry comes near, and the parser recurses. */
const maxBrackets = 500;

export function readYaml(text: string): YamlText {
  if (isTooDeep(text)) return { faults: [{ severity: "error", offset: 0, what: "not valid YAML: nested too deeply", hint: "a registry needs a few levels: look for a bracket that is never closed" }], hasAlias: false };
  const parsed = parse(text);
  if ("faults" in parsed) return { faults: parsed.faults, hasAlias: false };
  const { document } = parsed;
  const faults = document.errors.map((error): Finding => ({
    severity: "error", offset: error.pos[0], what: `not valid YAML: ${sentence(error.message)}`, hint: hintFor(error.code),
  }));
  if (faults.length > 0 || document.contents === null) return { faults, hasAlias: false };
  const reading: Reading = { anchors: new Map(), anchorsOpen: new Set(), nodes: 0, hasAlias: false };
  const node = toNode(document.contents, reading);
  return { node, faults: [], hasAlias: reading.hasAlias };
}

interface Reading {
  /** The last definition of each name so far, in the order of the text. */
  readonly anchors: Map<string, ParsedNode>;
  readonly anchorsOpen: Set<ParsedNode>;
  nodes: number;
  hasAlias: boolean;
}

function parse(text: string): { readonly document: Document.Parsed } | { readonly faults: readonly Finding[] } {
  try {
    // Duplicate keys are ours to report, with both places; `prettyErrors` would look up lines that we know better.
    const documents = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
    if (!Array.isArray(documents) || documents.length === 0) return { faults: [] };
    const [document, second] = documents;
    if (second !== undefined) {
      return { faults: [{ severity: "error", offset: second.range[0], what: "a second YAML document begins here", hint: "a registry file is one document: put the rest into a file of its own" }] };
    }
    return document === undefined ? { faults: [] } : { document };
  } catch (error) {
    // The parser recurses: text made of brackets alone exhausts its stack.
    if (error instanceof RangeError) return { faults: [{ severity: "error", offset: 0, what: "not valid YAML: nested too deeply", hint: "a registry needs a few levels: look for a bracket that is never closed" }] };
    throw error;
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    if (depth > maxBrackets) return true;
  }
  return false;
}

function toNode(parsed: ParsedNode | null, reading: Reading): RegistryNode {
  if (parsed === null) return { kind: "scalar", value: null, offset: 0 };
  const offset = parsed.range[0];
  if (++reading.nodes > maxNodes) return unreadable(offset, "has too many values behind aliases", "write the values out");
  if (isAlias(parsed)) {
    reading.hasAlias = true;
    const target = reading.anchors.get(parsed.source);
    if (target === undefined) return unreadable(offset, `there is no anchor &${parsed.source} before this alias`, "put a value that begins with * into quotes");
    if (reading.anchorsOpen.has(target)) return unreadable(offset, `alias *${parsed.source} contains itself`, "write the value out");
    reading.anchorsOpen.add(target);
    const node = toNode(target, reading);
    reading.anchorsOpen.delete(target);
    return node;
  }
  // What lies behind an alias was defined where it was written, not again here.
  if (parsed.anchor !== undefined && reading.anchorsOpen.size === 0) reading.anchors.set(parsed.anchor, parsed);
  if (parsed.tag !== undefined && !parsed.tag.startsWith("tag:yaml.org,2002:")) {
    return unreadable(offset, `the tag ${parsed.tag} means nothing here`, "remove the tag; secrets are written ${ENV} or ${file:/path}");
  }
  if (isScalar(parsed)) return { kind: "scalar", value: valueOf(parsed), offset };
  if (isSeq(parsed)) return { kind: "list", items: parsed.items.map((item) => toNode(item as ParsedNode | null, reading)), offset };
  return { kind: "map", members: membersOf(parsed.items as readonly Pair<ParsedNode, ParsedNode | null>[], reading), offset };
}

function membersOf(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], reading: Reading): readonly Member[] {
  const members: Member[] = [];
  const merged: Member[] = [];
  for (const { key, value } of pairs) {
    const keyOffset = key.range[0];
    if (!isScalar(key)) {
      // `port: {{port}}` is a map with a map as its key: what was meant is a placeholder.
      const node = unreadable(keyOffset, "a map or list cannot be a key", 'put a placeholder into quotes: "{{name}}"');
      members.push({ key: "{…}", keyOffset, node });
    } else if (key.value === "<<" && key.type === "PLAIN") {
      merged.push(...mergedMembers(toNode(value, reading), keyOffset));
    } else {
      const node = value === null ? { kind: "scalar" as const, value: null, offset: keyOffset } : toNode(value, reading);
      members.push({ key: typeof key.value === "string" ? key.value : key.source ?? "", keyOffset, node });
    }
  }
  const own = new Set(members.map((member) => member.key));
  for (const member of merged) {
    if (own.has(member.key)) continue;
    own.add(member.key);
    members.push(member);
  }
  return members;
}

function mergedMembers(node: RegistryNode, keyOffset: number): readonly Member[] {
  if (node.kind === "map") return node.members;
  if (node.kind === "list" && node.items.every((item) => item.kind === "map")) return node.items.flatMap((item) => mergedMembers(item, keyOffset));
  return [{ key: "<<", keyOffset, node: unreadable(keyOffset, "<< can only merge a map or a list of maps", "let it name the anchor of a map, for example <<: *defaults") }];
}

function valueOf(scalar: Scalar.Parsed): ReturnType<typeof scalarAsWritten> {
  return scalarAsWritten(scalar.value, scalar.source);
}

function unreadable(offset: number, what: string, hint: string): RegistryNode {
  return { kind: "unreadable", offset, what, hint };
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function hintFor(code: string): string {
  switch (code) {
    case "TAB_AS_INDENT": return "indent with spaces";
    case "BAD_INDENT": return "line the fields of an entry up under each other";
    case "MISSING_CHAR": return "a field is `name: value`; brackets and quotes are closed on the way";
    case "BLOCK_AS_IMPLICIT_KEY": return "put a value that holds `: ` into quotes";
    case "BAD_ALIAS": return "put a value that begins with * into quotes";
    case "BAD_SCALAR_START": return "put a value that begins with @, ` or % into quotes";
    default: return "until it can be parsed, the file keeps what it said before";
  }
}

/** The text of one registry file → the pieces it is made of: servers, templates, gateway; each parsed once for each text. */

import { splitMembers, skipBlank, type JsonBlock } from "./json-blocks.js";
import { readJson } from "./json-node.js";
import { nothingRead, PieceReading, type Piece } from "./piece.js";
import { didYouMean } from "./did-you-mean.js";
import { readPlainYaml } from "./plain-yaml.js";
import { splitBlocks, type Block } from "./yaml-blocks.js";
import { readYaml } from "./yaml-node.js";
import type { Finding, MapNode, RegistryNode } from "./registry-node.js";

/** Readings by the text that they were read from. */
export type Readings = ReadonlyMap<string, PieceReading>;

export interface ServerPieces {
  readonly pieces: readonly Piece[];
  /** From `mcpServers`, or from VS Code's `servers` with `inputs`: fields have the names that clients give them. */
  readonly areClientEntries: boolean;
}

export interface FileContent {
  readonly servers: readonly ServerPieces[];
  readonly templates: readonly Piece[];
  readonly gateway?: Piece;
  /** Nothing at all is said, not even that there are no servers. */
  readonly isEmpty: boolean;
  /** With offsets in the file. */
  readonly findings: readonly Finding[];
  readonly readings: Readings;
}

export type Language = "yaml" | "json";

/** The faults are of the text as a whole: nothing of it can be used. */
export type RegistryText = { readonly content: FileContent } | { readonly faults: readonly Finding[] };

/** Cutting makes larger files possible; what has to be parsed in one go must not hold everything else up for seconds. */
const maxParsedCharacters = 4 * 1024 * 1024;
/** The first ones tell what is wrong; the rest is their echo. */
const maxFaults = 20;

export function readRegistryText(text: string, language: Language, known: Readings): RegistryText {
  const sections = language === "json" ? jsonSections(text, known) : yamlSections(text, known) ?? wholeYamlSections(text);
  if ("faults" in sections) return { faults: sections.faults.slice(0, maxFaults) };
  return toContent(sections);
}

export function languageOf(fileName: string, text: string): Language {
  if (/\.jsonc?$/i.test(fileName)) return "json";
  if (/\.ya?ml$/i.test(fileName)) return "yaml";
  return text.charAt(skipBlank(text, 0)) === "{" ? "json" : "yaml";
}

/** A field at the top of the file; those that hold servers are cut into their members already. */
interface Section {
  readonly name: string;
  readonly start: number;
  readonly keyOffset: number;
  readonly value: SectionValue;
}

type SectionValue =
  | { readonly kind: "pieces"; readonly pieces: readonly Piece[] }
  | { readonly kind: "reading"; readonly reading: PieceReading };

type Sections = { readonly sections: readonly Section[]; readonly readings: Readings } | { readonly faults: readonly Finding[] };

const serverSections = new Set(["servers", "mcpServers"]);
const otherSections = new Set(["gateway", "templates", "inputs", "$schema"]);
export const sectionNames: readonly string[] = [...serverSections, "gateway", "templates"];

function toContent({ sections, readings }: { readonly sections: readonly Section[]; readonly readings: Readings }): RegistryText {
  const isSectioned = sections.some((section) => serverSections.has(section.name));
  const hasInputs = isSectioned && sections.some((section) => section.name === "inputs");
  const findings: Finding[] = [];
  const faults: Finding[] = [];
  const servers: ServerPieces[] = [];
  const flat: Piece[] = [];
  const templates: Piece[] = [];
  let gateway: Piece | undefined;
  let isEmpty = true;
  const seen = new Set<string>();

  for (const section of sections) {
    const offset = section.start + section.keyOffset;
    const isSection = serverSections.has(section.name) || otherSections.has(section.name) && (isSectioned || section.name !== "inputs");
    if (isSection && seen.has(section.name)) {
      findings.push({ severity: "error", offset, what: `"${section.name}" is there twice: only the first is read`, hint: "put both under one" });
      continue;
    }
    seen.add(section.name);
    const isNothing = section.value.kind === "reading" && isNull(section.value.reading.node);
    isEmpty &&= isNothing || section.name === "$schema";
    if (serverSections.has(section.name) || section.name === "templates") {
      const pieces = isNothing ? [] : piecesOf(section);
      if (pieces === undefined) {
        faults.push({ severity: "error", offset, what: `"${section.name}" must hold names and, below each, its fields`, hint: `write ${section.name}: {my-server: {…}}, names indented below it` });
        continue;
      }
      if (section.name === "templates") templates.push(...pieces);
      else servers.push({ pieces, areClientEntries: section.name === "mcpServers" || hasInputs });
    } else if (section.name === "gateway") {
      if (!isNothing) gateway = pieceOf(section);
    } else if (!isSection && isSectioned) {
      const meant = didYouMean(section.name, [...serverSections, ...otherSections]);
      findings.push({ severity: "error", offset, what: `unknown field "${section.name}" at the top of the file`, hint: meant ?? "a server goes below servers:" });
    } else if (!isSection) {
      flat.push(pieceOf(section));
    }
  }
  if (faults.length > 0) return { faults };
  if (flat.length > 0) servers.push({ pieces: flat, areClientEntries: false });
  return { content: { servers, templates, isEmpty, findings, readings, ...(gateway === undefined ? {} : { gateway }) } };
}

function isNull(node: RegistryNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

function pieceOf({ name, start, keyOffset, value }: Section): Piece {
  return { name, start, reading: value.kind === "reading" ? value.reading : new PieceReading(keyOffset, { kind: "scalar", value: null, offset: keyOffset }) };
}

function piecesOf({ start, value }: Section): readonly Piece[] | undefined {
  if (value.kind === "pieces") return value.pieces;
  const { node: section } = value.reading;
  if (section.kind !== "map") return undefined;
  return section.members.map(({ key, keyOffset, node }) => ({ name: key, start, reading: new PieceReading(keyOffset, node) }));
}

/** Undefined where the text cannot be cut safely. */
function yamlSections(text: string, known: Readings): Sections | undefined {
  // A carriage return alone ends a line for some parsers and not for others.
  if (text.includes("\r") && /\r(?!\n)/.test(text)) return undefined;
  const blocks = splitBlocks(text, 0, text.length);
  if (blocks === undefined) return undefined;
  const readings = new Map<string, PieceReading>();
  const faults: Finding[] = [];

  const read = ({ name, start, end }: Block): PieceReading | undefined => {
    const slice = text.slice(start, end);
    const before = known.get(slice) ?? readings.get(slice);
    if (before !== undefined) {
      readings.set(slice, before);
      return before;
    }
    const result = readYamlBlock(name, slice);
    if (result === "unsafe") return undefined;
    if ("faults" in result) {
      faults.push(...result.faults.map((fault) => ({ ...fault, offset: fault.offset + start })));
      return nothingRead;
    }
    readings.set(result.text, result.reading);
    return result.reading;
  };

  const sections: Section[] = [];
  for (const block of blocks) {
    if (faults.length >= maxFaults) break;
    const header = serverSections.has(block.name) ? emptyHeader(text, block) : undefined;
    if (header === undefined) {
      const reading = read(block);
      if (reading === undefined) return undefined;
      sections.push({ name: block.name, start: block.start, keyOffset: reading.keyOffset, value: { kind: "reading", reading } });
      continue;
    }
    const inner = splitBlocks(text, header.end, block.end);
    if (inner === undefined) return undefined;
    const pieces: Piece[] = [];
    for (const piece of inner) {
      if (faults.length >= maxFaults) break;
      const reading = read(piece);
      if (reading === undefined) return undefined;
      pieces.push({ name: piece.name, start: piece.start, reading });
    }
    const value: SectionValue = inner.length > 0 ? { kind: "pieces", pieces } : { kind: "reading", reading: nothingRead };
    sections.push({ name: block.name, start: block.start, keyOffset: 0, value });
  }
  return faults.length > 0 ? { faults } : { sections, readings };
}

function readYamlBlock(name: string, slice: string): { readonly text: string; readonly reading: PieceReading } | { readonly faults: readonly Finding[] } | "unsafe" {
  if (slice.length > maxParsedCharacters) return { faults: [tooLarge(`"${name}"`)] };
  // A slice keeps the whole file's text alive: a copy lets it go.
  const text = Buffer.from(slice).toString();
  const plain = readPlainYaml(text);
  const { node, faults, hasAlias } = plain === undefined ? readYaml(text) : { node: plain, faults: [], hasAlias: false };
  if (faults.length > 0) return { faults: faults.map((fault) => ({ ...fault, what: fault.what.replace("not valid YAML", `not valid YAML in "${name}"`) })) };
  const [member, ...others] = node?.kind === "map" ? node.members : [];
  if (hasAlias || member === undefined || others.length > 0 || member.key !== name) return "unsafe";
  // What is read quickly need not wait for its turn as nodes.
  return { text, reading: new PieceReading(member.keyOffset, plain === undefined ? member.node : undefined, text, yamlMember) };
}

function yamlMember(text: string): RegistryNode {
  const node = readPlainYaml(text) ?? readYaml(text).node;
  return (node?.kind === "map" ? node.members[0]?.node : undefined) ?? nothingRead.node;
}

/** The line of a key that has its value below it and nothing behind it. */
function emptyHeader(text: string, block: Block): { readonly end: number } | undefined {
  const newline = text.indexOf("\n", block.start);
  const end = newline < 0 ? text.length : newline + 1;
  return /:[ ]*(?:[ ]#.*)?\r?\n?$/.test(text.slice(block.start, end)) ? { end } : undefined;
}

function wholeYamlSections(text: string): Sections {
  if (text.length > maxParsedCharacters) return { faults: [tooLarge("a file that cannot be cut into its entries (one `name:` a line, no anchors, no tabs)")] };
  const { node, faults } = readYaml(text);
  if (faults.length > 0) return { faults };
  if (node === undefined) return { sections: [], readings: new Map() };
  if (node.kind !== "map") return { faults: [notARegistry(node.offset)] };
  return { sections: sectionsOf(node), readings: new Map() };
}

function sectionsOf(node: MapNode): readonly Section[] {
  return node.members.map(({ key, keyOffset, node: value }) => ({ name: key, start: 0, keyOffset, value: { kind: "reading", reading: new PieceReading(keyOffset, value) } }));
}

function jsonSections(text: string, known: Readings): Sections {
  if (skipBlank(text, 0) >= text.length) return { sections: [], readings: new Map() };
  const members = splitMembers(text, 0, serverSections);
  if ("what" in members) return jsonFaults(text, members);
  const after = skipBlank(text, members.end);
  if (after < text.length) return jsonFaults(text, { offset: after, what: "there is text after the end of the object" });

  const readings = new Map<string, PieceReading>();
  const faults: Finding[] = [];
  const read = ({ start, end }: JsonBlock): PieceReading => {
    const slice = text.slice(start, end);
    const before = known.get(slice) ?? readings.get(slice);
    // A slice keeps the whole file's text alive: a copy lets it go.
    const own = before === undefined ? Buffer.from(slice).toString() : slice;
    const reading = before ?? readJsonMember(own, start, faults);
    readings.set(own, reading);
    return reading;
  };
  const sections = members.blocks.map((member): Section => {
    // One character of the parsed text, its brace, is not in the file.
    const start = member.start - 1;
    const inner = members.inner.get(member.valueStart);
    if (inner !== undefined) {
      const pieces = inner.map((piece) => ({ name: piece.name, start: piece.start - 1, reading: read(piece) }));
      return { name: member.name, start, keyOffset: 1, value: { kind: "pieces", pieces } };
    }
    const reading = read(member);
    return { name: member.name, start, keyOffset: reading.keyOffset, value: { kind: "reading", reading } };
  });
  return faults.length > 0 ? { faults } : { sections, readings };
}

function readJsonMember(text: string, start: number, faults: Finding[]): PieceReading {
  if (faults.length >= maxFaults) return nothingRead;
  if (text.length > maxParsedCharacters) {
    faults.push({ ...tooLarge("a member"), offset: start });
    return nothingRead;
  }
  const result = readJson(`{${text}}`);
  faults.push(...result.faults.slice(0, maxFaults).map((fault) => ({ ...fault, offset: fault.offset + start - 1 })));
  const [member] = result.node?.kind === "map" ? result.node.members : [];
  return member === undefined ? nothingRead : new PieceReading(member.keyOffset, member.node, text, jsonMember);
}

function jsonMember(text: string): RegistryNode {
  const { node } = readJson(`{${text}}`);
  return (node?.kind === "map" ? node.members[0]?.node : undefined) ?? nothingRead.node;
}

/** A parser that recovers says best where it went wrong, but it would say so a million times of a million wrong characters. */
function jsonFaults(text: string, fault: { readonly offset: number; readonly what: string }): Sections {
  const first = skipBlank(text, 0);
  if (text.charAt(first) === "[") return { faults: [notARegistry(first)] };
  if (text.length <= maxParsedCharacters / 16) {
    const { faults } = readJson(text);
    if (faults.length > 0) return { faults };
  }
  return { faults: [{ severity: "error", offset: fault.offset, what: `not valid JSON: ${fault.what}`, hint: "until it can be parsed, the file keeps what it said before" }] };
}

function notARegistry(offset: number): Finding {
  return { severity: "error", offset, what: "this is no registry: it must hold names and, below each, the fields of a server", hint: "write my-server: {endpoint: http://127.0.0.1:3001}" };
}

function tooLarge(what: string): Finding {
  return { severity: "error", offset: 0, what: `${what} is larger than 4 MiB`, hint: "make several files of it: a folder of them is a registry too" };
}

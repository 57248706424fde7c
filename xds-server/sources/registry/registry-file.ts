/** One registry file over time: what it says now, or what it last said that could be used, and what is wrong with it. */

import type { Problem } from "../../model/model.js";
import { decode } from "./registry-bytes.js";
import { languageOf, readRegistryText, type FileContent } from "./registry-text.js";
import type { Finding } from "./registry-node.js";
import { TextPlaces } from "./text-place.js";

export interface FileInput {
  /** As people are shown it. */
  readonly path: string;
  /** Absolute: where relative paths in it begin. */
  readonly folder: string;
  readonly read: { readonly kind: "bytes"; readonly bytes: Buffer } | { readonly kind: "unreadable"; readonly why: string };
}

export interface RegistryFile {
  readonly path: string;
  readonly folder: string;
  /** What was last seen, good or not. Absent: nothing could be read. */
  readonly bytes?: Buffer;
  /** What is in force: absent as long as there was nothing good. */
  readonly good?: { readonly content: FileContent; readonly places: TextPlaces };
  /** The bytes last seen cannot be used, or there are none: `good` is what they said before. */
  readonly isBroken: boolean;
  /** Of the file as a whole; what is wrong with its entries is found again with every view. */
  readonly problems: readonly Problem[];
}

export function readFile(input: FileInput, before: RegistryFile | undefined): RegistryFile {
  const { path, folder, read } = input;
  const good = before?.good === undefined ? {} : { good: before.good };
  if (read.kind === "unreadable") {
    const hint = before?.good === undefined ? "the xds-server must be able to read it" : "until it is back, what it said before stays in force";
    return { path, folder, ...good, isBroken: true, problems: [{ severity: "error", where: path, what: `cannot be read: ${read.why}`, hint }] };
  }
  const { bytes } = read;
  if (before?.bytes?.equals(bytes) === true) return before;

  const decoded = decode(bytes);
  const places = new TextPlaces(decoded.text);
  const broken = (faults: readonly Finding[]): RegistryFile => ({ path, folder, bytes, ...good, isBroken: true, problems: faults.map((fault) => toProblem(fault, path, places)) });
  if ("fault" in decoded) return broken([decoded.fault]);
  const result = readRegistryText(decoded.text, languageOf(path, decoded.text), before?.good?.content.readings ?? new Map());
  if ("faults" in result) return broken(result.faults);
  const { content } = result;
  if (content.isEmpty && saysSomething(before?.good?.content)) {
    return broken([{ severity: "error", offset: 0, what: "the file is empty: what it said before stays in force", hint: 'write "servers: {}" to have no servers' }]);
  }
  const empty: Finding = { severity: "warning", offset: 0, what: "the file is empty: it names no servers", hint: "write my-server: {endpoint: http://127.0.0.1:3001}" };
  const findings = content.isEmpty ? [empty, ...content.findings] : content.findings;
  return { path, folder, bytes, good: { content, places }, isBroken: false, problems: findings.map((finding) => toProblem(finding, path, places)) };
}

export function toProblem({ severity, offset, what, hint }: Finding, path: string, places: TextPlaces, serverId?: string): Problem {
  return { severity, where: `${path}:${places.at(offset)}`, ...(serverId === undefined ? {} : { serverId }), what, hint };
}

function saysSomething(content: FileContent | undefined): boolean {
  return content !== undefined && (content.servers.some(({ pieces }) => pieces.length > 0) || content.templates.length > 0 || content.gateway !== undefined);
}

/** Reads the YAML that registries mostly consist of, ten times as fast as a parser that knows all of YAML. */

import type { Member, RegistryNode, Scalar } from "./registry-node.js";

/**
 * Block maps and lists, plain words, simple quotes and whole numbers, without comments behind values.
 * Undefined is no verdict: whatever is not surely understood is left to the `yaml` package.
 */
export function readPlainYaml(text: string): RegistryNode | undefined {
  const lines = toLines(text);
  if (lines === undefined || lines.length === 0) return undefined;
  const reading: Reading = { text, lines, at: 0 };
  const node = readBlock(reading, lines[0]?.indent ?? 0);
  return reading.at === lines.length ? node : undefined;
}

interface Line { indent: number; start: number; readonly end: number }
interface Reading { readonly text: string; readonly lines: readonly Line[]; at: number }

/** The lines that say something. */
function toLines(text: string): readonly Line[] | undefined {
  const lines: Line[] = [];
  for (let lineStart = 0; lineStart < text.length;) {
    const newline = text.indexOf("\n", lineStart);
    const lineEnd = newline < 0 ? text.length : newline;
    let start = lineStart;
    while (start < lineEnd && text.charCodeAt(start) === space) start++;
    let end = lineEnd;
    while (end > start && text.charCodeAt(end - 1) === space) end--;
    if (end > start && text.charCodeAt(start) !== hash) {
      const line = { indent: start - lineStart, start, end };
      if (!printable.test(text.slice(start, end)) || line.indent === 0 && documentMark.test(text.slice(start, end))) return undefined;
      lines.push(line);
    }
    lineStart = lineEnd + 1;
  }
  return lines;
}

const space = 0x20;
const hash = 0x23;
const dash = 0x2d;
const printable = /^[\x20-\x7e]*$/;
const documentMark = /^(---|\.\.\.|%)/;

function readBlock(reading: Reading, indent: number): RegistryNode | undefined {
  const line = reading.lines[reading.at];
  if (line === undefined || line.indent !== indent) return undefined;
  return isItem(reading.text, line) ? readList(reading, indent) : readMap(reading, indent);
}

function isItem(text: string, { start, end }: Line): boolean {
  return text.charCodeAt(start) === dash && (start + 1 === end || text.charCodeAt(start + 1) === space);
}

function readList(reading: Reading, indent: number): RegistryNode | undefined {
  const { text, lines } = reading;
  const items: RegistryNode[] = [];
  const offset = lines[reading.at]?.start ?? 0;
  for (let line = lines[reading.at]; line !== undefined && line.indent === indent && isItem(text, line); line = lines[reading.at]) {
    let start = line.start + 1;
    while (start < line.end && text.charCodeAt(start) === space) start++;
    if (start === line.end) return undefined;
    const content: Line = { indent: indent + start - line.start, start, end: line.end };
    if (isItem(text, content)) return undefined;
    const item = keyAt(text, content) === undefined ? readScalarLine(reading, content, indent) : readMapFrom(reading, content);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return { kind: "list", items, offset };
}

/** A map that begins behind the dash of a list: the rest of its fields stand below its first one. */
function readMapFrom(reading: Reading, first: Line): RegistryNode | undefined {
  const line = reading.lines[reading.at];
  if (line === undefined) return undefined;
  line.indent = first.indent;
  line.start = first.start;
  return readMap(reading, first.indent);
}

function readMap(reading: Reading, indent: number): RegistryNode | undefined {
  const { text, lines } = reading;
  const members: Member[] = [];
  const offset = lines[reading.at]?.start ?? 0;
  for (let line = lines[reading.at]; line !== undefined && line.indent === indent; line = lines[reading.at]) {
    if (isItem(text, line)) break;
    const name = keyAt(text, line);
    if (name === undefined) return undefined;
    let start = line.start + name.length + 1;
    while (start < line.end && text.charCodeAt(start) === space) start++;
    const node = start < line.end ? readScalarLine(reading, { indent, start, end: line.end }, indent) : readNested(reading, indent);
    if (node === undefined) return undefined;
    members.push({ key: name, keyOffset: line.start, node });
  }
  return members.length === 0 ? undefined : { kind: "map", members, offset };
}

function readNested(reading: Reading, indent: number): RegistryNode | undefined {
  const next = reading.lines[++reading.at];
  if (next === undefined || next.indent < indent) return undefined;
  // A list may stand as far left as the key that it belongs to.
  if (next.indent === indent && !isItem(reading.text, next)) return undefined;
  return readBlock(reading, next.indent);
}

const key = /([A-Za-z_][A-Za-z0-9_.-]*):(?= |$)/y;

function keyAt(text: string, { start, end }: Line): string | undefined {
  key.lastIndex = start;
  const found = key.exec(text);
  if (found === null) {
    // `$` is the end of the text, not of the line.
    const colon = text.charAt(end - 1) === ":" ? text.slice(start, end - 1) : "";
    return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(colon) ? colon : undefined;
  }
  return found[1];
}

/** The value on its line, alone: what goes on below, further in, would be a part of it. */
function readScalarLine(reading: Reading, { start, end }: Line, indent: number): RegistryNode | undefined {
  const next = reading.lines[++reading.at];
  if (next !== undefined && next.indent > indent) return undefined;
  const value = readScalar(reading.text.slice(start, end));
  return value === undefined ? undefined : { kind: "scalar", value, offset: start };
}

function readScalar(written: string): Scalar | undefined {
  if (written.startsWith('"')) return /^"[^"\\]*"$/.test(written) ? written.slice(1, -1) : undefined;
  if (written.startsWith("'")) return /^'[^']*'$/.test(written) ? written.slice(1, -1) : undefined;
  if (!/^[A-Za-z0-9_/.$(]/.test(written) || /: | #|:$/.test(written)) return undefined;
  if (/^(0|[1-9]\d{0,14})$/.test(written)) return Number(written);
  if (written === "true" || written === "false") return written === "true";
  // Words of other kinds, and numbers in other forms.
  if (/^(true|false|null)$/i.test(written) || /^\.?[0-9][0-9a-fA-FxXoO._+-]*$/.test(written) || /^\.[A-Za-z]+$/.test(written)) return undefined;
  return written;
}

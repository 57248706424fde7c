/** Cuts YAML text into the blocks of its entries by indentation alone, so that one changed entry costs one entry. */

export interface Block {
  readonly name: string;
  /** From the beginning of the line of its key to the beginning of the next block's. */
  readonly start: number;
  readonly end: number;
}

/** A key that is surely a key, whatever surrounds it: plain or simply quoted, then a colon. */
const key = /(?:([A-Za-z0-9_.$][A-Za-z0-9_.$@/+~-]*)|"([^"\\\r\n]*)"|'([^'\r\n]*)')[ ]*:(?=[ \r\n]|$)/y;

/**
 * The blocks of the mapping whose keys stand in `text` from `start` to `end`, or undefined where only a whole parse
 * can tell them apart. A block still has to be parsed: a line that is not recognised here is left in the block before.
 */
export function splitBlocks(text: string, start: number, end: number): readonly Block[] | undefined {
  const blocks: { name: string; start: number; end: number }[] = [];
  let indent = -1;
  let hasMark = false;
  let current: { name: string; start: number; end: number } | undefined;
  for (let line = start; line < end;) {
    const newline = text.indexOf("\n", line);
    const next = newline < 0 || newline >= end ? end : newline + 1;
    let first = line;
    while (text.charCodeAt(first) === space) first++;
    const code = first < next ? text.charCodeAt(first) : lineFeed;
    const isContent = code !== lineFeed && code !== carriageReturn && code !== hash;
    // A tab may be indentation or content: that takes a parser.
    if (code === tab) return undefined;
    if (isContent) {
      const column = first - line;
      if (column === 0 && isDocumentMark(text, line, next)) {
        // One mark before everything else is usual, and says nothing; a second one begins a second document.
        if (current !== undefined || hasMark || text.slice(line, next).trim() !== "---") return undefined;
        hasMark = true;
      } else {
        if (indent < 0) indent = column;
        if (column < indent) return undefined;
        if (column === indent) {
          key.lastIndex = first;
          const found = key.exec(text);
          if (found !== null) {
            if (current !== undefined) current.end = line;
            current = { name: found[1] ?? found[2] ?? found[3] ?? "", start: line, end };
            blocks.push(current);
          }
        }
        if (current === undefined) return undefined;
      }
    }
    line = next;
  }
  return blocks;
}

const space = 0x20;
const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const hash = 0x23;

function isDocumentMark(text: string, line: number, next: number): boolean {
  return text.startsWith("---", line) || text.startsWith("...", line) || text.charAt(line) === "%" && next > line;
}

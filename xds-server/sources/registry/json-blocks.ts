/** Cuts a JSON object's text into its members without parsing their values, so that one changed entry costs one entry. */

export interface JsonBlock {
  readonly name: string;
  /** From the key's first quote to the end of the value. */
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
}

export interface JsonFault { readonly offset: number; readonly what: string }

export interface JsonMembers {
  readonly blocks: readonly JsonBlock[];
  /** Behind the closing brace. */
  readonly end: number;
  /** The members of those values that were asked for, by where the value begins. */
  readonly inner: ReadonlyMap<number, readonly JsonBlock[]>;
}

/**
 * `start` is where the object's `{` is expected, white space and comments aside.
 * Values under the names of `deeper` are cut into their members too, where they are objects.
 */
export function splitMembers(text: string, start: number, deeper: ReadonlySet<string> = new Set()): JsonMembers | JsonFault {
  const blocks: JsonBlock[] = [];
  const inner = new Map<number, readonly JsonBlock[]>();
  let at = skipBlank(text, start);
  if (text.charCodeAt(at) !== openBrace) return { offset: at, what: "expected {" };
  at = skipBlank(text, at + 1);
  while (text.charCodeAt(at) !== closeBrace) {
    if (text.charCodeAt(at) !== quote) return { offset: at, what: at >= text.length ? "the text ends inside an object" : "expected a key in double quotes, or }" };
    const keyStart = at;
    const keyEnd = skipText(text, at);
    const name = keyEnd === undefined ? undefined : keyName(text.slice(keyStart, keyEnd));
    if (keyEnd === undefined || name === undefined) return { offset: keyStart, what: "the key is not a closed text" };
    at = skipBlank(text, keyEnd);
    if (text.charCodeAt(at) !== colon) return { offset: at, what: `expected : after "${name}"` };
    const valueStart = skipBlank(text, at + 1);
    const within = deeper.has(name) && text.charCodeAt(valueStart) === openBrace ? splitMembers(text, valueStart) : undefined;
    if (within !== undefined && "what" in within) return within;
    if (within !== undefined) inner.set(valueStart, within.blocks);
    const end = within === undefined ? skipValue(text, valueStart) : within.end;
    if (end === undefined) return { offset: valueStart, what: `the value of "${name}" has no end` };
    if (end === valueStart) return { offset: valueStart, what: `expected a value for "${name}"` };
    blocks.push({ name, start: keyStart, end, valueStart });
    at = skipBlank(text, end);
    if (text.charCodeAt(at) === comma) at = skipBlank(text, at + 1);
    else if (text.charCodeAt(at) !== closeBrace) return { offset: at, what: at >= text.length ? "the text ends inside an object" : "expected , or }" };
  }
  return { blocks, end: at + 1, inner };
}

export function skipBlank(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) at++;
    else if (code === slash && isComment(text, at)) at = skipComment(text, at);
    else return at;
  }
}

const quote = 0x22;
const comma = 0x2c;
const slash = 0x2f;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

function skipValue(text: string, start: number): number | undefined {
  let depth = 0;
  let at = start;
  let end = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const after = skipText(text, at);
      if (after === undefined) return undefined;
      at = end = after;
    } else if (code === slash && isComment(text, at)) {
      at = skipComment(text, at);
    } else if (code === openBrace || code === openBracket) {
      depth++;
      at++;
    } else if (code === closeBrace || code === closeBracket) {
      if (depth === 0) return end;
      depth--;
      at = end = at + 1;
    } else if (code === comma && depth === 0) {
      return end;
    } else {
      at++;
      if (depth === 0 && code > 0x20) end = at;
    }
  }
  return undefined;
}

function skipText(text: string, start: number): number | undefined {
  let at = start + 1;
  for (;;) {
    const found = text.indexOf('"', at);
    if (found < 0) return undefined;
    let backslashes = 0;
    while (text.charCodeAt(found - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return found + 1;
    at = found + 1;
  }
}

function isComment(text: string, at: number): boolean {
  return text.startsWith("//", at) || text.startsWith("/*", at);
}

function skipComment(text: string, at: number): number {
  const isLine = text.startsWith("//", at);
  const end = text.indexOf(isLine ? "\n" : "*/", at + 2);
  return end < 0 ? text.length : end + (isLine ? 1 : 2);
}

function keyName(quoted: string): string | undefined {
  if (!quoted.includes("\\") && !/[\u0000-\u001f]/.test(quoted)) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

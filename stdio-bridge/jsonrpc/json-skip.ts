/** Walks over JSON text without making values of it: each function says where the thing at a position ends, or -1 if it is not JSON. */

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d, PLUS = 0x2b, DOT = 0x2e;
const OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, OPEN_BRACKET = 0x5b, CLOSE_BRACKET = 0x5d;
const SPACE = 0x20, TAB = 0x09, LINE_FEED = 0x0a, CARRIAGE_RETURN = 0x0d;

const TRUE = Buffer.from("true"), FALSE = Buffer.from("false"), NULL = Buffer.from("null");

export function skipSpace(bytes: Uint8Array, at: number): number {
  for (let i = at; ; i++) {
    const byte = bytes[i];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return i;
  }
}

/** The string whose opening quote is at `at`. Bytes above ASCII are taken as they are: JSON's grammar lies in ASCII alone. */
export function skipString(bytes: Uint8Array, at: number): number {
  const length = bytes.length;
  for (let i = at + 1; i < length; i++) {
    const byte = bytes[i] as number; // Within the length.
    if (byte === QUOTE) return i + 1;
    if (byte < SPACE) return -1;
    if (byte === BACKSLASH) {
      i++;
      const escaped = bytes[i];
      if (escaped === 0x75 /* u */) {
        for (let digit = 1; digit <= 4; digit++) if (!isHex(bytes[i + digit])) return -1;
        i += 4;
      } else if (!isShortEscape(escaped)) return -1;
    }
  }
  return -1;
}

export function skipNumber(bytes: Uint8Array, at: number): number {
  let i = bytes[at] === MINUS ? at + 1 : at;
  if (bytes[i] === 0x30 /* 0 */) i++;
  else if (isDigit(bytes[i])) i = skipDigits(bytes, i);
  else return -1;
  if (bytes[i] === DOT) {
    if (!isDigit(bytes[i + 1])) return -1;
    i = skipDigits(bytes, i + 1);
  }
  if (bytes[i] === 0x65 /* e */ || bytes[i] === 0x45 /* E */) {
    i++;
    if (bytes[i] === PLUS || bytes[i] === MINUS) i++;
    if (!isDigit(bytes[i])) return -1;
    i = skipDigits(bytes, i);
  }
  return i;
}

/** Any value. Not recursive: a message may nest as deep as it is long without filling the call stack. */
export function skipValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipScalar(bytes, at);
  // The opening bytes of the containers that we are in.
  const open: number[] = [];
  let i = at;
  for (;;) {
    // Here a value begins.
    const byte = bytes[i];
    if (byte === OPEN_BRACE) {
      i = skipSpace(bytes, i + 1);
      if (bytes[i] !== CLOSE_BRACE) {
        open.push(OPEN_BRACE);
        i = skipKey(bytes, i);
        if (i < 0) return -1;
        continue;
      }
      i++;
    } else if (byte === OPEN_BRACKET) {
      i = skipSpace(bytes, i + 1);
      if (bytes[i] !== CLOSE_BRACKET) {
        open.push(OPEN_BRACKET);
        continue;
      }
      i++;
    } else {
      i = skipScalar(bytes, i);
      if (i < 0) return -1;
    }
    // Here a value has ended: close what ends with it, up to the next value.
    for (;;) {
      const container = open.at(-1);
      if (container === undefined) return i;
      i = skipSpace(bytes, i);
      const next = bytes[i];
      if (next === COMMA) {
        i = skipSpace(bytes, i + 1);
        if (container === OPEN_BRACE) i = skipKey(bytes, i);
        if (i < 0) return -1;
        break;
      }
      if (next !== (container === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET)) return -1;
      open.pop();
      i++;
    }
  }
}

/** From a key's opening quote to where its value begins. */
function skipKey(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return -1;
  const end = skipString(bytes, at);
  return end < 0 ? -1 : skipColon(bytes, end);
}

/** From the end of a key to where its value begins. */
export function skipColon(bytes: Uint8Array, at: number): number {
  const colon = skipSpace(bytes, at);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : -1;
}

function skipScalar(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case QUOTE: return skipString(bytes, at);
    case 0x74 /* t */: return skipWord(bytes, at, TRUE);
    case 0x66 /* f */: return skipWord(bytes, at, FALSE);
    case 0x6e /* n */: return skipWord(bytes, at, NULL);
    default: return skipNumber(bytes, at);
  }
}

function skipWord(bytes: Uint8Array, at: number, word: Uint8Array): number {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return -1;
  return at + word.length;
}

function skipDigits(bytes: Uint8Array, at: number): number {
  let i = at;
  while (isDigit(bytes[i])) i++;
  return i;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && ((byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46)));
}

function isShortEscape(byte: number | undefined): boolean {
  switch (byte) {
    case QUOTE: case BACKSLASH: case 0x2f: case 0x62: case 0x66: case 0x6e: case 0x72: case 0x74: return true;
    default: return false;
  }
}

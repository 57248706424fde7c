/** Puts already encoded bytes into a message without decoding or copying them: parts that are joined once, at the end. */

/**
 * A length-delimited field: a string, bytes, or a message given as its parts. The answer is again parts,
 * so that messages nest; `Buffer.concat` makes them one.
 */
export function lengthDelimitedField(fieldNumber: number, content: string | Uint8Array | readonly Uint8Array[]): Uint8Array[] {
  const parts = typeof content === "string" ? [Buffer.from(content, "utf8")] : content instanceof Uint8Array ? [content] : content;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Buffer.from([...varint(fieldNumber * 8 + 2), ...varint(length)]), ...parts];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

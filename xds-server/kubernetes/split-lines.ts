/** Bytes as they come → their lines, none longer than a limit. */

const newline = 0x0a;
const carriageReturn = 0x0d;

/** A longer line comes in several pieces, so that never more than one piece and one chunk is held; no character is cut. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, maxLineBytes: number): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (;;) {
      const end = rest.indexOf(newline, from);
      if ((end < 0 ? rest.length : end) - from > maxLineBytes) {
        const cut = beforeCharacter(rest, from, from + maxLineBytes);
        yield rest.toString("utf8", from, cut);
        from = cut;
      } else if (end < 0) {
        break;
      } else {
        yield toText(rest.subarray(from, end));
        from = end + 1;
      }
    }
    rest = rest.subarray(from);
  }
  if (rest.length > 0) yield toText(rest);
}

/** A character of UTF-8 has at most three bytes after its first; more than that is no text, and is cut anywhere. */
function beforeCharacter(bytes: Buffer, from: number, cut: number): number {
  for (let at = cut; at > Math.max(from, cut - 4); at -= 1) if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return at;
  return cut;
}

function toText(line: Buffer): string {
  return line.toString("utf8", 0, line.at(-1) === carriageReturn ? line.length - 1 : line.length);
}

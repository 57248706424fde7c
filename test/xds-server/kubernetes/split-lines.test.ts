/** Lines from bytes, however these are cut on their way. */

import { expect } from "chai";
import fc from "fast-check";
import { splitLines } from "../../../xds-server/kubernetes/split-lines.js";

async function linesOf(chunks: readonly Buffer[], maxLineBytes: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(toStream(chunks), maxLineBytes)) lines.push(line);
  return lines;
}

async function* toStream(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

describe("lines with a limit", () => {
  const cases: readonly (readonly [what: string, chunks: readonly string[], lines: readonly string[]])[] = [
    ["ends with its newline", ["one\ntwo\n"], ["one", "two"]],
    ["ends without one", ["one\ntwo"], ["one", "two"]],
    ["is empty", [], []],
    ["has empty lines", ["\n\none\n"], ["", "", "one"]],
    ["has carriage returns", ["one\r\ntwo\r\n"], ["one", "two"]],
    ["comes in small parts", ["o", "n", "e\nt", "wo\n"], ["one", "two"]],
    ["has lines that are exactly as long as allowed", ["12345678\n12345678\n"], ["12345678", "12345678"]],
    ["has longer ones", ["1234567890\nx\n"], ["12345678", "90", "x"]],
    ["has much longer ones, in parts", ["12345", "6789012345", "6789\nx"], ["12345678", "90123456", "789", "x"]],
    ["has characters of several bytes at the cut", ["1234567ü9\n"], ["1234567", "ü9"]],
    ["has long characters only", ["😀😀😀\n"], ["😀😀", "😀"]],
    ["has other separators, which a line may hold", ["one\u2028two\n"], ["one\u2028tw", "o"]],
  ];
  for (const [what, chunks, lines] of cases) {
    it(`are right where the answer ${what}`, async () => {
      expect(await linesOf(chunks.map((chunk) => Buffer.from(chunk)), 8)).to.deep.equal(lines);
    });
  }

  it("lose nothing and break no bound, whatever comes however cut", async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 200 }), fc.array(fc.nat(20)), async (text, cuts) => {
      const bytes = Buffer.from(text.replaceAll("\r", ""));
      const chunks: Buffer[] = [];
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        chunks.push(bytes.subarray(from, from + cut));
        from += cut;
      }
      const lines = await linesOf(chunks, 8);
      expect(lines.join("")).to.equal(bytes.toString("utf8").replaceAll("\n", ""));
      expect(lines.every((line) => Buffer.byteLength(line) <= 8)).to.equal(true);
    }));
  });

  it("come also where bytes are no text", async () => {
    expect(await linesOf([Buffer.alloc(20, 0x80)], 8)).to.have.length(3);
  });
});

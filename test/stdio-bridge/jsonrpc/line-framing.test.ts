/** Lines out of chunks: the same whatever the cuts, and never more memory than the limit. */

import { expect } from "chai";
import fc from "fast-check";
import { LineFraming, toLine, withoutLineEnds } from "../../../stdio-bridge/jsonrpc/line-framing.js";

function frame(chunks: readonly Uint8Array[], maxLineBytes: number): { lines: string[]; dropped: number[] } {
  const lines: string[] = [], dropped: number[] = [];
  const framing = new LineFraming(maxLineBytes, { onLine: (line) => lines.push(line.toString("latin1")), onTooLong: ({ bytes }) => dropped.push(bytes) });
  for (const chunk of chunks) framing.push(Buffer.from(chunk));
  framing.end();
  return { lines, dropped };
}

function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...sorted, bytes.length].map((place, index) => bytes.subarray(sorted[index - 1] ?? 0, place));
}

describe("line framing", () => {
  it("gives the same lines whatever the cuts, and drops only those that are too long", () => {
    const line = fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.constant(new Uint8Array(0))).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10)));
    fc.assert(fc.property(fc.array(line), fc.constantFrom("\n", "\r\n"), fc.array(fc.nat()), fc.integer({ min: 1, max: 30 }), (lines, end, places, max) => {
      const bytes = Buffer.concat(lines.flatMap((each) => [each, Buffer.from(end)]));
      const whole = lines.map((each) => each.toString("latin1")).map((each) => (end === "\n" ? each.replace(/\r$/, "") : each));
      const { lines: got, dropped } = frame(cut(bytes, places), max);
      expect(got).to.deep.equal(whole.filter((each) => each.length > 0 && each.length <= max));
      expect(dropped).to.have.length(whole.filter((each) => each.length > max).length);
    }), { numRuns: 2_000 });
  });

  it("gives what comes last without a line end", () => {
    expect(frame([Buffer.from("a\nb")], 10)).to.deep.equal({ lines: ["a", "b"], dropped: [] });
  });

  it("does not copy a line that came in one piece", () => {
    const chunk = Buffer.from("abc\ndef\n");
    const framing = new LineFraming(10, { onLine: (line) => expect(line.buffer).to.equal(chunk.buffer), onTooLong: () => expect.fail("not too long") });
    framing.push(chunk);
  });

  it("keeps head, tail and length of a line that is too long, and no more", () => {
    let kept: { head: Buffer; tail: Buffer; bytes: number } | undefined;
    const framing = new LineFraming(1000, { onLine: () => expect.fail("too long"), onTooLong: (dropped) => (kept = dropped) });
    framing.push(Buffer.from(`begin${"x".repeat(10_000)}`));
    for (let i = 0; i < 100; i++) framing.push(Buffer.alloc(1_000_000, "x"));
    framing.push(Buffer.from("end\n"));
    expect(kept?.bytes).to.equal(100_010_008);
    expect(kept?.head.toString()).to.match(/^begin/).and.have.length(4096);
    expect(kept?.tail.toString()).to.match(/end$/).and.have.length(4096);
  });

  it("goes on with the next line after one that was too long", () => {
    expect(frame([Buffer.from(`${"x".repeat(11)}\nok\n${"y".repeat(10)}\n`)], 10)).to.deep.equal({ lines: ["ok", "y".repeat(10)], dropped: [11] });
  });

  it("makes one line of a JSON message and keeps its meaning", () => {
    fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const line = toLine(Buffer.from(text));
      expect(line.indexOf(10)).to.equal(line.length - 1);
      expect(JSON.parse(line.toString())).to.deep.equal(JSON.parse(text));
      if (indent === undefined) expect(line.toString()).to.equal(`${text}\n`);
      expect(withoutLineEnds(Buffer.from(text)).toString()).to.equal(line.subarray(0, -1).toString());
    }));
  });
});

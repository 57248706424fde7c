/** Server-sent events, however they are cut into chunks. */

import { expect } from "chai";
import fc from "fast-check";
import { readEvents, type ServerEvent } from "../../../xds-server/cli/event-stream.js";

const text = 'event: endpoint\ndata: /messages?id=1\n\n: a comment\n\nid: 7\ndata: {"a":\ndata: "ü"}\n\nretry: 10\n\ndata:no space\n\ndata: without an end';
const events: readonly ServerEvent[] = [
  { event: "endpoint", data: "/messages?id=1" },
  { event: "message", data: '{"a":\n"ü"}' },
  { event: "message", data: "no space" },
];

describe("an event stream", () => {
  for (const lineEnd of ["\n", "\r\n", "\r"]) {
    it(`with ${JSON.stringify(lineEnd)} as line end gives the same events wherever it is cut`, async () => {
      const bytes = new TextEncoder().encode(text.replaceAll("\n", lineEnd));
      await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 20 }), async (cuts) => {
        expect(await collect(cutAt(bytes, cuts))).to.deep.equal(events);
      }));
    });
  }

  it("with an event that is too long is given up", async () => {
    const failure = await collect([new TextEncoder().encode(`data: ${"x".repeat(2_000)}`)]).then(() => undefined, (error: unknown) => String(error));
    expect(failure).to.include("longer than 1000 characters");
  });
});

function cutAt(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.slice(places[index], end));
}

async function collect(chunks: readonly Uint8Array[]): Promise<readonly ServerEvent[]> {
  const found: ServerEvent[] = [];
  for await (const event of readEvents(ReadableStream.from(chunks), 1_000)) found.push(event);
  return found;
}

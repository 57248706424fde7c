/** The body of an HTTP request, whole, up to a limit. */

import type { IncomingMessage } from "node:http";

export type Body =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "too_large" }
  /** The client has gone before it had sent all. */
  | { readonly kind: "broken" };

/** `give` is called once. What is too large is read on and thrown away, so that the client gets to read the answer. */
export function readBody(request: IncomingMessage, maxBytes: number, give: (body: Body) => void): void {
  const expectedBytes = Number(request.headers["content-length"] ?? NaN);
  if (expectedBytes > maxBytes) {
    request.resume();
    return give({ kind: "too_large" });
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isGiven = false;
  const giveOnce = (body: Body): void => {
    if (isGiven) return;
    isGiven = true;
    give(body);
  };
  const giveWhole = (): void => giveOnce({ kind: "whole", bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes) }); // One chunk is there.
  request.on("data", (chunk: Buffer) => {
    if (isGiven) return;
    bytes += chunk.length;
    if (bytes > maxBytes) {
      chunks.length = 0;
      return giveOnce({ kind: "too_large" });
    }
    chunks.push(chunk);
    // What Node does at the end of a request can be done while the answer is being made.
    if (bytes === expectedBytes) giveWhole();
  });
  request.on("end", giveWhole);
  // After an error too, which is told of only to those who listen for it.
  request.on("close", () => giveOnce({ kind: "broken" }));
}

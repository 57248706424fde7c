/** Writes a stream of text as it comes, no faster than its reader reads. */

import type { ServerResponse } from "node:http";

/** Long silences are filled for who stands in between; only server-sent events have a form for that. */
const silenceMs = 15_000;

/** A failure on the way ends the answer without its proper end, which tells the reader. */
export async function writeStream(response: ServerResponse, { contentType, chunks }: { readonly contentType: string; readonly chunks: AsyncIterable<string> }, isHeadOnly: boolean): Promise<void> {
  response.writeHead(200, { "content-type": contentType, "cache-control": "no-store", "x-content-type-options": "nosniff", "x-accel-buffering": "no" });
  response.flushHeaders();
  const breath = contentType === "text/event-stream" ? setInterval(() => void response.write(": \n\n"), silenceMs) : undefined;
  try {
    for await (const chunk of chunks) {
      if (isHeadOnly || response.destroyed) break;
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    clearInterval(breath);
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

/** Node's HTTP server on one side, the web's Request and Response on the other. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Its signal is aborted when the client has gone before it was answered. */
export function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request {
  const { method = "GET", url = "/", headers: { host = "localhost" }, rawHeaders } = incoming;
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const body = method === "GET" || method === "HEAD" ? {} : { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" as const }; // Node types the one stream twice.
  return new Request(new URL(url, `http://${host}`), { method, headers, signal: gone.signal, ...body });
}

export async function writeResponse(outgoing: ServerResponse, response: Response): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  if (response.body === null) {
    outgoing.end();
    return;
  }
  // A client that hangs up ends the stream; whoever writes to it is told by the request's signal.
  await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing).catch(() => undefined);
}

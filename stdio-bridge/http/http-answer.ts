/** Answers that are written at once and whole. */

import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { toErrorMessage } from "../jsonrpc/error-message.js";
import type { Refusal } from "./mcp-request.js";

export function writeRefusal(response: ServerResponse, refusal: Refusal): void {
  const message = toErrorMessage(refusal.id, refusal.error);
  response.writeHead(refusal.status, { "content-type": "application/json", "content-length": message.length, ...refusal.headers });
  response.end(message);
}

/** On a connection that was to be upgraded. */
export function writeRawRefusal(socket: Duplex, refusal: Refusal): void {
  const message = toErrorMessage(refusal.id, refusal.error);
  const headers = { ...refusal.headers, "content-type": "application/json", "content-length": message.length, connection: "close" };
  const lines = [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  socket.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), message]));
}

export function writeAccepted(response: ServerResponse): void {
  response.writeHead(202, { "content-length": 0 }).end();
}

/** The MCP server of the mesh's own tools, on a port that only the Envoys are told how to use. */

import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { toolsKeyHeader, toolsPath } from "../../model/tools-server.js";
import { makeToolsServer, type ToolsOptions } from "./lifecycle-tools.js";
import { toRequest, writeResponse } from "./web-http.js";

export interface ToolsServerOptions extends ToolsOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Envoy puts it into each request; whoever else reaches the port does not know it. */
  readonly key: string;
}

export interface ToolsServer {
  readonly port: number;
  stop(): Promise<void>;
}

export class ToolsServerError extends Error {
  readonly code = "cannot_listen";
}

const maxConnections = 1_024;
const maxBodyBytes = 256 * 1024;

export async function startToolsServer(options: ToolsServerOptions): Promise<ToolsServer> {
  const { host, port, key, log } = options;
  const handler = createMcpHandler(() => makeToolsServer(options), { maxRequestBodySize: maxBodyBytes, onerror: (error) => log.debug({ err: error }, "a request for the tools is refused") });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isFromEnvoy(request, key)) {
      response.writeHead(403, { "content-type": "application/json", connection: "close" }).end('{"error":"the tools are reached through the gateway"}\n');
      return;
    }
    if (request.url?.replace(/\?.*$/s, "") !== toolsPath) {
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":"the tools have one path alone"}\n');
      return;
    }
    await writeResponse(response, await handler.fetch(toRequest(request, response)));
  };
  const httpServer = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.error({ err: error }, "a request for the tools failed");
      response.destroy();
    });
  });
  httpServer.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    httpServer.once("error", (cause: Error) => reject(new ToolsServerError(`the mesh's tools cannot listen on ${host}:${port}: ${cause.message}`, { cause })));
    httpServer.listen(port, host, resolve);
  });
  return {
    // A server that listens on TCP has an address with a port.
    port: (httpServer.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => httpServer.close(() => resolve()));
      await handler.close();
      httpServer.closeAllConnections();
      await closed;
    },
  };
}

function isFromEnvoy({ headers }: IncomingMessage, key: string): boolean {
  const given = headers[toolsKeyHeader];
  return typeof given === "string" && timingSafeEqual(digest(given), digest(key));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

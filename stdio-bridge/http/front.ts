/** The HTTP front: requests in, answers and streams out. What a request asks for is read in mcp-request, and done by the face of its revision. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { WebSocketServer, type WebSocket } from "ws";
import { errorCodes } from "../jsonrpc/error-message.js";
import type { Tally } from "../process/tally.js";
import type { ServerTable } from "../session/server-table.js";
import type { StreamLimits } from "./event-stream.js";
import type { Gate } from "./gate.js";
import { writeRawRefusal, writeRefusal } from "./http-answer.js";
import { KeepAlive } from "./keep-alive.js";
import { readRequest, readUpgrade, refuse } from "./mcp-request.js";
import { ModernFace } from "./modern-face.js";
import { readModernRequest, type ModernHead } from "./modern-request.js";
import { readBody } from "./read-body.js";
import { notKnownYet, serverNotFound } from "./refusals.js";
import { SessionFace } from "./session-face.js";
import { WebSocketSession } from "./web-socket.js";

export interface FrontOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly maxRequestBytes: number;
  readonly limits: FrontLimits;
  /** Absent: what there is to serve is known from the start. */
  readonly gate?: Gate;
}

export interface FrontLimits extends StreamLimits {
  /** After so long without a message a stream gets a comment, and an answer still to come becomes a stream. */
  readonly silenceMs: number;
  /** A web socket over which nothing was said for so long after its start is closed. */
  readonly firstMessageMs: number;
}

export const frontLimits: FrontLimits = { firstMessageMs: 30_000, slowBytes: 1024 * 1024, maxBacklogBytes: 16 * 1024 * 1024, stallMs: 10_000, silenceMs: 15_000 };

export class Front {
  private readonly servers: ServerTable;
  private readonly options: FrontOptions;
  private readonly log: Logger;
  private readonly tally: Tally;
  private readonly http: Server;
  private readonly keepAlive: KeepAlive;
  private readonly webSockets: WebSocketServer;
  private lastRequestMs = 0;
  private readonly openWebSockets = new Set<WebSocket>();
  private readonly sessionFace: SessionFace;
  private readonly modernFace: ModernFace;

  /** `tally`: of the worker. */
  constructor(servers: ServerTable, options: FrontOptions, log: Logger, tally: Tally) {
    this.tally = tally;
    this.servers = servers;
    this.options = options;
    this.log = log;
    this.keepAlive = new KeepAlive(options.limits.silenceMs);
    this.sessionFace = new SessionFace(servers, options.limits, this.keepAlive, log, tally);
    this.modernFace = new ModernFace(servers, options.limits, this.keepAlive, log, tally);
    this.http = createServer({ noDelay: true }, (request, response) => this.receive(request, response));
    // Envoy keeps connections for later. We never close an idle one: a request that crosses the close would be lost.
    this.http.keepAliveTimeout = 0;
    this.http.requestTimeout = 0;
    this.http.on("upgrade", (request, socket, head) => this.upgrade(request, socket, head));
    this.webSockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: options.maxRequestBytes, handleProtocols: () => "mcp" });
  }

  /** Since the last request came. */
  get quietMs(): number {
    return performance.now() - this.lastRequestMs;
  }

  get openStreams(): number {
    return this.keepAlive.size;
  }

  /** Resolves with the port that it listens on. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.http.once("error", reject);
      this.http.listen(this.options.port, this.options.host, () => {
        this.http.off("error", reject);
        this.http.on("error", (error) => this.log.error({ error: error.message }, "http"));
        resolve((this.http.address() as AddressInfo).port); // Listening on TCP.
      });
    });
  }

  /** Takes no more connections; answers that are being written may still arrive. */
  stop(): Promise<void> {
    this.keepAlive.stop();
    this.options.gate?.stop();
    return new Promise((resolve) => {
      const cut = setTimeout(() => {
        this.http.closeAllConnections();
        for (const webSocket of this.openWebSockets) webSocket.terminate();
      }, lastAnswersMs);
      this.http.close(() => {
        clearTimeout(cut);
        resolve();
      });
    });
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    this.lastRequestMs = performance.now();
    // A client that has gone is told of by "close".
    response.on("error", (error) => this.log.debug({ error: error.message }, "http answer"));
    readBody(request, this.options.maxRequestBytes, (body) => {
      switch (body.kind) {
        case "whole": return this.whenKnown(response, () => this.act(body.bytes, request, response), () => writeRefusal(response, notKnownYet()));
        case "too_large": return writeRefusal(response, refuse(413, errorCodes.invalidRequest, `the message is longer than ${this.options.maxRequestBytes} bytes`, undefined));
        case "broken": response.destroy();
      }
    });
  }

  private act(body: Buffer, request: IncomingMessage, response: ServerResponse): void {
    const head = toHead(request);
    const modern = readModernRequest(head, body);
    if (modern !== undefined) return this.modernFace.act(modern, body, request, response);
    this.sessionFace.act(readRequest(head, body), body, request, response);
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", (error) => this.log.debug({ error: error.message }, "upgrade"));
    this.whenKnown(socket, () => this.openWebSocket(request, socket, head), () => writeRawRefusal(socket, notKnownYet()));
  }

  /** Who has gone meanwhile is not served. */
  private whenKnown(client: { readonly destroyed: boolean }, act: () => void, giveUp: () => void): void {
    const { gate } = this.options;
    if (gate === undefined) act();
    else gate.wait(() => (client.destroyed ? undefined : act()), giveUp);
  }

  private openWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { headers } = request;
    const decision = readUpgrade(toHead(request), headers.upgrade, headers["sec-websocket-protocol"]);
    if (decision.kind === "refuse") return writeRawRefusal(socket, decision);
    const { serverName } = decision;
    const server = this.servers.find(serverName);
    if (server === undefined) return writeRawRefusal(socket, serverNotFound(serverName, undefined));
    this.webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.openWebSockets.add(webSocket);
      webSocket.on("close", () => this.openWebSockets.delete(webSocket));
      new WebSocketSession(webSocket, request.socket, { serverName, server, keepAlive: this.keepAlive, limits: this.options.limits, log: this.log, tally: this.tally });
    });
  }
}

const lastAnswersMs = 200;

function toHead(request: IncomingMessage): ModernHead {
  const { headers } = request;
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    accept: headers.accept,
    contentType: headers["content-type"],
    sessionId: textOf(headers["mcp-session-id"]),
    protocolVersion: textOf(headers["mcp-protocol-version"]),
    lastEventId: textOf(headers["last-event-id"]),
    mcpMethod: textOf(headers["mcp-method"]),
    mcpName: textOf(headers["mcp-name"]),
  };
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(", ") : header;
}

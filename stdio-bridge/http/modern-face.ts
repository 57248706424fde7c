/** The revision without sessions, 2026-07-28, over HTTP: each request by itself. */

import { request as sendRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Logger } from "pino";
import { rawOf } from "../jsonrpc/envelope.js";
import { errorCodes } from "../jsonrpc/error-message.js";
import { paramHeaderPrefix, type SentHeaders } from "../jsonrpc/param-headers.js";
import type { Tally } from "../process/tally.js";
import type { ServerTable } from "../session/server-table.js";
import type { StreamLimits } from "./event-stream.js";
import { writeAccepted, writeRefusal } from "./http-answer.js";
import type { KeepAlive } from "./keep-alive.js";
import { refuse } from "./mcp-request.js";
import { ModernAnswer } from "./modern-answer.js";
import type { ModernDecision } from "./modern-request.js";
import { serverNotFound } from "./refusals.js";

export class ModernFace {
  private readonly servers: ServerTable;
  private readonly limits: StreamLimits;
  private readonly keepAlive: KeepAlive;
  private readonly log: Logger;
  private readonly tally: Tally;

  constructor(servers: ServerTable, limits: StreamLimits, keepAlive: KeepAlive, log: Logger, tally: Tally) {
    this.servers = servers;
    this.limits = limits;
    this.keepAlive = keepAlive;
    this.log = log;
    this.tally = tally;
  }

  act(decision: ModernDecision, body: Buffer, request: IncomingMessage, response: ServerResponse): void {
    if (decision.kind === "refuse") return writeRefusal(response, decision);
    const id = decision.kind === "modern_ask" ? rawOf(body, decision.envelope.id) : undefined;
    const server = this.servers.find(decision.serverName);
    if (server === undefined) return writeRefusal(response, serverNotFound(decision.serverName, id));
    if (decision.kind === "modern_tell") return writeAccepted(response);
    const { envelope, claims, accepts } = decision;
    const owner = server.ownerOf({ message: body, claims });
    if (owner.kind === "elsewhere") return this.passOn(owner.address, body, request, response, id);
    let abandon = (): void => undefined;
    const caller = new ModernAnswer(response, {
      accepts, keepAlive: this.keepAlive, limits: this.limits,
      onCut: (backlogBytes) => {
        this.tally.add("clients_cut");
        this.log.warn({ backlogBytes }, "a client does not read its stream, and was cut off");
      },
      onGone: () => abandon(),
    });
    abandon = server.askModern({ message: body, envelope, claims, paramHeaders: toParamHeaders(request), caller });
  }

  /** To the worker that awaits it. That it is one is sure: the address was sealed by one. */
  private passOn(address: string, body: Buffer, request: IncomingMessage, response: ServerResponse, id: Buffer | undefined): void {
    const gone = (what: string): void => {
      this.log.info({ address, what }, "a request could not be passed on to the worker that awaits it");
      if (response.headersSent) return void response.destroy();
      writeRefusal(response, { ...refuse(200, errorCodes.unavailable, "the worker that asked for this cannot be reached, so the request was not run: begin it anew without requestState", id) });
    };
    // Addresses of workers that name each other would pass a request around for ever.
    if (request.headers[passedOnHeader] !== undefined) return gone("it was passed on already");
    const { host, port } = splitAddress(address);
    const passed = sendRequest({ host, port, method: "POST", path: request.url, headers: { ...request.headers, [passedOnHeader]: "1" } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on("error", (error) => gone(error.message));
      answer.pipe(response);
    });
    passed.on("error", (error) => gone(error.message));
    response.on("close", () => passed.destroy());
    passed.end(body);
  }
}

const passedOnHeader = "mcp-mesh-passed-on";

function toParamHeaders({ headers }: IncomingMessage): SentHeaders {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (name.startsWith(paramHeaderPrefix) ? [[name, String(value)]] : [])));
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: Number(address.slice(colon + 1)) };
}

/** The HTTP front: requests in, answers and streams out. Decisions are taken in mcp-request and session; here they are written. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { rawOf, type RequestEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import type { LeaseRefusal } from "../pool/pool.js";
import type { HostedServer } from "../session/hosted-server.js";
import type { ServerTable } from "../session/server-table.js";
import type { AskOutcome, ClientSession, Listener, TellOutcome } from "../session/client-session.js";
import { EventStream, type Flow, type StreamLimits } from "./event-stream.js";
import { KeepAlive } from "./keep-alive.js";
import { readRequest, refuse, type Accepts, type Decision, type Refusal } from "./mcp-request.js";
import { PostAnswer } from "./post-answer.js";
import { readBody } from "./read-body.js";

export interface FrontOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly maxRequestBytes: number;
  readonly limits: FrontLimits;
}

export interface FrontLimits extends StreamLimits {
  /** After so long without a message a stream gets a comment, and an answer still to come becomes a stream. */
  readonly silenceMs: number;
}

export const frontLimits: FrontLimits = { slowBytes: 1024 * 1024, maxBacklogBytes: 16 * 1024 * 1024, stallMs: 10_000, silenceMs: 15_000 };

export class Front {
  private readonly servers: ServerTable;
  private readonly options: FrontOptions;
  private readonly log: Logger;
  private readonly http: Server;
  private readonly keepAlive: KeepAlive;

  constructor(servers: ServerTable, options: FrontOptions, log: Logger) {
    this.servers = servers;
    this.options = options;
    this.log = log;
    this.keepAlive = new KeepAlive(options.limits.silenceMs);
    this.http = createServer({ noDelay: true }, (request, response) => this.receive(request, response));
    // Envoy keeps connections for later. We never close an idle one: a request that crosses the close would be lost.
    this.http.keepAliveTimeout = 0;
    this.http.requestTimeout = 0;
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
    return new Promise((resolve) => {
      const cut = setTimeout(() => this.http.closeAllConnections(), lastAnswersMs);
      this.http.close(() => {
        clearTimeout(cut);
        resolve();
      });
    });
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    // A client that has gone is told of by "close".
    response.on("error", (error) => this.log.debug({ error: error.message }, "http answer"));
    readBody(request, this.options.maxRequestBytes, (body) => {
      switch (body.kind) {
        case "whole": return this.act(readRequest(toHead(request), body.bytes), body.bytes, response);
        case "too_large": return writeRefusal(response, refuse(413, errorCodes.invalidRequest, `the message is longer than ${this.options.maxRequestBytes} bytes`, undefined));
        case "broken": response.destroy();
      }
    });
  }

  private act(decision: Decision, body: Buffer, response: ServerResponse): void {
    if (decision.kind === "refuse") return writeRefusal(response, decision);
    const id = decision.kind === "initialize" || decision.kind === "ask" ? rawOf(body, decision.envelope.id) : undefined;
    const server = this.servers.find(decision.serverName);
    if (server === undefined) return writeRefusal(response, refuse(404, errorCodes.invalidRequest, `no stdio server "${decision.serverName}" here`, id));
    if (decision.kind === "initialize") {
      // Nothing in it is expected to fail, and a bug must not become a silent hang.
      void this.initialize(server, decision, body, response, id);
      return;
    }
    const found = server.find(decision.sessionId);
    switch (found.kind) {
      case "absent": return writeRefusal(response, refuse(400, errorCodes.unavailable, "the mcp-session-id header is required: begin with initialize", id));
      case "unknown": return writeRefusal(response, sessionNotFound(id));
      case "live":
    }
    const { session } = found;
    switch (decision.kind) {
      case "ask": return this.ask(session, body, decision.envelope, this.makeAnswer(response, decision.accepts, session), response, id);
      case "tell": return writeTell(response, session.tell(body, decision.envelope));
      case "listen": return this.listen(session, response);
      case "end":
        session.end("the client has ended it");
        response.writeHead(204).end();
    }
  }

  private async initialize(server: HostedServer, decision: Decision & { kind: "initialize" }, body: Buffer, response: ServerResponse, id: Buffer | undefined): Promise<void> {
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    response.on("close", onClose);
    const opened = await server.open(gone.signal);
    response.off("close", onClose);
    if (opened.kind === "refused") return writeRefusal(response, refuseLease(decision.serverName, opened.why, opened.what, id));
    const { session } = opened;
    const answer = this.makeAnswer(response, decision.accepts, session, session);
    this.ask(session, body, decision.envelope, answer, response, id);
  }

  private ask(session: ClientSession, body: Buffer, envelope: RequestEnvelope, answer: PostAnswer, response: ServerResponse, id: Buffer | undefined): void {
    const outcome = session.ask(body, envelope, answer);
    if (outcome === "sent") return;
    answer.discard();
    writeRefusal(response, refuseAsk(outcome, id));
  }

  /** `begins`: the session that this answer tells the client of. */
  private makeAnswer(response: ServerResponse, accepts: Accepts, session: ClientSession, begins?: ClientSession): PostAnswer {
    return new PostAnswer(response, {
      accepts,
      keepAlive: this.keepAlive,
      limits: this.options.limits,
      sessionId: begins?.id,
      flow: this.flowOf(session),
      // Nobody knows of the session, so nobody will ever end it.
      onGone: () => begins?.end("the client has gone before it had begun"),
    });
  }

  private listen(session: ClientSession, response: ServerResponse): void {
    let events: EventStream | undefined;
    const stream = (): EventStream => (events ??= new EventStream(response, { headers: {}, limits: this.options.limits, flow: this.flowOf(session) }));
    const listener: Listener = { send: (message) => stream().send(message), close: () => stream().end() };
    if (!session.listen(listener)) return writeRefusal(response, refuse(409, errorCodes.unavailable, "the session has a stream open already", undefined));
    const open = stream();
    const beating = { get lastSentMs() { return open.lastSentMs; }, beat: () => open.comment() };
    this.keepAlive.add(beating);
    response.on("close", () => {
      this.keepAlive.remove(beating);
      session.unlisten(listener);
    });
  }

  private flowOf(session: ClientSession): Flow {
    return {
      onSlow: () => session.slow(),
      onFlowing: () => session.flowing(),
      onCut: (backlogBytes) => this.log.warn({ backlogBytes }, "a client does not read its stream, and was cut off"),
    };
  }
}

const lastAnswersMs = 200;
const retryLater = { "retry-after": "1" };

function toHead(request: IncomingMessage): Parameters<typeof readRequest>[0] {
  const { headers } = request;
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    accept: headers.accept,
    contentType: headers["content-type"],
    sessionId: textOf(headers["mcp-session-id"]),
    protocolVersion: textOf(headers["mcp-protocol-version"]),
  };
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(", ") : header;
}

function writeRefusal(response: ServerResponse, refusal: Refusal): void {
  const message = toErrorMessage(refusal.id, refusal.error);
  response.writeHead(refusal.status, { "content-type": "application/json", "content-length": message.length, ...refusal.headers });
  response.end(message);
}

function writeTell(response: ServerResponse, outcome: TellOutcome): void {
  switch (outcome) {
    case "sent":
      response.writeHead(202, { "content-length": 0 }).end();
      return;
    case "not_reading": return writeRefusal(response, notReading(undefined));
    case "ended": return writeRefusal(response, sessionNotFound(undefined));
  }
}

function refuseAsk(outcome: Exclude<AskOutcome, "sent">, id: Buffer | undefined): Refusal {
  switch (outcome) {
    case "duplicate_id": return refuse(400, errorCodes.invalidRequest, "a request with this id is still open in this session", id);
    case "too_many_requests": return refuse(503, errorCodes.unavailable, "too many requests of this session are open", id, retryLater);
    case "not_reading": return notReading(id);
    case "ended": return sessionNotFound(id);
  }
}

function sessionNotFound(id: Buffer | undefined): Refusal {
  return refuse(404, errorCodes.sessionNotFound, "session not found: it has ended or never was, begin a new one with initialize", id);
}

function notReading(id: Buffer | undefined): Refusal {
  return refuse(503, errorCodes.unavailable, "the server process does not read its input", id, retryLater);
}

function refuseLease(serverName: string, why: LeaseRefusal, what: string, id: Buffer | undefined): Refusal {
  const message = why === "cannot_start" ? `server "${serverName}" cannot be run: ${what}` : `server "${serverName}" has no process for a new session: ${what}`;
  return refuse(503, errorCodes.unavailable, message, id, retryLater);
}

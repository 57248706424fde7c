/** The revisions with sessions over HTTP, and HTTP+SSE: which session a request is for, and how it is answered. */

import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { rawOf, type RequestEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import type { OpenOutcome, HostedServer } from "../session/hosted-server.js";
import type { ServerTable } from "../session/server-table.js";
import type { ClientSession } from "../session/client-session.js";
import type { Tally } from "../process/tally.js";
import { Channel } from "./channel.js";
import { EventStream, type Flow, type StreamLimits } from "./event-stream.js";
import { writeAccepted, writeRefusal } from "./http-answer.js";
import type { KeepAlive } from "./keep-alive.js";
import { refuse, type Accepts, type BatchPart, type Decision, type Refusal } from "./mcp-request.js";
import { PostAnswer } from "./post-answer.js";
import { refuseAsk, refuseLease, refuseTell, serverNotFound, sessionNotFound } from "./refusals.js";
import { SessionStreams, streamsLimits } from "./session-streams.js";
import { requestOfEvent, toStreamId } from "./stream-id.js";
import { readSessionAddress, toSessionAddress } from "./worker-address.js";

export class SessionFace {
  private readonly servers: ServerTable;
  private readonly limits: StreamLimits;
  private readonly keepAlive: KeepAlive;
  private readonly log: Logger;
  private readonly tally: Tally;
  /** What the transports know of a session, for as long as it lives. */
  private readonly streams = new WeakMap<ClientSession, SessionStreams>();
  private readonly channels = new WeakMap<ClientSession, Channel>();

  constructor(servers: ServerTable, limits: StreamLimits, keepAlive: KeepAlive, log: Logger, tally: Tally) {
    this.servers = servers;
    this.limits = limits;
    this.keepAlive = keepAlive;
    this.log = log;
    this.tally = tally;
  }

  act(decision: Decision, body: Buffer, request: IncomingMessage, response: ServerResponse): void {
    if (decision.kind === "refuse") return writeRefusal(response, decision);
    const id = "envelope" in decision && decision.envelope.kind === "request" ? rawOf(body, decision.envelope.id) : undefined;
    const server = this.servers.find(decision.serverName);
    if (server === undefined) return writeRefusal(response, serverNotFound(decision.serverName, id));
    switch (decision.kind) {
      // Nothing in these two is expected to fail, and a bug must not become a silent hang.
      case "initialize": return void this.initialize(server, decision, body, response, id);
      case "open_events": return void this.openEvents(server, decision.serverName, request.socket, response);
      case "post_message": return this.postMessage(server, decision, body, response, id);
      default:
    }
    const found = server.find(decision.sessionId);
    switch (found.kind) {
      case "absent": return writeRefusal(response, refuse(400, errorCodes.unavailable, "the mcp-session-id header is required: begin with initialize", id));
      case "unknown": return writeRefusal(response, sessionNotFound(id));
      case "no_room": return writeRefusal(response, refuseLease(decision.serverName, "queue_full", found.what, id));
      case "live":
    }
    const { session } = found;
    switch (decision.kind) {
      case "ask": return this.ask(session, body, decision.envelope, this.makeAnswer(response, decision, session, { id }), response, id);
      case "batch": return this.askBatch(session, decision, response);
      case "tell": {
        const outcome = session.tell(body, decision.envelope);
        return outcome === "sent" ? writeAccepted(response) : writeRefusal(response, refuseTell(outcome, undefined));
      }
      case "listen": return this.listen(session, decision, response);
      case "end":
        session.end("the client has ended it");
        response.writeHead(204).end();
    }
  }

  /** `undefined` after a refusal that was written. */
  private async open(server: HostedServer, serverName: string, response: ServerResponse, id: Buffer | undefined): Promise<ClientSession | undefined> {
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    response.on("close", onClose);
    const opened: OpenOutcome = await server.open(gone.signal);
    response.off("close", onClose);
    if (opened.kind === "refused") {
      writeRefusal(response, refuseLease(serverName, opened.why, opened.what, id));
      return undefined;
    }
    if (!gone.signal.aborted) return opened.session;
    opened.session.end("the client has gone before it had begun");
    return undefined;
  }

  private async initialize(server: HostedServer, decision: Decision & { kind: "initialize" }, body: Buffer, response: ServerResponse, id: Buffer | undefined): Promise<void> {
    const session = await this.open(server, decision.serverName, response, id);
    if (session === undefined) return;
    const answer = this.makeAnswer(response, { accepts: decision.accepts, primes: false }, session, { begins: true });
    this.ask(session, body, decision.envelope, answer, response, id);
  }

  private ask(session: ClientSession, body: Buffer, envelope: RequestEnvelope, answer: PostAnswer, response: ServerResponse, id: Buffer | undefined): void {
    const outcome = session.ask(body, envelope, answer);
    if (outcome === "sent") return;
    answer.discard();
    writeRefusal(response, refuseAsk(outcome, id));
  }

  private askBatch(session: ClientSession, decision: Decision & { kind: "batch" }, response: ServerResponse): void {
    const { parts } = decision;
    const requests = parts.filter(({ envelope }) => envelope.kind === "request").length;
    const answer = requests === 0 ? undefined : this.makeAnswer(response, decision, session, { batchOf: requests });
    let refusal: Refusal | undefined;
    for (const part of parts) refusal = this.passPart(session, part, answer) ?? refusal;
    // The answers say how the requests fared; of the rest only this can.
    if (answer !== undefined) return;
    if (refusal === undefined) return writeAccepted(response);
    writeRefusal(response, refusal);
  }

  private passPart(session: ClientSession, { bytes, envelope }: BatchPart, answer: PostAnswer | undefined): Refusal | undefined {
    if (envelope.kind !== "request") {
      const outcome = session.tell(bytes, envelope);
      return outcome === "sent" ? undefined : refuseTell(outcome, undefined);
    }
    if (answer === undefined) return undefined;
    const outcome = session.ask(bytes, envelope, answer);
    if (outcome === "sent") return undefined;
    const { id, error } = refuseAsk(outcome, rawOf(bytes, envelope.id));
    answer.answer(toErrorMessage(id, error), "error");
    return undefined;
  }

  private makeAnswer(response: ServerResponse, { accepts, primes }: { readonly accepts: Accepts; readonly primes: boolean }, session: ClientSession, { begins = false, batchOf, id }: { begins?: boolean; batchOf?: number; id?: Buffer | undefined } = {}): PostAnswer {
    return new PostAnswer(response, {
      accepts,
      primes,
      batchOf,
      keepAlive: this.keepAlive,
      limits: this.limits,
      // A client that takes a new id from any answer is led here directly from now on, and one that does not by its old one.
      named: begins || session.isRebuilt ? session : undefined,
      beginStream: () => this.streamsOf(session).begin(true, id),
      flow: this.flowOf(session),
      // Nobody knows of the session, so nobody will ever end it.
      onGone: () => begins && session.end("the client has gone before it had begun"),
    });
  }

  private listen(session: ClientSession, { lastEventId, primes }: Decision & { kind: "listen" }, response: ServerResponse): void {
    const streams = this.streamsOf(session);
    const resumed = lastEventId === undefined ? undefined : streams.find(lastEventId);
    if (lastEventId !== undefined && resumed === undefined) {
      if (!session.isRebuilt) return writeRefusal(response, refuse(400, errorCodes.invalidRequest, "last-event-id names no event of this session that is still kept: open a stream without it", undefined));
      // What a session has sent before it was brought back here is known to nobody any more; but nobody is to wait for it.
      const lost = requestOfEvent(lastEventId);
      if (lost !== undefined) return this.tellLoss(session, lost, response);
    }
    if (resumed?.stream.isAnswer !== true && !streams.canOpen) {
      return writeRefusal(response, refuse(409, errorCodes.unavailable, `the session has ${streamsLimits.maxOpen} streams open already`, undefined));
    }
    const stream = resumed?.stream ?? streams.begin(false);
    const events = this.openStream(session, response, () => {
      stream.detach(events);
      if (!streams.isListening) session.unlisten(streams);
    });
    stream.attach(events, resumed?.after ?? 0, primes);
    if (!stream.isAnswer) session.listen(streams);
  }

  private tellLoss(session: ClientSession, requestId: Buffer, response: ServerResponse): void {
    const events = this.openStream(session, response, () => undefined);
    events.send(toErrorMessage(requestId, { code: errorCodes.unavailable, message: "the request was lost with the worker that ran it: it may have been run, or not" }));
    events.end();
  }

  /** HTTP+SSE: the stream is the session, and messages come by requests of their own. */
  private async openEvents(server: HostedServer, serverName: string, socket: Socket, response: ServerResponse): Promise<void> {
    const session = await this.open(server, serverName, response, undefined);
    if (session === undefined) return;
    const events = this.openStream(session, response, () => channel.close());
    // The address by which the gateway reaches this worker; known while the socket is open.
    const address = toSessionAddress(session.id, { address: socket.localAddress ?? "", port: socket.localPort ?? 0 });
    events.tellEndpoint(`/${serverName}/messages?sessionId=${address}`);
    const channel = new Channel(session, { send: (message) => events.send(message), onEnd: () => events.end() });
    this.channels.set(session, channel);
  }

  private postMessage(server: HostedServer, decision: Decision & { kind: "post_message" }, body: Buffer, response: ServerResponse, id: Buffer | undefined): void {
    const found = server.find(readSessionAddress(decision.address));
    const channel = found.kind === "live" ? this.channels.get(found.session) : undefined;
    if (channel === undefined) return writeRefusal(response, sessionNotFound(id));
    const refusal = channel.receive(body, decision.envelope);
    return refusal === undefined ? writeAccepted(response) : writeRefusal(response, refusal);
  }

  /** A connection that tells events, kept alive until it closes. */
  private openStream(session: ClientSession, response: ServerResponse, onClose: () => void): EventStream {
    const events = new EventStream(response, { headers: {}, limits: this.limits, flow: this.flowOf(session) });
    const beating = { get lastSentMs() { return events.lastSentMs; }, beat: () => events.comment() };
    this.keepAlive.add(beating);
    response.on("close", () => {
      this.keepAlive.remove(beating);
      onClose();
    });
    return events;
  }

  private streamsOf(session: ClientSession): SessionStreams {
    let streams = this.streams.get(session);
    // 128 bits: not to be guessed.
    if (streams === undefined) this.streams.set(session, (streams = new SessionStreams(streamsLimits, (requestId) => toStreamId(randomBytes(16).toString("hex"), requestId), this.tally)));
    return streams;
  }

  private flowOf(session: ClientSession): Flow {
    return {
      onSlow: () => session.slow(),
      onFlowing: () => session.flowing(),
      onCut: (backlogBytes) => {
        this.tally.add("clients_cut");
        this.log.warn({ backlogBytes }, "a client does not read its stream, and was cut off");
      },
    };
  }
}

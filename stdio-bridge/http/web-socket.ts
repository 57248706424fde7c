/** One WebSocket of a client: a session of its own, one JSON-RPC message a text frame, and a close code that says why it ended. */

import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { rawOf, readEnvelope } from "../jsonrpc/envelope.js";
import { errorCodes, toErrorMessage } from "../jsonrpc/error-message.js";
import type { LeaseRefusal } from "../pool/pool.js";
import type { HostedServer } from "../session/hosted-server.js";
import type { Tally } from "../process/tally.js";
import { Channel } from "./channel.js";
import type { StreamLimits } from "./event-stream.js";
import type { KeepAlive } from "./keep-alive.js";
import { readMessage, type Refusal } from "./mcp-request.js";
import { refuseLease } from "./refusals.js";

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1; a message that is too long (1009) or no UTF-8 (1007) is seen by the library. */
const closeCodes = { normal: 1000, goingAway: 1001, unsupportedData: 1003, policy: 1008, processEnded: 1011, tryAgainLater: 1013 } as const;

export interface WebSocketNeeds {
  readonly serverName: string;
  readonly server: HostedServer;
  readonly keepAlive: KeepAlive;
  readonly limits: StreamLimits & {
    /** A socket over which nothing was said for so long after its start is closed. */
    readonly firstMessageMs: number;
  };
  readonly log: Logger;
  readonly tally: Tally;
}

export class WebSocketSession {
  lastSentMs = performance.now();
  private readonly webSocket: WebSocket;
  private readonly socket: Socket;
  private readonly needs: WebSocketNeeds;
  private readonly gone = new AbortController();
  private readonly firstMessage: NodeJS.Timeout;
  /** Absent until the client has said something: who only connects costs no process. */
  private channel: Channel | undefined;
  /** Messages that came while a process was awaited; the socket is not read meanwhile, so they are few. */
  private early: Buffer[] | undefined;
  private isSlow = false;
  private awaitsPong = false;

  /** `socket` is the one below `webSocket`. */
  constructor(webSocket: WebSocket, socket: Socket, needs: WebSocketNeeds) {
    this.webSocket = webSocket;
    this.socket = socket;
    this.needs = needs;
    this.firstMessage = setTimeout(() => webSocket.close(closeCodes.policy, "nothing was said"), needs.limits.firstMessageMs);
    // Binary frames come as they are, text frames as the bytes of the text.
    webSocket.on("message", (data, isBinary) => this.receive(data as Buffer, isBinary)); // With the default binaryType.
    webSocket.on("pong", () => (this.awaitsPong = false));
    webSocket.on("error", (error) => needs.log.debug({ error: error.message }, "a web socket failed"));
    webSocket.on("close", () => this.end());
    socket.on("timeout", () => this.cut());
    needs.keepAlive.add(this);
  }

  /** The client has been silent, or was not spoken to: is it there? */
  beat(): void {
    // While a process is awaited nothing is read, and so no pong either; behind much that waits a ping would come late.
    if (this.early !== undefined || this.isSlow) return;
    if (this.awaitsPong) {
      this.needs.log.debug("a web socket's client answers no ping, and was cut off");
      return this.webSocket.terminate();
    }
    this.awaitsPong = true;
    this.lastSentMs = performance.now();
    this.webSocket.ping();
  }

  private receive(bytes: Buffer, isBinary: boolean): void {
    clearTimeout(this.firstMessage);
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    if (isBinary) return this.webSocket.close(closeCodes.unsupportedData, "one JSON-RPC message a text frame");
    if (this.early !== undefined) {
      this.early.push(bytes);
      return;
    }
    if (this.channel !== undefined) return this.pass(this.channel, bytes);
    this.early = [bytes];
    this.webSocket.pause();
    // Nothing in it is expected to fail, and a bug must not become a silent hang.
    void this.open();
  }

  private async open(): Promise<void> {
    const { server, serverName } = this.needs;
    const opened = await server.open(this.gone.signal);
    const early = this.early ?? [];
    this.early = undefined;
    this.webSocket.resume();
    if (opened.kind === "refused") return this.refuseAll(early, opened.why, (id) => refuseLease(serverName, opened.why, opened.what, id));
    const channel = new Channel(opened.session, {
      send: (message) => this.send(message),
      onEnd: (wasRefused) => this.webSocket.close(wasRefused ? closeCodes.normal : server.isStopped ? closeCodes.goingAway : closeCodes.processEnded),
    });
    this.channel = channel;
    if (this.gone.signal.aborted) return channel.close();
    for (const bytes of early) this.pass(channel, bytes);
  }

  private refuseAll(messages: readonly Buffer[], why: LeaseRefusal, toRefusal: (id: Buffer) => Refusal): void {
    for (const bytes of messages) {
      const read = readMessage(bytes);
      if (read.kind === "message" && read.envelope.kind === "request") this.sendRefusal(toRefusal(rawOf(bytes, read.envelope.id)));
    }
    this.webSocket.close(leaseCodes[why], "no process for a session");
  }

  private pass(channel: Channel, bytes: Buffer): void {
    const read = readMessage(bytes);
    if (read.kind === "refuse") return this.sendRefusal(read);
    const refusal = channel.receive(bytes, read.envelope);
    if (refusal === undefined) return;
    if (refusal.id !== undefined) return this.sendRefusal(refusal);
    // What is not a request has no answer, and must not be lost without a word.
    this.webSocket.close(closeCodes.tryAgainLater, refusal.error.message);
  }

  private sendRefusal(refusal: Refusal): void {
    this.send(toErrorMessage(refusal.id, refusal.error));
  }

  private send(message: Buffer): void {
    const { webSocket, needs } = this;
    const { limits } = needs;
    if (webSocket.readyState !== webSocket.OPEN) return;
    // Asked before the message is added: one that is large by itself may pass.
    if (webSocket.bufferedAmount > limits.maxBacklogBytes) return this.cut();
    this.lastSentMs = performance.now();
    const text = toText(message);
    if (text === undefined) return needs.log.warn({ bytes: message.length }, "a message that is not UTF-8 was dropped: a web socket cannot carry it");
    webSocket.send(text, { binary: false }, () => this.noteSent());
    if (webSocket.bufferedAmount > limits.slowBytes) this.noteSlow();
  }

  private noteSlow(): void {
    if (this.isSlow || this.channel === undefined) return;
    this.isSlow = true;
    // Node's own time-out for sockets: it does not run out while the client takes anything of what waits.
    this.socket.setTimeout(this.needs.limits.stallMs);
    this.channel.session.slow();
  }

  private noteSent(): void {
    if (!this.isSlow || this.webSocket.bufferedAmount > this.needs.limits.slowBytes) return;
    this.isSlow = false;
    this.awaitsPong = false;
    this.socket.setTimeout(0);
    this.channel?.session.flowing();
  }

  private cut(): void {
    this.needs.tally.add("clients_cut");
    this.needs.log.warn({ backlogBytes: this.webSocket.bufferedAmount }, "a client does not read its web socket, and was cut off");
    this.webSocket.terminate();
  }

  private end(): void {
    clearTimeout(this.firstMessage);
    this.needs.keepAlive.remove(this);
    this.gone.abort();
    this.channel?.close();
  }
}

const leaseCodes = {
  queue_full: closeCodes.tryAgainLater, timed_out: closeCodes.tryAgainLater,
  cannot_start: closeCodes.processEnded, closed: closeCodes.goingAway, abandoned: closeCodes.goingAway,
} as const satisfies Record<LeaseRefusal, number>;

/** A text frame must be UTF-8: of an answer that is not, the client hears at least that. */
function toText(message: Buffer): Buffer | undefined {
  // A copy, for the library keeps what it could not write, and the message lies in a buffer that is larger.
  if (isUtf8(message)) return Buffer.from(message);
  const envelope = readEnvelope(message);
  if (envelope.kind !== "response" || envelope.id === undefined) return undefined;
  return toErrorMessage(rawOf(message, envelope.id), { code: errorCodes.unavailable, message: "the answer is not UTF-8, which a web socket cannot carry" });
}

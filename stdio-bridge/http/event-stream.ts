/** Server-sent events over an HTTP answer: one JSON-RPC message an event, and an end for a client that does not read. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { withoutLineEnds } from "../jsonrpc/line-framing.js";

export interface StreamLimits {
  /** When more than this waits for the client, those who write are asked to wait too. */
  readonly slowBytes: number;
  /** What may wait for the client at the most. */
  readonly maxBacklogBytes: number;
  /** A client that is waited for and takes nothing for so long is cut off. */
  readonly stallMs: number;
}

/** Who is told how a stream flows. */
export interface Flow {
  /** More waits for the client than should, until `onFlowing`. */
  readonly onSlow: () => void;
  readonly onFlowing: () => void;
  /** The client does not read, and the stream was cut. */
  readonly onCut: (backlogBytes: number) => void;
}

export interface EventStreamOptions {
  readonly headers: OutgoingHttpHeaders;
  readonly limits: StreamLimits;
  readonly flow: Flow;
}

export class EventStream {
  lastSentMs = performance.now();
  private readonly response: ServerResponse;
  private readonly options: EventStreamOptions;
  /** Kept: the response lets go of it before it is closed. */
  private readonly socket: Socket | null;
  private isSlow = false;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.response = response;
    this.options = options;
    this.socket = response.socket;
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform", ...options.headers });
    response.flushHeaders();
    response.on("timeout", () => this.cut());
    response.on("drain", () => this.noteFlowing());
    response.on("close", () => this.noteFlowing());
  }

  /** The message's bytes as they are, in one event. */
  send(message: Buffer, id?: string): void {
    const line = withoutLineEnds(message);
    const start = id === undefined ? EVENT_START : Buffer.concat([EVENT_START.subarray(0, -DATA.length), Buffer.from(`id: ${id}\n`), DATA]);
    // A large message is not copied for the sake of its frame.
    if (line.length < copiedBytes) return this.write([Buffer.concat([start, line, EVENT_END])]);
    this.write([start, Buffer.from(line), EVENT_END]);
  }

  /** An event without a message, so that the client has an id to come back with, and knows after what time. */
  prime(id: string): void {
    this.write([Buffer.from(`id: ${id}\nretry: ${retryMs}\ndata: \n\n`)]);
  }

  /** HTTP+SSE's first event: where messages are to be posted. */
  tellEndpoint(uri: string): void {
    this.write([Buffer.from(`event: endpoint\ndata: ${uri}\n\n`)]);
  }

  /** A comment: clients pass over it, proxies see that the stream lives. */
  comment(): void {
    this.write([COMMENT]);
  }

  end(): void {
    this.response.end();
  }

  private write(pieces: readonly Buffer[]): void {
    const { response } = this;
    if (response.destroyed || response.writableEnded) return;
    // Asked before the message is added: one that is large by itself may pass.
    if (response.writableLength > this.options.limits.maxBacklogBytes) return this.cut();
    this.lastSentMs = performance.now();
    response.cork();
    for (const piece of pieces) response.write(piece);
    response.uncork();
    if (response.writableLength > this.options.limits.slowBytes) this.noteSlow();
  }

  private noteSlow(): void {
    if (this.isSlow) return;
    this.isSlow = true;
    // Node's own time-out for sockets: it does not run out while the client takes anything of what waits.
    this.socket?.setTimeout(this.options.limits.stallMs);
    this.options.flow.onSlow();
  }

  private noteFlowing(): void {
    if (!this.isSlow) return;
    this.isSlow = false;
    this.socket?.setTimeout(0);
    this.options.flow.onFlowing();
  }

  private cut(): void {
    this.options.flow.onCut(this.response.writableLength);
    this.response.destroy();
  }
}

const DATA = Buffer.from("data: ");
const EVENT_START = Buffer.from("event: message\ndata: "), EVENT_END = Buffer.from("\n\n"), COMMENT = Buffer.from(": keep-alive\n\n");
const copiedBytes = 16 * 1024;
const retryMs = 1_000;

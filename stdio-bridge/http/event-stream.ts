/** Server-sent events over an HTTP answer: one JSON-RPC message an event, and an end for a client that does not read. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { withoutLineEnds } from "../jsonrpc/line-framing.js";

export interface EventStreamOptions {
  readonly headers: OutgoingHttpHeaders;
  /** What may wait to be read by the client. */
  readonly maxBacklogBytes: number;
  /** The client reads too slowly, and the stream was cut. */
  readonly onCut: (backlogBytes: number) => void;
}

export class EventStream {
  lastSentMs = performance.now();
  private readonly response: ServerResponse;
  private readonly options: EventStreamOptions;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.response = response;
    this.options = options;
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform", ...options.headers });
    response.flushHeaders();
  }

  /** The message's bytes as they are, in one event. */
  send(message: Buffer): void {
    const line = withoutLineEnds(message);
    // A large message is not copied for the sake of its frame.
    if (line.length < copiedBytes) return this.write([Buffer.concat([EVENT_START, line, EVENT_END])]);
    this.write([EVENT_START, Buffer.from(line), EVENT_END]);
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
    if (response.writableLength > this.options.maxBacklogBytes) {
      this.options.onCut(response.writableLength);
      response.destroy();
      return;
    }
    this.lastSentMs = performance.now();
    response.cork();
    for (const piece of pieces) response.write(piece);
    response.uncork();
  }
}

const EVENT_START = Buffer.from("event: message\ndata: "), EVENT_END = Buffer.from("\n\n"), COMMENT = Buffer.from(": keep-alive\n\n");
const copiedBytes = 16 * 1024;

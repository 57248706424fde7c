/** The answer to a POST that is still to come: plain JSON when it is all there is to say, a stream when other messages go before it. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Caller } from "../session/pending.js";
import { EventStream, type Flow, type StreamLimits } from "./event-stream.js";
import type { KeepAlive } from "./keep-alive.js";
import type { Accepts } from "./mcp-request.js";

export interface PostAnswerNeeds {
  readonly accepts: Accepts;
  readonly keepAlive: KeepAlive;
  readonly limits: StreamLimits;
  /** The session's id, on the answer that begins it. */
  readonly sessionId: string | undefined;
  readonly flow: Flow;
  /** The client has gone before the answer. */
  readonly onGone: () => void;
}

export class PostAnswer implements Caller {
  private readonly response: ServerResponse;
  private readonly needs: PostAnswerNeeds;
  private readonly startedMs = performance.now();
  private events: EventStream | undefined;
  private isDone = false;

  constructor(response: ServerResponse, needs: PostAnswerNeeds) {
    this.response = response;
    this.needs = needs;
    needs.keepAlive.add(this);
    response.on("close", () => {
      if (this.isDone) return;
      this.finish();
      needs.onGone();
    });
  }

  get isOpen(): boolean {
    return !this.isDone;
  }

  get canStream(): boolean {
    return !this.isDone && this.needs.accepts.stream;
  }

  get lastSentMs(): number {
    return this.events?.lastSentMs ?? this.startedMs;
  }

  stream(message: Buffer): void {
    if (this.canStream) this.openStream().send(message);
  }

  answer(message: Buffer, outcome: "result" | "error"): void {
    if (this.isDone) return;
    this.finish();
    if (this.events === undefined && this.needs.accepts.json) {
      this.response.writeHead(200, { "content-type": "application/json", "content-length": message.length, ...(outcome === "result" && this.sessionHeader()) });
      this.response.end(message);
      return;
    }
    const events = this.openStream();
    events.send(message);
    events.end();
  }

  refuse(message: Buffer): void {
    if (this.isDone) return;
    if (this.events !== undefined) return this.answer(message, "error");
    this.finish();
    this.response.writeHead(503, { "content-type": "application/json", "content-length": message.length, "retry-after": "1" });
    this.response.end(message);
  }

  /** The answer is given elsewhere. */
  discard(): void {
    this.finish();
  }

  /** The client has waited for long: it learns now that the answer will be a stream, and that it is being made. */
  beat(): void {
    if (this.canStream) this.openStream().comment();
  }

  private openStream(): EventStream {
    const { limits, flow } = this.needs;
    this.events ??= new EventStream(this.response, { headers: this.sessionHeader(), limits, flow });
    return this.events;
  }

  private sessionHeader(): OutgoingHttpHeaders {
    return this.needs.sessionId === undefined ? {} : { "mcp-session-id": this.needs.sessionId };
  }

  private finish(): void {
    this.isDone = true;
    this.needs.keepAlive.remove(this);
  }
}

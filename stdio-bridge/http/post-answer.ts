/** The answer to a POST that is still to come: plain JSON when it is all there is to say, a stream when other messages go before it or the client would rather have one. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { toBatch } from "../jsonrpc/batch.js";
import type { Caller, RefusalReason } from "../session/pending.js";
import { EventStream, type Flow, type StreamLimits } from "./event-stream.js";
import type { KeepAlive } from "./keep-alive.js";
import type { Accepts } from "./mcp-request.js";
import type { LoggedStream } from "./session-streams.js";

export interface PostAnswerNeeds {
  readonly accepts: Accepts;
  /** How many requests of a batch are to be answered; absent: the POST is a single one. */
  readonly batchOf: number | undefined;
  readonly keepAlive: KeepAlive;
  readonly limits: StreamLimits;
  /** The session whose id goes with the answer: one that it begins, or that has moved. */
  readonly named: { readonly id: string } | undefined;
  /** A stream that the client may come back to. */
  readonly beginStream: () => LoggedStream;
  readonly primes: boolean;
  readonly flow: Flow;
  /** The client has gone before the answer. */
  readonly onGone: () => void;
}

export class PostAnswer implements Caller {
  private readonly response: ServerResponse;
  private readonly needs: PostAnswerNeeds;
  private readonly startedMs = performance.now();
  private events: LoggedStream | undefined;
  /** Answers of a batch that wait for the others. */
  private ready: Buffer[] = [];
  private readyBytes = 0;
  private open: number;
  private isGone = false;
  private isDone = false;

  constructor(response: ServerResponse, needs: PostAnswerNeeds) {
    this.response = response;
    this.needs = needs;
    this.open = needs.batchOf ?? 1;
    needs.keepAlive.add(this);
    response.on("close", () => this.noteGone());
  }

  get isOpen(): boolean {
    return !this.isDone && (this.events?.isAttached ?? !this.isGone);
  }

  /** Also while the client is away from a stream that it may come back to. */
  get canStream(): boolean {
    return !this.isDone && this.needs.accepts.stream && (this.events !== undefined || !this.isGone);
  }

  get lastSentMs(): number {
    return this.events?.lastSentMs ?? this.startedMs;
  }

  stream(message: Buffer): void {
    if (this.canStream) this.openStream().send(message);
  }

  answer(message: Buffer, outcome: "result" | "error"): void {
    if (this.isDone) return;
    this.open -= 1;
    const { json, prefersStream = false } = this.needs.accepts;
    if (this.events !== undefined || !json || prefersStream) return this.sendAnswer(message);
    if (this.open === 0) return this.writeJson(message, outcome);
    // A copy: the message lies in a larger buffer that would be kept alive with it.
    this.ready.push(Buffer.from(message));
    this.readyBytes += message.length;
    if (this.readyBytes > this.needs.limits.slowBytes && this.canStream) this.openStream();
  }

  refuse(message: Buffer, why: RefusalReason = "no_room"): void {
    if (this.isDone) return;
    if (this.events !== undefined || this.needs.batchOf !== undefined) return this.answer(message, "error");
    this.finish();
    this.response.writeHead(why === "session_ended" ? 404 : 503, { "content-type": "application/json", "content-length": message.length, ...(why === "no_room" && { "retry-after": "1" }) });
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

  private writeJson(last: Buffer, outcome: "result" | "error"): void {
    const bytes = this.needs.batchOf === undefined ? last : toBatch([...this.ready, last]);
    this.finish();
    this.response.writeHead(200, { "content-type": "application/json", "content-length": bytes.length, ...(outcome === "result" && this.sessionHeader()) });
    // A short one goes out in one piece with its head, which is text: as latin1 each byte stays what it is.
    if (bytes.length < shortBytes) this.response.end(bytes.toString("latin1"), "latin1");
    else this.response.end(bytes);
  }

  private sendAnswer(message: Buffer): void {
    const events = this.openStream();
    events.send(message);
    if (this.open > 0) return;
    this.finish();
    events.end();
  }

  private openStream(): LoggedStream {
    if (this.events !== undefined) return this.events;
    const { limits, flow, beginStream, primes } = this.needs;
    const stream = this.events = beginStream();
    const connection = new EventStream(this.response, { headers: this.sessionHeader(), limits, flow });
    stream.attach(connection, 0, primes);
    this.response.on("close", () => stream.detach(connection));
    for (const message of this.ready) stream.send(message);
    this.ready = [];
    return stream;
  }

  private sessionHeader(): OutgoingHttpHeaders {
    return this.needs.named === undefined ? {} : { "mcp-session-id": this.needs.named.id };
  }

  private noteGone(): void {
    this.isGone = true;
    this.needs.keepAlive.remove(this);
    if (this.isDone) return;
    // A stream may be come back to; without one nobody can hear the answer any more.
    if (this.events === undefined) this.finish();
    this.needs.onGone();
  }

  private finish(): void {
    this.isDone = true;
    this.ready = [];
    this.needs.keepAlive.remove(this);
  }
}

const shortBytes = 16 * 1024;

/** The answer to a POST of 2026-07-28: plain JSON when it is all there is to say, else a stream, which is gone with its connection. */

import type { ServerResponse } from "node:http";
import { errorCodes } from "../jsonrpc/error-message.js";
import { errorCodeOf } from "../jsonrpc/modern-result.js";
import type { Caller } from "../session/pending.js";
import { EventStream, type StreamLimits } from "./event-stream.js";
import type { KeepAlive } from "./keep-alive.js";
import type { Accepts } from "./mcp-request.js";

export interface ModernAnswerNeeds {
  readonly accepts: Accepts;
  readonly keepAlive: KeepAlive;
  readonly limits: StreamLimits;
  /** The client does not read, and the stream was cut. */
  readonly onCut: (backlogBytes: number) => void;
  /** The client has gone before the answer. */
  readonly onGone: () => void;
}

export class ModernAnswer implements Caller {
  private readonly response: ServerResponse;
  private readonly needs: ModernAnswerNeeds;
  private readonly startedMs = performance.now();
  private events: EventStream | undefined;
  private isDone = false;

  constructor(response: ServerResponse, needs: ModernAnswerNeeds) {
    this.response = response;
    this.needs = needs;
    needs.keepAlive.add(this);
    response.on("close", () => this.noteGone());
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
    const { json, prefersStream = false } = this.needs.accepts;
    const status = outcome === "result" ? 200 : statusOf(message);
    // A stream has but one status.
    if (this.events === undefined && json && (status !== 200 || !prefersStream)) return this.writeJson(status, message);
    const events = this.openStream();
    this.finish();
    events.send(message);
    events.end();
  }

  refuse(message: Buffer): void {
    if (this.isDone) return;
    if (this.events !== undefined) return this.answer(message, "error");
    this.writeJson(503, message, { "retry-after": "1" });
  }

  /** The client has waited for long: it learns now that the answer will be a stream, and that it is being made. */
  beat(): void {
    if (this.canStream) this.openStream().comment();
  }

  private writeJson(status: number, message: Buffer, headers: Readonly<Record<string, string>> = {}): void {
    this.finish();
    this.response.writeHead(status, { "content-type": "application/json", "content-length": message.length, ...headers });
    this.response.end(message);
  }

  private openStream(): EventStream {
    const { limits, onCut } = this.needs;
    // Processes are shared: none of them waits for one client.
    this.events ??= new EventStream(this.response, { headers: {}, limits, flow: { onSlow: () => undefined, onFlowing: () => undefined, onCut } });
    return this.events;
  }

  private noteGone(): void {
    if (this.isDone) return;
    this.finish();
    this.needs.onGone();
  }

  private finish(): void {
    this.isDone = true;
    this.needs.keepAlive.remove(this);
  }
}

/** Errors that are of the protocol and not of what was asked have a status of their own. */
function statusOf(error: Buffer): number {
  switch (errorCodeOf(error)) {
    case errorCodes.methodNotFound: return 404;
    case errorCodes.missingCapability: case errorCodes.headerMismatch: return 400;
    default: return 200;
  }
}

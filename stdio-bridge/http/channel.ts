/** A client with one way back for all messages, as over a WebSocket or HTTP+SSE: its session lives as long as that way. */

import type { RequestEnvelope, NotificationEnvelope, ResponseEnvelope } from "../jsonrpc/envelope.js";
import { rawOf } from "../jsonrpc/envelope.js";
import type { Caller } from "../session/pending.js";
import type { ClientSession } from "../session/client-session.js";
import type { Refusal } from "./mcp-request.js";
import { refuseAsk, refuseTell } from "./refusals.js";

export interface ChannelEvents {
  readonly send: (message: Buffer) => void;
  /** The session has ended by itself. `wasRefused`: it never began, and the client was told why. */
  readonly onEnd: (wasRefused: boolean) => void;
}

export class Channel {
  readonly session: ClientSession;
  private readonly events: ChannelEvents;
  private isOpen = true;
  private wasRefused = false;

  constructor(session: ClientSession, events: ChannelEvents) {
    this.session = session;
    this.events = events;
    session.listen({ send: (message) => this.send(message), close: () => this.noteEnd() });
  }

  /** A message of the client; absent, or why it cannot be taken. */
  receive(message: Buffer, envelope: RequestEnvelope | NotificationEnvelope | ResponseEnvelope): Refusal | undefined {
    if (envelope.kind === "request") {
      const outcome = this.session.ask(message, envelope, this.callerOf(envelope));
      return outcome === "sent" ? undefined : refuseAsk(outcome, rawOf(message, envelope.id));
    }
    const outcome = this.session.tell(message, envelope);
    return outcome === "sent" ? undefined : refuseTell(outcome, undefined);
  }

  /** The client has gone. */
  close(): void {
    this.isOpen = false;
    this.session.end("the client has closed its connection");
  }

  private send(message: Buffer): void {
    if (this.isOpen) this.events.send(message);
  }

  private callerOf({ method }: RequestEnvelope): Caller {
    const isOpen = (): boolean => this.isOpen;
    return {
      get isOpen() { return isOpen(); },
      get canStream() { return isOpen(); },
      stream: (message) => this.send(message),
      answer: (message, outcome) => {
        if (method === "initialize" && outcome === "error") this.wasRefused = true;
        this.send(message);
      },
      refuse: (message) => this.send(message),
    };
  }

  private noteEnd(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.events.onEnd(this.wasRefused);
  }
}

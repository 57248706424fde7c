/** One kept HTTP connection on a raw socket, a request at a time: a client that costs little beside what it measures. */

import { connect, type Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  /** As it came over the wire, chunk sizes too. */
  readonly body: string;
}

export class RawConnection {
  private readonly socket: Socket;
  private readonly onLost: () => void;
  private received = "";
  private onAnswer: ((answer: RawAnswer) => void) | undefined;

  /** `onLost`: the connection has ended, and with it what was asked over it. */
  constructor(port: number, onLost: () => void) {
    this.onLost = onLost;
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (chunk: Buffer) => this.receive(chunk));
    this.socket.on("error", () => this.socket.destroy());
    this.socket.on("close", () => this.onLost());
  }

  /** The request whole, as latin1. */
  ask(request: string, onAnswer: (answer: RawAnswer) => void): void {
    this.onAnswer = onAnswer;
    this.socket.write(request, "latin1");
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.received = this.received === "" ? chunk.toString("latin1") : this.received + chunk.toString("latin1");
    const answer = readAnswer(this.received);
    if (answer === undefined) return;
    this.received = "";
    this.onAnswer?.(answer);
  }
}

/** Absent until it is whole. Answers either have a length, are sent in chunks, or have no body. */
export function readAnswer(received: string): RawAnswer | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = received.slice(0, headEnd);
  const body = received.slice(headEnd + 4);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: ?(\d+)/i.exec(head)?.[1];
  const isWhole = length !== undefined ? body.length >= Number(length) : status === 202 || status === 204 || body.endsWith("0\r\n\r\n");
  return isWhole ? { status, head, body } : undefined;
}

export function headerOf({ head }: RawAnswer, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: ?([^\\r]*)`, "i").exec(head)?.[1];
}

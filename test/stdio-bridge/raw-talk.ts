/** A session over one of the transports that carry everything over one connection, spoken raw: texts in, texts out. */

import { once } from "node:events";
import { WebSocket } from "ws";
import { rawEventsOf, type RpcMessage } from "./bridge.js";
import { Heard } from "./heard.js";

abstract class RawTalk {
  readonly heard = new Heard<string>();

  abstract send(message: string): void;
  abstract stop(): Promise<void>;

  ask(id: number | string, method: string, params: object = {}): Promise<RpcMessage> {
    this.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return this.answer(id);
  }

  async answer(id: number | string): Promise<RpcMessage> {
    const isAnswer = (text: string): boolean => {
      const message = JSON.parse(text) as RpcMessage;
      return message.id === id && message.method === undefined;
    };
    return JSON.parse(await this.heard.any(isAnswer)) as RpcMessage;
  }

  messages(): readonly RpcMessage[] {
    return this.heard.all.map((text) => JSON.parse(text) as RpcMessage);
  }
}

export type { RawTalk };

export class RawSocket extends RawTalk {
  readonly opened: Promise<unknown>;
  /** The close code. */
  readonly closed: Promise<number>;
  private readonly socket: WebSocket;

  constructor(url: string) {
    super();
    this.socket = new WebSocket(url, "mcp");
    this.opened = once(this.socket, "open");
    this.closed = new Promise((resolve) => this.socket.on("close", (code) => resolve(code)));
    this.socket.on("message", (data: Buffer) => this.heard.hear(data.toString()));
  }

  send(message: string | Buffer): void {
    this.socket.send(message);
  }

  async stop(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** HTTP+SSE of 2024-11-05. */
export class RawEvents extends RawTalk {
  /** When it is known where messages are to be posted. */
  readonly opened: Promise<unknown>;
  readonly closed: Promise<void>;
  /** Statuses other than 202. */
  readonly refusals: number[] = [];
  private readonly abort = new AbortController();
  private readonly url: string;
  private endpoint = "";
  /** Posts go out in their order. */
  private sending: Promise<unknown> = Promise.resolve();

  constructor(url: string) {
    super();
    this.url = url;
    const opening = fetch(url, { headers: { accept: "text/event-stream" }, signal: this.abort.signal }).then((response) => rawEventsOf(response));
    this.opened = opening.then(async (events) => (this.endpoint = /^event: endpoint\ndata: (.*)$/.exec(String((await events.next()).value))?.[1] ?? ""));
    this.closed = Promise.all([opening, this.opened]).then(([events]) => this.listen(events)).catch(() => undefined); // Ended by us.
  }

  send(message: string): void {
    this.sending = this.sending.then(async () => {
      const { status } = await fetch(new URL(this.endpoint, this.url), { method: "POST", headers: { "content-type": "application/json" }, body: message });
      if (status !== 202) this.refusals.push(status);
    });
  }

  async stop(): Promise<void> {
    await this.sending;
    this.abort.abort();
    await this.closed;
  }

  private async listen(events: AsyncGenerator<string>): Promise<void> {
    for await (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) this.heard.hear(data);
    }
  }
}

/** An MCP client over one raw connection: the few requests that the benches send, each answer checked. */

import { headerOf, RawConnection, type RawAnswer } from "./raw-http.js";

export interface Address { readonly port: number; readonly path: string }

const version = "2025-06-18";

/** The head and the body of a POST, as latin1. */
export function toPost({ port, path }: Address, sessionId: string | undefined, body: string): string {
  return toHead({ port, path }, "POST", sessionId, [`Content-Length: ${body.length}`]) + body;
}

/** A stream for what belongs to no request. */
export function toGet(address: Address, sessionId: string): string {
  return toHead(address, "GET", sessionId, []);
}

function toHead({ port, path }: Address, method: string, sessionId: string | undefined, more: readonly string[]): string {
  return [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Content-Type: application/json",
    "Accept: application/json, text/event-stream",
    `MCP-Protocol-Version: ${version}`,
    ...(sessionId === undefined ? [] : [`Mcp-Session-Id: ${sessionId}`]),
    ...more,
    "",
    "",
  ].join("\r\n");
}

/** A call of the echo tool; its answer must hold the id and the text again. */
export function toEcho(id: number, nonce: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"text":"${nonce}"}}}`;
}

export function toInitialize(id: number): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"initialize","params":{"protocolVersion":"${version}","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`;
}

export function isEcho({ status, body }: RawAnswer, id: number, nonce: string): boolean {
  return status === 200 && holdsId(body, id) && body.includes(`"${nonce}"`);
}

function holdsId(body: string, id: number): boolean {
  const at = body.indexOf(`"id":${id}`);
  if (at < 0) return body.includes(`"id": ${id}`);
  const next = body.charCodeAt(at + 5 + String(id).length);
  return next < 0x30 || next > 0x39;
}

export class McpClient {
  readonly address: Address;
  sessionId = "";
  private connection: RawConnection;
  private fail: ((error: Error) => void) | undefined;
  private lastId = 0;

  constructor(address: Address) {
    this.address = address;
    this.connection = this.connect();
  }

  /** Fails when the connection ends first, or after the limit: then a new connection is used from there on. */
  post(body: string, limitMs = 20_000): Promise<RawAnswer> {
    return this.send(toPost(this.address, this.sessionId === "" ? undefined : this.sessionId, body), limitMs);
  }

  /** A session begun as the specification says. */
  async open(limitMs?: number): Promise<RawAnswer> {
    const answer = await this.initialize(limitMs);
    await this.post('{"jsonrpc":"2.0","method":"notifications/initialized"}', limitMs);
    return answer;
  }

  async initialize(limitMs?: number): Promise<RawAnswer> {
    this.sessionId = "";
    const answer = await this.post(toInitialize(this.nextId()), limitMs);
    const sessionId = headerOf(answer, "mcp-session-id");
    if (answer.status !== 200 || sessionId === undefined) throw new Error(`initialize: ${answer.status} ${answer.body.slice(0, 300)}`);
    this.sessionId = sessionId;
    return answer;
  }

  /** The answer, whatever it is. */
  call(nonce: string, limitMs?: number): Promise<RawAnswer> {
    return this.post(toEcho(this.nextId(), nonce), limitMs);
  }

  /** Fails where the answer is not the right one. */
  async echo(nonce: string, limitMs?: number): Promise<void> {
    const answer = await this.call(nonce, limitMs);
    if (!isEcho(answer, this.lastId, nonce)) throw new Error(`not the answer to ${nonce}: ${answer.status} ${answer.body.slice(0, 300)}`);
  }

  /** Never answered while the server lives. */
  hang(limitMs: number): Promise<RawAnswer> {
    return this.post(`{"jsonrpc":"2.0","id":${this.nextId()},"method":"tools/call","params":{"name":"hang","arguments":{}}}`, limitMs);
  }

  async end(): Promise<void> {
    await this.send(toHead(this.address, "DELETE", this.sessionId, []), 20_000);
  }

  close(): void {
    this.fail = undefined;
    this.connection.close();
  }

  private send(request: string, limitMs: number): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.reconnect(new Error("silence")), limitMs);
      this.fail = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      this.connection.ask(request, (answer) => {
        clearTimeout(timer);
        this.fail = undefined;
        resolve(answer);
      });
    });
  }

  private nextId(): number {
    return ++this.lastId;
  }

  private connect(): RawConnection {
    const connection: RawConnection = new RawConnection(this.address.port, () => {
      if (this.connection === connection && this.fail !== undefined) this.reconnect(new Error("connection closed"));
    });
    return connection;
  }

  private reconnect(error: Error): void {
    const { fail } = this;
    this.fail = undefined;
    const before = this.connection;
    this.connection = this.connect();
    before.close();
    fail?.(error);
  }
}

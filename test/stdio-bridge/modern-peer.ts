/** A client of 2026-07-28 over plain HTTP: it says what it is told to, right or wrong. */

import { answerOf, type RpcMessage } from "./bridge.js";

export interface ModernExtras {
  /** As it stands in JSON; else a number of its own. */
  readonly rawId?: string;
  readonly version?: string;
  readonly capabilities?: object;
  /** More of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** In the place of those that fit the body. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export class ModernPeer {
  private readonly url: string;
  private lastId = 0;

  constructor(base: string, server: string) {
    this.url = `${base}/${server}`;
  }

  post(method: string, params: Readonly<Record<string, unknown>> = {}, extras: ModernExtras = {}): Promise<Response> {
    const { version = "2026-07-28", capabilities = {}, meta = {}, rawId = String(++this.lastId) } = extras;
    const _meta = { "io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": capabilities, ...meta };
    return this.send(`{"jsonrpc":"2.0","id":${rawId},"method":${JSON.stringify(method)},"params":${JSON.stringify({ ...params, _meta })}}`, method, params, extras);
  }

  /** A body of any kind, with the headers that go with the method and params. */
  send(body: string | Buffer, method: string, params: Readonly<Record<string, unknown>> = {}, { version = "2026-07-28", headers, signal }: ModernExtras = {}): Promise<Response> {
    const subject = params["name"] ?? params["uri"];
    return fetch(this.url, {
      method: "POST",
      headers: {
        "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-protocol-version": version, "mcp-method": method,
        ...(typeof subject === "string" && { "mcp-name": subject }), ...headers,
      },
      body,
      ...(signal !== undefined && { signal }),
    });
  }

  async ask(method: string, params: Readonly<Record<string, unknown>> = {}, extras: ModernExtras = {}): Promise<RpcMessage> {
    return answerOf(await this.post(method, params, extras));
  }
}

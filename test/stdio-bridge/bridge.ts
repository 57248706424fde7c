/** The stdio-bridge as a child process, attached to a fake xds-server, and an HTTP client that tells what came over the wire. */

import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../../protos/project-root.js";
import { FakeXdsServer } from "./fake-xds-server.js";
import { Heard } from "./heard.js";

export const oddServer = [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/odd-server.mjs")];

export interface LogLine { readonly level: number; readonly msg: string; readonly [field: string]: unknown }

export class Bridge {
  readonly logs = new Heard<LogLine>();
  readonly xds: FakeXdsServer;
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  url = "";

  private constructor(xds: FakeXdsServer, env: Readonly<Record<string, string>>) {
    this.xds = xds;
    this.child = spawn(process.execPath, [join(projectRoot, "dist/stdio-bridge/main.js")], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, MCP_MESH_XDS_ADDRESS: xds.address, MCP_MESH_WORKER_ID: "worker-1", MCP_MESH_LOG_LEVEL: "debug", ...env },
    });
    this.exited = new Promise((resolve) => this.child.on("exit", (code) => resolve(code)));
    createInterface({ input: this.child.stdout as NonNullable<typeof this.child.stdout> }).on("line", (line) => this.logs.hear(JSON.parse(line) as LogLine)); // stdout is a pipe.
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<Bridge> {
    const bridge = new Bridge(await new FakeXdsServer().start(), env);
    const { host, port } = await bridge.xds.reports.any(() => true);
    bridge.url = `http://${host}:${port}`;
    return bridge;
  }

  /** Beside a server whose processes are begun by connections to there; it asks no xds-server. */
  static async beside(connect: string, env: Readonly<Record<string, string>> = {}): Promise<Bridge> {
    return new Bridge(await new FakeXdsServer().start(), { MCP_MESH_BRIDGE_CONNECT: connect, ...env });
  }

  async listens(): Promise<this> {
    const { host, port } = await this.logs.any(({ msg }) => msg === "listening");
    this.url = `http://${String(host)}:${String(port)}`;
    return this;
  }

  /** As the supervisor ends it. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGTERM");
    const code = await this.exited;
    this.xds.stop();
    return code;
  }

  /** Puts the server into force and waits until it is ready. */
  async serve(name: string, server: Parameters<FakeXdsServer["put"]>[1] = {}): Promise<void> {
    const version = this.xds.put(name, { command: oddServer, ...server });
    await this.xds.ready(name, version);
  }

  post(server: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.url}/${server}`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
      body,
    });
  }

  /** A session that has begun. */
  async open(server: string, params: object = initializeParams): Promise<RawSession> {
    const response = await this.post(server, JSON.stringify({ jsonrpc: "2.0", id: "init", method: "initialize", params }));
    const text = await response.text();
    const id = response.headers.get("mcp-session-id");
    if (response.status !== 200 || id === null) throw new Error(`initialize: ${response.status} ${text}`);
    const session = new RawSession(this, server, id);
    await (await session.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')).text();
    return session;
  }
}

export const initializeParams = { protocolVersion: "2025-11-25", capabilities: { sampling: {}, roots: {} }, clientInfo: { name: "test", version: "1" } };

/** A session over plain HTTP: bytes in, bytes out. */
export class RawSession {
  readonly bridge: Bridge;
  readonly server: string;
  readonly id: string;
  private lastId = 0;

  constructor(bridge: Bridge, server: string, id: string) {
    this.bridge = bridge;
    this.server = server;
    this.id = id;
  }

  send(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.bridge.post(this.server, body, { "mcp-session-id": this.id, ...headers });
  }

  /** Sends a request with an id of its own. */
  request(method: string, params: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.send(JSON.stringify({ jsonrpc: "2.0", id: ++this.lastId, method, params }), headers);
  }

  /** The result of a request that is answered in one piece. */
  async call<Result = Record<string, unknown>>(method: string, params: object = {}): Promise<Result> {
    const response = await this.request(method, params);
    const message = await answerOf(response);
    if (message.error !== undefined) throw new Error(`${method}: ${JSON.stringify(message.error)}`);
    return message.result as Result; // As the fixture answers.
  }

  listen(stop: AbortSignal): Promise<Response> {
    return fetch(`${this.bridge.url}/${this.server}`, { headers: { accept: "text/event-stream", "mcp-session-id": this.id }, signal: stop });
  }

  delete(): Promise<Response> {
    return fetch(`${this.bridge.url}/${this.server}`, { method: "DELETE", headers: { "mcp-session-id": this.id } });
  }
}

export interface RpcMessage {
  readonly jsonrpc: string;
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** The last message of an answer, whether it came as JSON or as a stream. */
export async function answerOf(response: Response): Promise<RpcMessage> {
  const messages = await messagesOf(response);
  const last = messages.at(-1);
  if (last === undefined) throw new Error(`no message in an answer of status ${response.status}`);
  return last;
}

export async function messagesOf(response: Response): Promise<readonly RpcMessage[]> {
  if (response.headers.get("content-type") !== "text/event-stream") return [JSON.parse(await response.text()) as RpcMessage];
  const messages: RpcMessage[] = [];
  for await (const message of eventsOf(response)) messages.push(message);
  return messages;
}

/** The messages of a stream, as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<RpcMessage> {
  for await (const event of rawEventsOf(response)) {
    const data = /^data: (.*)$/m.exec(event)?.[1];
    if (data !== undefined) yield JSON.parse(data) as RpcMessage;
  }
}

/** The blocks of a stream, comments too. */
export async function* rawEventsOf(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) { // Node's streams are iterable.
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
  }
}

/** True while a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resolves when the condition holds; there is no event for what is asked for here, as for the end of a foreign process. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, limitMs = 10_000): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

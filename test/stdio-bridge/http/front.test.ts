/** Signs of life on answers and streams that are silent for long, with a short patience. */

import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { expect } from "chai";
import { pino } from "pino";
import { WebSocket } from "ws";
import { Front } from "../../../stdio-bridge/http/front.js";
import { poolTimes } from "../../../stdio-bridge/pool/pool.js";
import { startCustody, type Custody } from "../../../stdio-bridge/process/custody.js";
import { Tally } from "../../../stdio-bridge/process/tally.js";
import { EraMemory } from "../../../stdio-bridge/session/era.js";
import { ServerTable } from "../../../stdio-bridge/session/server-table.js";
import { sessionLimits } from "../../../stdio-bridge/session/session.js";
import { oddServer, rawEventsOf } from "../bridge.js";
import { Heard } from "../heard.js";

const limits = { slowBytes: 100_000, maxBacklogBytes: 5_000_000, stallMs: 300, silenceMs: 50, firstMessageMs: 300 };

describe("front", () => {
  const lines = new Heard<string>();
  const log = pino({ level: "debug" }, { write: (line: string) => lines.hear(line) });
  let custody: Custody, servers: ServerTable, front: Front, url: string, port: number;

  before(async () => {
    custody = startCustody(log, new Tally());
    servers = new ServerTable({ times: { pool: poolTimes, drainMs: 1_000, leftMs: 1_000, removeMs: 1_000 }, limits: sessionLimits, surroundings: { custody, log }, eras: new EraMemory(), worker: { address: () => "127.0.0.1:1", life: "a life" }, onState: () => undefined });
    const [program, ...args] = oddServer;
    servers.put({
      name: "odd", version: "1", idleTimeoutMs: 60_000, shared: undefined,
      command: { argv: [program ?? "", ...args], workingDir: undefined, env: { PATH: process.env["PATH"] ?? "" }, secretNames: [], maxMessageBytes: 1_000_000, limits: { memoryBytes: undefined, cpus: undefined }, user: undefined },
      pool: { min: 1, max: 4, queueMax: 4, queueTimeoutMs: 5_000 },
      sessions: { keys: [{ id: 1, key: Buffer.alloc(32) }], endOnLoss: true, maxAgeMs: 60_000 },
    });
    front = new Front(servers, { host: "127.0.0.1", port: 0, maxRequestBytes: 1_000_000, limits }, log, new Tally());
    port = await front.start();
    url = `http://127.0.0.1:${port}/odd`;
  });
  after(async () => {
    await servers.stop({ closeMs: 500, termMs: 500 });
    await front.stop();
    custody.stop();
  });

  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };

  async function open(): Promise<string> {
    const response = await fetch(url, { method: "POST", headers, body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' });
    await response.text();
    return response.headers.get("mcp-session-id") ?? "";
  }

  it("makes a stream of an answer that takes long, and comments on it until it is there", async () => {
    const session = await open();
    const asking = await fetch(url, { method: "POST", headers: { ...headers, "mcp-session-id": session }, body: '{"jsonrpc":"2.0","id":2,"method":"silence"}' });
    expect(asking.headers.get("content-type")).to.equal("text/event-stream");
    const events = rawEventsOf(asking);
    expect((await events.next()).value).to.equal(": keep-alive");
    expect((await events.next()).value).to.equal(": keep-alive");
    await fetch(url, { method: "DELETE", headers: { "mcp-session-id": session } });
    let last = (await events.next()).value;
    while (last === ": keep-alive") last = (await events.next()).value;
    expect(last).to.match(/^event: message\nid: \S+\ndata: .*session has ended/);
  });

  it("tells the session's id with a stream that begins it", async () => {
    const response = await fetch(url, { method: "POST", headers: { ...headers, accept: "text/event-stream" }, body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' });
    expect(response.headers.get("mcp-session-id")).to.be.a("string");
    expect(await response.text()).to.include("serverInfo");
  });

  it("leaves a client waiting that takes no stream", async () => {
    const session = await open();
    const asking = fetch(url, { method: "POST", headers: { ...headers, accept: "application/json", "mcp-session-id": session }, body: '{"jsonrpc":"2.0","id":2,"method":"silence"}' });
    const stream = await fetch(url, { headers: { accept: "text/event-stream", "mcp-session-id": session } });
    // Two silences have passed when this is heard.
    const events = rawEventsOf(stream);
    await events.next();
    await events.next();
    await fetch(url, { method: "DELETE", headers: { "mcp-session-id": session } });
    expect((await asking).headers.get("content-type")).to.equal("application/json");
  });

  function call(session: string, id: number, method: string, params: object): Promise<Response> {
    return fetch(url, { method: "POST", headers: { ...headers, "mcp-session-id": session }, body: JSON.stringify({ jsonrpc: "2.0", id, method, params }) });
  }

  /** A GET stream whose bytes are read only when asked for. */
  async function listen(session: string): Promise<IncomingMessage> {
    const listening = httpRequest(url, { headers: { accept: "text/event-stream", "mcp-session-id": session } }).end();
    const [response] = (await once(listening, "response")) as [IncomingMessage];
    return response.pause();
  }

  it("lets the process wait for a client that reads slowly, and loses nothing", async () => {
    const session = await open();
    const stream = await listen(session);
    const answer = call(session, 2, "notify", { count: 400, bytes: 100_000 }).then((response) => response.text());
    let events = 0, bytes = 0, rest = "";
    for await (const chunk of stream) {
      const piece = chunk as Buffer;
      bytes += piece.length;
      const text = rest + piece.toString("latin1");
      events += text.split("event: message").length - 1;
      rest = text.slice(-"event: messag".length);
      // A little at a time: the whole is eight times what may wait for a client.
      await new Promise((resolve) => setImmediate(resolve));
      if (bytes > 400 * 100_000) break;
    }
    expect(events).to.equal(400);
    expect(await answer).to.include('"id":2');
  });

  it("cuts off a client that reads nothing, and its session goes on", async () => {
    const session = await open();
    const stream = await listen(session);
    const answer = await call(session, 2, "notify", { count: 400, bytes: 100_000 });
    expect(await answer.text()).to.include('"id":2');
    let broke: unknown;
    try {
      for await (const chunk of stream) expect(chunk).to.be.instanceOf(Buffer);
    } catch (error) {
      broke = error;
    }
    expect(broke).to.have.property("code", "ECONNRESET");
    expect((await call(session, 3, "pid", {})).status).to.equal(200);
  });

  describe("web sockets", () => {
    async function connect(atPort = port): Promise<WebSocket> {
      const socket = new WebSocket(`ws://127.0.0.1:${atPort}/odd`, "mcp");
      await once(socket, "open");
      return socket;
    }
    const closed = async (socket: WebSocket): Promise<unknown> => ((await once(socket, "close")) as unknown[])[0];

    it("closes one over which nothing is said, with 1008", async () => {
      expect(await closed(await connect())).to.equal(1008);
    });

    it("pings one that is silent, and cuts it when no pong comes", async () => {
      const socket = new WebSocket(url.replace("http", "ws"), "mcp", { autoPong: false });
      await once(socket, "open");
      socket.send('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}');
      await once(socket, "ping");
      expect(await closed(socket)).to.equal(1006);
    });

    it("keeps one that answers pings", async () => {
      const socket = await connect();
      socket.send('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}');
      for (let pings = 0; pings < 5; pings++) await once(socket, "ping");
      const heard = once(socket, "message");
      socket.send('{"jsonrpc":"2.0","id":2,"method":"pid"}');
      expect(String((await heard)[0])).to.include('"pid"');
      socket.close();
      expect(await closed(socket)).to.equal(1005);
    });

    it("lets the process wait for one that reads slowly, and cuts one that does not read", async () => {
      // One that never pings: a client that reads nothing answers no ping either, and would be cut for that.
      const patient = new Front(servers, { host: "127.0.0.1", port: 0, maxRequestBytes: 1_000_000, limits: { ...limits, silenceMs: 60_000 } }, log, new Tally());
      const socket = await connect(await patient.start());
      socket.send('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}');
      await once(socket, "message");
      let count = 0;
      const all = new Promise<void>((resolve) => socket.on("message", () => ++count === 401 && resolve()));
      socket.send('{"jsonrpc":"2.0","id":2,"method":"notify","params":{"count":400,"bytes":100000}}');
      await all;
      socket.pause();
      socket.send('{"jsonrpc":"2.0","id":3,"method":"notify","params":{"count":400,"bytes":100000}}');
      // What is buffered on the way is still read; then comes the end, without a close frame.
      const end = closed(socket);
      await lines.next((line) => line.includes("does not read its web socket"));
      socket.resume();
      expect(await end).to.equal(1006);
      await patient.stop();
    });
  });

  it("forgets a request of which only half has come", async () => {
    const half = httpRequest(url, { method: "POST", headers: { ...headers, "content-length": 1000 } });
    half.on("error", () => undefined);
    half.write('{"jsonrpc":');
    await once(half, "socket");
    half.destroy();
    expect(await open()).to.not.equal("");
  });

  it("says that its port is taken", async () => {
    const second = new Front(servers, { host: "127.0.0.1", port, maxRequestBytes: 1, limits: { slowBytes: 1, maxBacklogBytes: 1, stallMs: 1_000, silenceMs: 1_000, firstMessageMs: 1_000 } }, log, new Tally());
    const error: unknown = await second.start().then(() => undefined, (reason: unknown) => reason);
    expect(error).to.have.property("code", "EADDRINUSE");
    await second.stop();
  });
});

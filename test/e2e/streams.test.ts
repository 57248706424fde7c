/** End to end: streams pass event by event, live through every change of the registry, and never end in silence. */

import { once } from "node:events";
import { connect } from "node:http2";
import { expect } from "chai";
import { WebSocket } from "ws";
import { open } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { echoSockets, EventReader, Ticker } from "./fixtures/streams.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Entries, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: streams", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let ticker: Ticker;
  let replica: Replica;
  let second: Replica;

  before(async function () {
    this.timeout(60_000);
    ticker = new Ticker();
    replica = await opened(startReplica({ name: "first", respond: ticker.respond, onUpgrade: echoSockets("first") }));
    second = await opened(startReplica({ name: "second" }));
    mesh = await opened(startMesh({ servers: entries() }));
  });

  const entries = (): Entries => ({ streaming: { type: "http", endpoint: replica.url }, other: { type: "http", endpoint: second.url } });

  async function openEvents(method: string): Promise<EventReader> {
    const before = ticker.openStreams;
    const headers = { accept: "text/event-stream", ...(method === "POST" ? { "content-type": "application/json" } : {}) };
    const response = await open(mesh.gatewayUrl, "/streaming", { method, headers, ...(method === "POST" ? { body: '{"jsonrpc":"2.0","id":1,"method":"subscribe"}' } : {}) });
    expect(response.statusCode).to.equal(200);
    await until("the stream to be open", () => ticker.openStreams === before + 1);
    return new EventReader(response);
  }

  async function openSocket(): Promise<WebSocket> {
    const socket = new WebSocket(`${mesh.gatewayUrl.replace("http", "ws")}/streaming`, "mcp");
    await once(socket, "open");
    expect(socket.protocol).to.equal("mcp");
    return socket;
  }

  async function echo(socket: WebSocket, text: string): Promise<void> {
    const answer = once(socket, "message");
    socket.send(text);
    expect(String((await answer)[0])).to.equal(`first: ${text}`);
  }

  for (const method of ["GET", "POST"]) {
    it(`${method}: each event arrives before the next is sent`, async () => {
      const events = await openEvents(method);
      for (let index = 0; index < 20; index++) {
        ticker.tick(`tick ${index}`);
        expect(await events.next()).to.equal(`tick ${index}`);
      }
      events.close();
      await until("the server to see the client go", () => ticker.openStreams === 0);
    });
  }

  it("a WebSocket echoes", async () => {
    const socket = await openSocket();
    for (const text of ["one", "two", "x".repeat(200_000)]) await echo(socket, text);
    socket.close();
    await once(socket, "close");
  });

  const changes: readonly (readonly [string, () => Entries])[] = [
    ["another server is added", () => ({ ...entries(), added: { type: "http", endpoint: second.url } })],
    ["another server is changed", () => ({ ...entries(), other: { type: "http", endpoint: second.url, path: "/x", load_balancing: "random" } })],
    ["another server is removed", () => ({ streaming: { type: "http", endpoint: replica.url } })],
    ["its own server gets a second endpoint", () => ({ ...entries(), streaming: { type: "http", instances: [{ endpoint: replica.url }, { endpoint: second.url }] } })],
    ["its own server changes its balancing", () => ({ ...entries(), streaming: { type: "http", endpoint: replica.url, load_balancing: "least_request" } })],
    ["its own server changes its rate limit", () => ({ ...entries(), streaming: { type: "http", endpoint: replica.url, rate_limit: { requests: 1000, per: "1s" } } })],
    ["its own server changes its description", () => ({ ...entries(), streaming: { type: "http", endpoint: replica.url, description: "other" } })],
  ];
  for (const [what, changed] of changes) {
    it(`goes on when ${what}`, async () => {
      const events = await openEvents("GET");
      const socket = await openSocket();
      ticker.tick("before");
      expect(await events.next()).to.equal("before");
      await mesh.serve(changed());
      ticker.tick("after");
      expect(await events.next()).to.equal("after");
      await echo(socket, "after");
      await mesh.serve(entries());
      ticker.tick("back");
      expect(await events.next()).to.equal("back");
      await echo(socket, "back");
      events.close();
      socket.close();
      await until("the stream to be closed", () => ticker.openStreams === 0);
    });
  }

  it("a server that dies in the middle ends the stream with an error", async () => {
    const events = await openEvents("GET");
    ticker.tick("last words");
    expect(await events.next()).to.equal("last words");
    ticker.die();
    let error: unknown;
    try {
      await events.next();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).to.be.instanceOf(Error);
  });

  it("HTTP/2: a hundred streams on one connection tick, and end with an error when the server dies", async () => {
    const session = connect(mesh.gatewayUrl);
    const streams = Array.from({ length: 100 }, () => {
      const stream = session.request({ ":path": "/streaming", accept: "text/event-stream" });
      const seen = { text: "", error: undefined as unknown };
      stream.setEncoding("utf8").on("data", (chunk: string) => (seen.text += chunk)).on("error", (error) => (seen.error = error));
      return seen;
    });
    await until("all to be open", () => ticker.openStreams === streams.length);
    ticker.tick("to all");
    await until("all to have it", () => streams.every(({ text }) => text.includes("to all")));
    ticker.die();
    await until("all to break", () => streams.every(({ error }) => error instanceof Error));
    session.close();
  });

  it("a server that dies in the middle closes the WebSocket", async () => {
    const socket = await openSocket();
    await echo(socket, "alive");
    const closed = once(socket, "close");
    socket.on("error", () => undefined);
    await replica.stop();
    expect((await closed)[0]).to.equal(1006);
    await replica.start();
  });

  it("two hundred streams stay open at once", async function () {
    this.timeout(30_000);
    const streams = await Promise.all(Array.from({ length: 200 }, async () => new EventReader(await open(mesh.gatewayUrl, "/streaming", { headers: { accept: "text/event-stream" } }))));
    await until("all to be open", () => ticker.openStreams === 200);
    ticker.tick("to all");
    for (const events of streams) expect(await events.next()).to.equal("to all");
    streams.forEach((events) => events.close());
    await until("all to be closed", () => ticker.openStreams === 0);
  });
});

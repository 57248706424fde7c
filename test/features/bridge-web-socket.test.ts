/** The stdio-bridge over WebSocket: messages, close codes, limits, and the SDK's client. */

import { once } from "node:events";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import { expect } from "chai";
import { WebSocket } from "ws";
import { Bridge, initializeParams, isAlive, until } from "../stdio-bridge/bridge.js";
import { RawSocket } from "../stdio-bridge/raw-talk.js";

describe("bridge: WebSocket", () => {
  let bridge: Bridge;
  const open: RawSocket[] = [];

  before(async () => {
    bridge = await Bridge.start({ MCP_MESH_MAX_REQUEST_BYTES: "100000" });
    await bridge.serve("odd", { pool: { min: 1, max: 20 } });
    await bridge.serve("narrow", { pool: { min: 0, max: 1, queue_max: 0 } });
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) await socket.stop();
  });

  async function connect(path = "/odd"): Promise<RawSocket> {
    const socket = new RawSocket(`${bridge.url.replace("http", "ws")}${path}`);
    open.push(socket);
    await socket.opened;
    return socket;
  }

  async function begin(path?: string): Promise<RawSocket> {
    const socket = await connect(path);
    await socket.ask("init", "initialize", initializeParams);
    socket.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return socket;
  }

  for (const path of ["/odd", "/odd/", "/odd/ws"]) {
    it(`begins a session at ${path}, which ends with the socket and takes its process with it`, async () => {
      const socket = await begin(path);
      const { pid } = (await socket.ask(1, "pid")).result as { pid: number };
      await socket.stop();
      await until(() => !isAlive(pid), "the process to be gone");
    });
  }

  it("carries bytes as they are, both ways", async () => {
    const socket = await begin();
    const sent = '{"jsonrpc":"2.0", "id":12345678901234567890,"method":"received","params":{"n":1.0,"e":1e400,"z":-0,"a":1,"a":2,"s":"\\ud800 \\/ ü"}}';
    socket.send(sent);
    const answer = await socket.heard.any((text) => text.startsWith('{"jsonrpc":"2.0","id":12345678901234567890,'));
    expect(Buffer.from((JSON.parse(answer) as { result: { line: string } }).result.line, "base64").toString()).to.equal(sent);
    const back = '{"jsonrpc":"2.0","id":"w","result":{"n":12345678901234567890,"one":1.0,"ü":"\\u00fc"}}';
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: "w", method: "write", params: { bytes: Buffer.from(`${back}\n`).toString("base64") } }));
    await socket.heard.any((text) => text === back);
  });

  it("carries progress, notifications and requests of the server over the one socket", async () => {
    const socket = await begin();
    await socket.ask(1, "progress", { _meta: { progressToken: "t" } });
    expect(socket.messages().filter(({ method }) => method === "notifications/progress")).to.have.length(3);
    socket.send('{"jsonrpc":"2.0","id":2,"method":"ask","params":{"method":"roots/list","rawId":"7"}}');
    await socket.heard.any((text) => text.includes("roots/list"));
    socket.send('{"jsonrpc":"2.0","id":7,"result":{"roots":[]}}');
    expect((await socket.answer(2)).result).to.have.property("line");
  });

  it("answers what is no message with an error, and goes on", async () => {
    const socket = await begin();
    socket.send("{");
    socket.send('[{"jsonrpc":"2.0","id":1,"method":"pid"}]');
    socket.send('{"id":5,"method":"pid"}');
    expect((await socket.answer(5)).error?.code).to.equal(-32600);
    expect(socket.messages().filter(({ id }) => id === null).map(({ error }) => error?.code)).to.deep.equal([-32700, -32600]);
    expect((await socket.ask(6, "pid")).result).to.have.property("pid");
  });

  it("gives an open request an error when the process dies, and goes on with the next in place", async () => {
    const socket = await begin();
    const { pid } = (await socket.ask("before", "pid")).result as { pid: number };
    socket.send('{"jsonrpc":"2.0","id":1,"method":"silence"}');
    socket.send('{"jsonrpc":"2.0","id":2,"method":"crash","params":{"code":3}}');
    expect((await socket.answer(1)).error?.message).to.include("exit");
    expect(((await socket.ask("after", "pid")).result as { pid: number }).pid).not.to.equal(pid);
  });

  it("gives an open request an error when the process dies, and closes with 1011 where the session is to end then", async () => {
    await bridge.serve("ends", { sessions: { end_on_loss: true } });
    const socket = await begin("/ends");
    socket.send('{"jsonrpc":"2.0","id":1,"method":"silence"}');
    socket.send('{"jsonrpc":"2.0","id":2,"method":"crash","params":{"code":3}}');
    expect((await socket.answer(1)).error?.message).to.include("exit");
    expect(await socket.closed).to.equal(1011);
  });

  it("closes with 1009 for a message that is too long", async () => {
    const socket = await begin();
    socket.send("x".repeat(100_001));
    expect(await socket.closed).to.equal(1009);
  });

  it("closes with 1003 for a binary frame", async () => {
    const socket = await begin();
    socket.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"pid"}'));
    expect(await socket.closed).to.equal(1003);
  });

  it("closes with 1013 when there is no process to be had, after an error with the id", async () => {
    const first = await begin("/narrow");
    const second = await connect("/narrow");
    second.send('{"jsonrpc":"2.0","id":"more","method":"initialize","params":{}}');
    expect((await second.answer("more")).error?.code).to.equal(-32000);
    expect(await second.closed).to.equal(1013);
    expect((await first.ask(1, "pid")).result).to.have.property("pid");
  });

  it("closes with 1001 when the server is removed", async () => {
    await bridge.serve("brief", {});
    const socket = await begin("/brief");
    bridge.xds.remove("brief");
    expect(await socket.closed).to.equal(1001);
  });

  it("tells a session whose initialize was refused why, and closes with 1000", async () => {
    const refusing = 'process.stdin.on("data", (line) => console.log(JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(line).id, error: { code: -32602, message: "no" } })))';
    await bridge.serve("refuses", { command: [process.execPath, "-e", refusing], pool: { min: 0 } });
    const socket = await connect("/refuses");
    socket.send('{"jsonrpc":"2.0","id":1,"method":"initialize"}');
    expect((await socket.answer(1)).error?.code).to.equal(-32602);
    expect(await socket.closed).to.equal(1000);
  });

  it("costs no process until something is said", async () => {
    const before = await bridge.xds.server("odd", (server) => (server.sessions ?? 0) === 0);
    await connect();
    await begin();
    const after = await bridge.xds.server("odd", (server) => server.sessions === (before.sessions ?? 0) + 1);
    expect(after.sessions).to.equal(1);
  });

  const refusals: readonly { what: string; path: string; status: number; protocol?: string }[] = [
    { what: "an unknown server", path: "/nobody", status: 404, protocol: "mcp" },
    { what: "another path", path: "/odd/sse", status: 404, protocol: "mcp" },
    { what: "another subprotocol", path: "/odd", status: 400, protocol: "chat" },
    { what: "no subprotocol", path: "/odd", status: 400 },
  ];
  for (const { what, path, status, protocol } of refusals) {
    it(`refuses ${what} before the upgrade`, async () => {
      const socket = new WebSocket(`${bridge.url.replace("http", "ws")}${path}`, protocol === undefined ? [] : [protocol]);
      const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number; resume: () => void }];
      response.resume();
      expect(response.statusCode).to.equal(status);
    });
  }

  it("says what a socket's path is for", async () => {
    expect((await fetch(`${bridge.url}/odd/ws`)).status).to.equal(426);
  });

  it("serves the SDK's client", async () => {
    // Its transport wants the browser's WebSocket, which Node has from version 22 on; ws has the same interface.
    Object.assign(globalThis, { WebSocket });
    const client = new Client({ name: "test", version: "1" });
    // The cast: the transport's optional members are declared without undefined, the interface's with it.
    await client.connect(new WebSocketClientTransport(new URL(`${bridge.url.replace("http", "ws")}/odd`)) as Parameters<Client["connect"]>[0]);
    expect(client.getServerVersion()?.name).to.equal("odd");
    await client.close();
  });
});

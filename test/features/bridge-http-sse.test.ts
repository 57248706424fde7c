/** HTTP+SSE of 2024-11-05, spoken to the stdio-bridge raw and by the SDK's clients. */

import { Client as LaterClient, SSEClientTransport as LaterTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { expect } from "chai";
import { Bridge, initializeParams, isAlive, rawEventsOf, until, type RpcMessage } from "../stdio-bridge/bridge.js";

describe("bridge: HTTP+SSE", () => {
  let bridge: Bridge;

  before(async () => {
    bridge = await Bridge.start();
    await bridge.serve("odd", { pool: { min: 1, max: 20 } });
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });

  interface Opened { readonly post: (body: string) => Promise<Response>; readonly next: () => Promise<RpcMessage>; readonly endpoint: string; readonly stop: () => void }

  async function open(): Promise<Opened> {
    const abort = new AbortController();
    const response = await fetch(`${bridge.url}/odd/sse`, { headers: { accept: "text/event-stream" }, signal: abort.signal });
    expect(response.headers.get("content-type")).to.equal("text/event-stream");
    const events = rawEventsOf(response);
    const endpoint = /^event: endpoint\ndata: (.*)$/.exec((await events.next()).value as string)?.[1] ?? "";
    const post = (body: string): Promise<Response> => fetch(new URL(endpoint, bridge.url), { method: "POST", headers: { "content-type": "application/json" }, body });
    const next = async (): Promise<RpcMessage> => JSON.parse(/^event: message\ndata: (.*)$/.exec((await events.next()).value as string)?.[1] ?? "") as RpcMessage;
    return { post, next, endpoint, stop: () => abort.abort() };
  }

  async function begin(): Promise<Opened> {
    const opened = await open();
    await opened.post(JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params: { ...initializeParams, protocolVersion: "2024-11-05" } }));
    expect(await opened.next()).to.deep.include({ id: 0 });
    await opened.post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return opened;
  }

  it("tells the public path first, and answers over the stream", async () => {
    const session = await begin();
    expect(session.endpoint).to.match(/^\/odd\/messages\?sessionId=[!-~]+$/);
    const response = await session.post('{"jsonrpc":"2.0","id":1,"method":"pid"}');
    expect(response.status).to.equal(202);
    expect((await session.next()).result).to.have.property("pid");
    session.stop();
  });

  it("ends the session with its stream", async () => {
    const session = await begin();
    await session.post('{"jsonrpc":"2.0","id":1,"method":"pid"}');
    const { pid } = (await session.next()).result as { pid: number };
    session.stop();
    await until(() => !isAlive(pid), "the process to be gone");
    expect((await session.post('{"jsonrpc":"2.0","id":2,"method":"pid"}')).status).to.equal(404);
  });

  it("tells an error for every open request when the process dies, and goes on with the next in place", async () => {
    const session = await begin();
    await session.post('{"jsonrpc":"2.0","id":"a","method":"silence"}');
    await session.post('{"jsonrpc":"2.0","id":"b","method":"crash","params":{"code":1}}');
    const told = [await session.next(), await session.next()];
    expect(told.map(({ id, error }) => [id, error?.code])).to.deep.equal([["a", -32000], ["b", -32000]]);
    await session.post('{"jsonrpc":"2.0","id":"c","method":"pid"}');
    const after = await session.next();
    expect([after.id, typeof (after.result as { pid: unknown }).pid]).to.deep.equal(["c", "number"]);
    session.stop();
  });

  it("refuses a second request with an id that is open, and a session of another transport", async () => {
    const session = await begin();
    await session.post('{"jsonrpc":"2.0","id":"a","method":"silence"}');
    expect((await session.post('{"jsonrpc":"2.0","id":"a","method":"pid"}')).status).to.equal(400);
    session.stop();
    const streamable = await bridge.open("odd");
    const address = `MTI3;UV:${Buffer.from(streamable.id).toString("base64")}`;
    const response = await fetch(`${bridge.url}/odd/messages?sessionId=${address}`, { method: "POST", headers: { "content-type": "application/json" }, body: '{"jsonrpc":"2.0","id":1,"method":"pid"}' });
    expect(response.status).to.equal(404);
    await streamable.delete();
  });

  it("sends a client of another transport elsewhere, by 405", async () => {
    const response = await bridge.post("odd/sse", '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}');
    expect([response.status, response.headers.get("allow")]).to.deep.equal([405, "GET"]);
  });

  it("serves the SDK's clients of both generations", async () => {
    const url = new URL(`${bridge.url}/odd/sse`);
    const client = new Client({ name: "test", version: "1" });
    // The cast: the transport's optional members are declared without undefined, the interface's with it.
    await client.connect(new SSEClientTransport(url) as Parameters<Client["connect"]>[0]);
    expect(client.getServerVersion()?.name).to.equal("odd");
    await client.close();
    const later = new LaterClient({ name: "test", version: "1" });
    await later.connect(new LaterTransport(url));
    expect(later.getServerVersion()?.name).to.equal("odd");
    await later.close();
  });
});

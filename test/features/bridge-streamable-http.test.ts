/** Streamable HTTP of the revisions with sessions, spoken to the stdio-bridge over raw HTTP. */

import { expect } from "chai";
import { answerOf, Bridge, eventsOf, initializeParams, messagesOf, type RawSession } from "../stdio-bridge/bridge.js";

describe("bridge: streamable HTTP", () => {
  let bridge: Bridge;
  let session: RawSession;

  before(async () => {
    bridge = await Bridge.start({ MCP_MESH_MAX_REQUEST_BYTES: String(1024 * 1024) });
    await bridge.serve("odd", { pool: { min: 2, max: 50 } });
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });
  beforeEach(async () => {
    session = await bridge.open("odd");
  });
  afterEach(async () => {
    await session.delete();
  });

  it("begins a session and tells its id with the answer", async () => {
    const response = await bridge.post("odd", JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params: initializeParams }));
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-type")).to.equal("application/json");
    expect(response.headers.get("mcp-session-id")).to.match(/^[\x21-\x7e]{22,}$/);
    expect(await response.json()).to.deep.include({ id: 0 });
  });

  it("answers a notification with 202 and no body", async () => {
    const response = await session.send('{"jsonrpc":"2.0","method":"notifications/odd"}');
    expect(response.status).to.equal(202);
    expect(await response.text()).to.equal("");
  });

  it("answers a request that has nothing to say before with JSON", async () => {
    const response = await session.request("pid");
    expect(response.headers.get("content-type")).to.equal("application/json");
    expect((await answerOf(response)).result).to.have.property("pid");
  });

  it("sends progress before the answer, over a stream", async () => {
    const response = await session.request("progress", { _meta: { progressToken: "t" } });
    expect(response.headers.get("content-type")).to.equal("text/event-stream");
    const messages = await messagesOf(response);
    expect(messages.map(({ method }) => method)).to.deep.equal([...Array<string>(3).fill("notifications/progress"), undefined]);
    expect(messages.at(-1)).to.deep.include({ id: 1, result: { done: true } });
  });

  it("gives progress to the request that asked for it, though another is open", async () => {
    const other = await Promise.race([session.request("silence"), session.call("pid")]);
    expect(other).to.have.property("pid");
    const messages = await messagesOf(await session.request("progress", { _meta: { progressToken: 7 } }));
    expect(messages.filter(({ method }) => method === "notifications/progress")).to.have.length(3);
  });

  it("gives a client that takes only JSON the answer alone", async () => {
    const response = await session.request("progress", { _meta: { progressToken: "t" } }, { accept: "application/json" });
    expect(response.headers.get("content-type")).to.equal("application/json");
    expect((await answerOf(response)).result).to.deep.equal({ done: true });
  });

  it("gives a client that takes both and names streams first a stream, which it may come back to", async () => {
    const headers = { accept: "text/event-stream, application/json", "mcp-protocol-version": "2025-11-25" };
    const response = await session.request("pid", {}, headers);
    expect(response.headers.get("content-type")).to.equal("text/event-stream");
    const [prime, answer] = (await response.text()).trim().split("\n\n");
    expect(prime).to.match(/^id: [0-9a-f]{32}\.[\w-]*_0\nretry: 1000\ndata: $/);
    expect(answer).to.match(/^event: message\nid: [0-9a-f]{32}\.[\w-]*_1\ndata: \{.*"pid":\d+/);
  });

  it("gives a client that takes only streams a stream", async () => {
    const response = await session.request("pid", {}, { accept: "text/event-stream" });
    expect(response.headers.get("content-type")).to.equal("text/event-stream");
    expect(await messagesOf(response)).to.have.length(1);
  });

  it("carries a request of the server over the open POST, and the client's answer back to the byte", async () => {
    const response = await session.request("ask", { method: "roots/list" });
    const events = eventsOf(response);
    const asked = (await events.next()).value;
    expect(asked).to.deep.include({ method: "roots/list", id: 0 });
    const answer = '{"jsonrpc":"2.0", "id":0, "result":{"roots":[],"n":12345678901234567890}}';
    expect((await session.send(answer)).status).to.equal(202);
    const last = (await events.next()).value;
    expect(Buffer.from(String((last?.result as { line: string }).line), "base64").toString()).to.equal(answer);
  });

  it("gives the server its own id back where the client writes it in another way", async () => {
    const response = await session.request("ask", { method: "ping", rawId: '"\\u0061"' });
    const events = eventsOf(response);
    await events.next();
    await session.send('{"jsonrpc":"2.0","id":"a","result":{}}');
    const last = (await events.next()).value;
    expect(Buffer.from(String((last?.result as { line: string }).line), "base64").toString()).to.equal('{"jsonrpc":"2.0","id":"\\u0061","result":{}}');
  });

  it("refuses a request of the server for which the client leaves no way", async () => {
    const response = await session.request("ask", { method: "roots/list" }, { accept: "application/json" });
    const { line } = (await answerOf(response)).result as { line: string };
    expect(JSON.parse(Buffer.from(line, "base64").toString())).to.deep.include({ id: 0 }).and.have.nested.property("error.code", -32000);
  });

  it("sends what belongs to no request over the GET stream", async () => {
    const stop = new AbortController();
    const stream = await session.listen(stop.signal);
    expect(stream.headers.get("content-type")).to.equal("text/event-stream");
    await session.call("notify", { count: 2 });
    const events = eventsOf(stream);
    expect((await events.next()).value).to.deep.include({ method: "notifications/message" });
    expect((await events.next()).value).to.deep.include({ method: "notifications/message" });
    stop.abort();
  });

  it("keeps what belongs to no request until a stream opens", async () => {
    const bytes = Buffer.from('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n{"jsonrpc":"2.0","id":9,"method":"roots/list"}\n');
    // Neither a stream nor an open request while it speaks: what it writes has no way yet.
    await session.send(JSON.stringify({ jsonrpc: "2.0", id: "gone", method: "write", params: { bytes: Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":"gone","result":{}}\n'), bytes]).toString("base64") } }));
    const stop = new AbortController();
    const events = eventsOf(await session.listen(stop.signal));
    expect((await events.next()).value).to.deep.include({ method: "notifications/tools/list_changed" });
    expect((await events.next()).value).to.deep.include({ method: "roots/list", id: 9 });
    stop.abort();
  });

  it("ends a session by DELETE: its process, its stream, and every later call", async () => {
    const { pid } = await session.call<{ pid: number }>("pid");
    const stream = await session.listen(new AbortController().signal);
    const response = await session.delete();
    expect(response.status).to.equal(204);
    expect(await stream.text()).to.equal("");
    expect((await session.delete()).status).to.equal(404);
    const later = await session.request("pid");
    expect(later.status).to.equal(404);
    expect(await answerOf(later)).to.deep.include({ id: 2 }).and.have.nested.property("error.message").that.includes("session not found");
    await bridge.logs.any((line) => line["pid"] === pid && line.msg.includes("ended with exit code"));
  });

  it("passes a cancellation on and leaves nobody waiting for the cancelled request", async () => {
    const open = session.send('{"jsonrpc":"2.0","id":"slow","method":"silence"}');
    // The order of arrival is that of these two answers.
    await session.call("pid");
    await session.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"slow"}}');
    expect(await answerOf(await open)).to.deep.include({ id: "slow" }).and.have.nested.property("error.message").that.includes("cancelled");
    expect(await session.call("cancelled")).to.deep.equal({ cancelled: ["slow"] });
  });

  it("goes on with a request whose client has closed the connection", async () => {
    const stop = new AbortController();
    const open = fetch(`${bridge.url}/odd`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-session-id": session.id },
      body: '{"jsonrpc":"2.0","id":"left","method":"silence"}',
      signal: stop.signal,
    }).catch(() => undefined);
    await session.call("pid");
    stop.abort();
    await open;
    expect(await session.call("cancelled")).to.deep.equal({ cancelled: [] });
  });

  const refusals: readonly { what: string; status: number; code: number; id?: unknown; message?: RegExp; ask: () => Promise<Response> }[] = [
    { what: "a request without a session id", status: 400, code: -32000, id: 5, message: /mcp-session-id/, ask: () => bridge.post("odd", '{"jsonrpc":"2.0","id":5,"method":"ping"}') },
    { what: "an unknown session id", status: 404, code: -32001, id: "x", message: /session not found/, ask: () => bridge.post("odd", '{"jsonrpc":"2.0","id":"x","method":"ping"}', { "mcp-session-id": "nobody" }) },
    { what: "an unknown server", status: 404, code: -32600, id: 1, message: /"nowhere"/, ask: () => bridge.post("nowhere", '{"jsonrpc":"2.0","id":1,"method":"ping"}') },
    { what: "a path below a server", status: 404, code: -32600, id: 1, ask: () => bridge.post("odd/more", '{"jsonrpc":"2.0","id":1,"method":"ping"}') },
    { what: "a body that is not JSON", status: 400, code: -32700, id: null, ask: () => session.send("{nope") },
    { what: "an empty body", status: 400, code: -32700, id: null, ask: () => session.send("") },
    { what: "a line end within a string", status: 400, code: -32700, id: null, ask: () => session.send('{"jsonrpc":"2.0","id":1,"method":"a\nb"}') },
    { what: "JSON that is no message", status: 400, code: -32600, id: 3, ask: () => session.send('{"jsonrpc":"2.0","id":3}') },
    { what: "a message of another JSON-RPC", status: 400, code: -32600, id: 3, message: /2\.0/, ask: () => session.send('{"id":3,"method":"ping"}') },
    { what: "an id that is null", status: 400, code: -32600, id: null, ask: () => session.send('{"jsonrpc":"2.0","id":null,"method":"ping"}') },
    { what: "a batch in a revision that has none", status: 400, code: -32600, id: null, message: /batch/, ask: () => session.send(`[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, { "mcp-protocol-version": "2025-06-18" }) },
    { what: "another content type", status: 415, code: -32600, id: 1, ask: () => session.send('{"jsonrpc":"2.0","id":1,"method":"ping"}', { "content-type": "text/plain" }) },
    { what: "an accept of neither form", status: 406, code: -32600, id: 1, ask: () => session.send('{"jsonrpc":"2.0","id":1,"method":"ping"}', { accept: "text/html" }) },
    { what: "a revision that nobody knows", status: 400, code: -32022, id: 1, ask: () => session.send('{"jsonrpc":"2.0","id":1,"method":"ping"}', { "mcp-protocol-version": "1999-01-01" }) },
    { what: "initialize within a session", status: 400, code: -32600, id: 1, ask: () => session.send('{"jsonrpc":"2.0","id":1,"method":"initialize"}') },
    { what: "a body over the limit", status: 413, code: -32600, id: null, message: /1048576 bytes/, ask: () => session.send(`{"jsonrpc":"2.0","id":1,"method":"${"x".repeat(1024 * 1024)}"}`) },
    { what: "a GET that takes no stream", status: 406, code: -32600, id: null, ask: () => fetch(`${bridge.url}/odd`, { headers: { accept: "text/html", "mcp-session-id": session.id } }) },
    { what: "a GET without a session", status: 400, code: -32000, id: null, ask: () => fetch(`${bridge.url}/odd`, { headers: { accept: "text/event-stream" } }) },
    { what: "another method", status: 405, code: -32600, id: null, ask: () => fetch(`${bridge.url}/odd`, { method: "PUT", body: "{}" }) },
  ];
  for (const { what, status, code, id, message, ask } of refusals) {
    it(`refuses ${what}`, async () => {
      const response = await ask();
      const error = await answerOf(response);
      expect({ status: response.status, code: error.error?.code, id: error.id }).to.deep.equal({ status, code, id });
      if (message !== undefined) expect(error.error?.message).to.match(message);
    });
  }

  it("tells which revisions it knows", async () => {
    const response = await session.send('{"jsonrpc":"2.0","id":1,"method":"ping"}', { "mcp-protocol-version": "2024-12-24" });
    expect((await answerOf(response)).error?.data).to.deep.equal({ supported: ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"], requested: "2024-12-24" });
  });

  it("allows the methods it knows", async () => {
    expect((await fetch(`${bridge.url}/odd`, { method: "PUT" })).headers.get("allow")).to.equal("GET, POST, DELETE");
  });

  it("refuses a second request with an id that is still open", async () => {
    const open = session.send('{"jsonrpc":"2.0","id":"twice","method":"silence"}');
    await session.call("pid");
    const second = await session.send('{"jsonrpc":"2.0","id":"twice","method":"silence"}');
    expect(second.status).to.equal(400);
    expect(await answerOf(second)).to.deep.include({ id: "twice" }).and.have.nested.property("error.code", -32600);
    await session.delete();
    expect(await answerOf(await open)).to.deep.include({ id: "twice" }).and.have.nested.property("error.message").that.includes("session has ended");
  });

  it("does not begin a session for an initialize that the server refuses", async () => {
    const refusing = 'process.stdin.on("data", (line) => console.log(JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(line).id, error: { code: -32602, message: "no" } })))';
    await bridge.serve("refuses", { command: [process.execPath, "-e", refusing] });
    const response = await bridge.post("refuses", '{"jsonrpc":"2.0","id":1,"method":"initialize"}');
    expect(response.status).to.equal(200);
    expect(response.headers.get("mcp-session-id")).to.equal(null);
    expect((await answerOf(response)).error?.code).to.equal(-32602);
    await bridge.xds.server("refuses", (server) => (server.sessions ?? 0) === 0);
  });
});

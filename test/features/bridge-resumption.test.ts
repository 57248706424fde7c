/** Several streams a session, streams that are come back to, and batches, over raw HTTP. */

import { expect } from "chai";
import { Bridge, eventsOf, rawEventsOf, type RawSession, type RpcMessage } from "../stdio-bridge/bridge.js";

describe("bridge: streams and batches", () => {
  let bridge: Bridge;
  let session: RawSession;

  before(async () => {
    bridge = await Bridge.start();
    await bridge.serve("odd", { pool: { min: 2, max: 20 } });
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

  function listen(lastEventId?: string, stop = new AbortController(), headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const last = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    return fetch(`${bridge.url}/odd`, { headers: { accept: "text/event-stream", "mcp-session-id": session.id, ...last, ...headers }, signal: stop.signal });
  }

  /** The ids and messages of a stream, as they come. */
  async function* told(response: Response): AsyncGenerator<{ readonly id: string; readonly data: string }> {
    for await (const event of rawEventsOf(response)) yield { id: /^id: (.*)$/m.exec(event)?.[1] ?? "", data: /^data: (.*)$/m.exec(event)?.[1] ?? "" };
  }

  it("sends each message over one stream of several, the youngest, and over the other when that is gone", async () => {
    const older = eventsOf(await listen());
    const stop = new AbortController();
    const younger = eventsOf(await listen(undefined, stop));
    await session.call("notify", { count: 1 });
    expect((await younger.next()).value).to.have.property("method", "notifications/message");
    stop.abort();
    await session.delete().then(() => undefined);
    expect((await older.next()).done).to.equal(true);
    session = await bridge.open("odd");
  });

  it("has a limit to the streams of a session", async () => {
    const responses = [];
    for (let count = 0; count < 16; count++) responses.push(await listen());
    expect(responses.map(({ status }) => status)).to.deep.equal(Array(16).fill(200));
    expect((await listen()).status).to.equal(409);
  });

  it("sends again what came after the last event that the client has", async () => {
    const stop = new AbortController();
    const first = told(await listen(undefined, stop));
    await session.call("notify", { count: 3 });
    const events = [(await first.next()).value, (await first.next()).value, (await first.next()).value];
    stop.abort();
    const again = told(await listen(events[0]?.id));
    expect((await again.next()).value).to.deep.equal(events[1]);
    expect((await again.next()).value).to.deep.equal(events[2]);
    await session.call("notify", { count: 1 });
    const next = (await again.next()).value;
    expect(next?.id).to.equal(events[2]?.id.replace(/3$/, "4"));
  });

  it("gives the answer of a broken stream to whoever comes back to it", async () => {
    const stop = new AbortController();
    const asking = await fetch(`${bridge.url}/odd`, {
      method: "POST", signal: stop.signal, body: '{"jsonrpc":"2.0","id":"long","method":"ask","params":{"method":"roots/list","rawId":"1"}}',
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-session-id": session.id },
    });
    const asked = (await told(asking).next()).value;
    expect(asked?.data).to.include("roots/list");
    stop.abort();
    const resumed = told(await listen(asked?.id));
    await session.send('{"jsonrpc":"2.0","id":1,"result":{}}');
    const answer = (await resumed.next()).value;
    expect(JSON.parse(answer?.data ?? "")).to.deep.include({ id: "long" });
    expect((await resumed.next()).done).to.equal(true);
    // Also when it is all over.
    const later = told(await listen(asked?.id));
    expect((await later.next()).value).to.deep.equal(answer);
    expect((await later.next()).done).to.equal(true);
  });

  it("primes the streams of 2025-11-25, and takes a client back to a stream of which it has seen nothing else", async () => {
    const primed = told(await listen(undefined, undefined, { "mcp-protocol-version": "2025-11-25" }));
    const prime = (await primed.next()).value;
    expect(prime).to.deep.equal({ id: prime?.id, data: "" });
    expect(prime?.id).to.match(/^[0-9a-f]{32}_0$/);
    await session.call("notify", { count: 1 });
    const event = (await primed.next()).value;
    const again = told(await listen(prime?.id));
    expect((await again.next()).value).to.deep.equal(event);
    // The connection before it is ended: a stream has one.
    expect((await primed.next()).done).to.equal(true);
  });

  it("keeps what it can of a stream, and says so of an answer that is lost", async () => {
    const stop = new AbortController();
    const stream = told(await listen(undefined, stop));
    await session.call("notify", { count: 1 });
    const first = (await stream.next()).value;
    stop.abort();
    // Into another stream, until the first event is out of bounds.
    const other = new AbortController();
    void (await listen(undefined, other)).text().catch(() => undefined);
    await session.call("notify", { count: 400 });
    other.abort();
    expect((await listen(first?.id)).status).to.equal(200);
  });

  const unknown: readonly (readonly [string, (id: string) => string])[] = [
    ["is none", () => "nonsense"], ["is of a stream that is not there", () => `${"0".repeat(32)}_1`], ["has not been yet", (id) => id.replace(/1$/, "9")],
  ];
  for (const [what, toId] of unknown) {
    it(`refuses to go on after an event that ${what}`, async () => {
      const stream = told(await listen());
      await session.call("notify", { count: 1 });
      const id = (await stream.next()).value?.id ?? "";
      const response = await listen(toId(id));
      expect(response.status).to.equal(400);
      expect(((await response.json()) as RpcMessage).error?.message).to.include("last-event-id");
    });
  }

  it("does not let a session go on with a stream of another", async () => {
    const stream = told(await listen());
    await session.call("notify", { count: 1 });
    const id = (await stream.next()).value?.id;
    const other = await bridge.open("odd");
    const response = await fetch(`${bridge.url}/odd`, { headers: { accept: "text/event-stream", "mcp-session-id": other.id, "last-event-id": id ?? "" } });
    expect(response.status).to.equal(400);
    await other.delete();
  });

  const one = '{"jsonrpc":"2.0","id":12345678901234567890,"method":"received","params":{"n":1.0}}', two = '{"jsonrpc":"2.0","id":"b","method":"pid"}', note = '{"jsonrpc":"2.0","method":"notifications/odd"}';

  it("answers a batch together, to the byte", async () => {
    const response = await session.send(`[${one} , ${note},\n${two}]`, { "mcp-protocol-version": "2025-03-26" });
    expect(response.headers.get("content-type")).to.equal("application/json");
    const text = await response.text();
    expect(text).to.match(/^\[\{"jsonrpc":"2.0","id":12345678901234567890,/);
    const answers = JSON.parse(text) as readonly RpcMessage[];
    expect(Buffer.from((answers[0]?.result as { line: string }).line, "base64").toString()).to.equal(one);
    expect(answers[1]).to.have.nested.property("result.pid");
    expect(answers).to.have.length(2);
  });

  it("answers a batch over a stream when something is said before, and ends it with the last answer", async () => {
    const response = await session.send(`[${two},{"jsonrpc":"2.0","id":"p","method":"progress","params":{"_meta":{"progressToken":1}}}]`);
    expect(response.headers.get("content-type")).to.equal("text/event-stream");
    const messages: RpcMessage[] = [];
    for await (const message of eventsOf(response)) messages.push(message);
    expect(messages.map(({ id, method }) => id ?? method)).to.deep.equal(["b", ...Array<string>(3).fill("notifications/progress"), "p"]);
  });

  it("answers a batch of one with a batch, and one without requests with 202", async () => {
    expect(await (await session.send(`[${two}]`)).json()).to.be.an("array").with.length(1);
    const response = await session.send(`[${note},${note}]`);
    expect([response.status, await response.text()]).to.deep.equal([202, ""]);
  });

  it("answers a request of a batch that cannot be asked with an error, beside the others' answers", async () => {
    const answers = (await (await session.send(`[${two},{"jsonrpc":"2.0","id":"b","method":"pid"}]`)).json()) as readonly RpcMessage[];
    expect(answers.map(({ id }) => id)).to.deep.equal(["b", "b"]);
    expect(answers.filter(({ error }) => error?.code === -32600)).to.have.length(1);
  });
});

/** Sessions of older clients at a stdio server that speaks only 2026-07-28: the bytes, what goes wrong, and what it costs. */

import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { elderClients } from "../elder-clients.js";
import { answerOf, Bridge, eventsOf, initializeParams, isAlive, oddServer, until, type RawSession, type RpcMessage } from "../stdio-bridge/bridge.js";

const modernServer = [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/modern-server.mjs")];
const oddModernServer = [...oddServer, "--modern"];
const odd = '{"n":12345678901234567890,"a":1.0,"b":1e400,"c":-0,"d":1,"d":{"d":2},"e":"\\ud800\\/\\u0061"}';
const streaming = { accept: "text/event-stream, application/json;q=0.5" };

describe("bridge: sessions of older clients at a server of 2026-07-28", () => {
  let bridge: Bridge;
  const opened: RawSession[] = [];

  before(async () => {
    bridge = await Bridge.start();
    await bridge.serve("odd", { command: oddModernServer, pool: { min: 1, max: 20 } });
  });
  after(() => bridge.stop());
  afterEach(async () => {
    for (const session of opened.splice(0)) await session.delete();
  });

  async function open(server = "odd", params: object = { ...initializeParams, capabilities: { elicitation: {}, sampling: {} } }): Promise<RawSession> {
    const session = await bridge.open(server, params);
    opened.push(session);
    return session;
  }

  const call = (name: string, args = "{}", id = "7"): string => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;
  const result = (raw: string): string => call("result", JSON.stringify({ bytes: Buffer.from(raw).toString("base64") }));
  const lineOf = async (response: Response | RpcMessage): Promise<string> => {
    const { result: received } = response instanceof Response ? await answerOf(response) : response;
    return Buffer.from((received as { line: string }).line, "base64").toString();
  };
  const pidOf = async (session: RawSession): Promise<number> => ((await answerOf(await session.send(call("pid")))).result as { pid: number }).pid;
  const started = (server: string): number => bridge.logs.all.filter((line) => line.msg === "server process started" && line["server"] === server).length;

  it("changes of a call only its id, and adds to it who the client is", async () => {
    const session = await open();
    const response = await session.send(call("received", odd, "1.0"));
    const text = await response.text();
    expect(text).to.match(/"id":1\.0[,}]/);
    const meta = '{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{},"sampling":{}}}';
    const sent = await lineOf(JSON.parse(text) as RpcMessage);
    expect(sent).to.equal(`{"jsonrpc":"2.0","id":${/"id":(\d+)/.exec(sent)?.[1]},"method":"tools/call","params":{"name":"received","arguments":${odd},"_meta":${meta}}}`);
  });

  it("changes nothing of a result", async () => {
    const session = await open();
    const raw = `{"resultType":"complete","content":${odd},"content":[]}`;
    expect(await (await session.send(result(raw))).text()).to.equal(`{"jsonrpc":"2.0","id":7,"result":${raw}}`);
  });

  it("asks the client what the server asks, and gives the server its answer and its own state, to the byte", async () => {
    const session = await open();
    const raw = `{"resultType":"input_required","requestState":"s\\u0061\\/","inputRequests":{"w\\u0068o":{"method":"elicitation/create","params":{"message":"who?","requestedSchema":${odd}}}}}`;
    const events = eventsOfText(await session.send(result(raw), streaming));
    const { value: asked } = await events.next();
    expect(asked).to.equal(`{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"who?","requestedSchema":${odd}}}`);
    expect((await session.send(`{"jsonrpc":"2.0","id":1,"result":{"action":"accept","content":${odd}}}`)).status).to.equal(202);
    const retried = await lineOf(JSON.parse((await events.next()).value ?? "") as RpcMessage);
    expect(retried).to.include(`"inputResponses":{"who":{"action":"accept","content":${odd}}},"requestState":"s\\u0061\\/"`).and.include('"name":"result"');
  });

  it("tells a client that has refused what its request came to", async () => {
    const session = await open();
    const events = eventsOf(await session.send(result('{"resultType":"input_required","inputRequests":{"a":{"method":"sampling/createMessage","params":{}},"b":{"method":"elicitation/create","params":{}}}}'), streaming));
    const asked = [(await events.next()).value, (await events.next()).value] as RpcMessage[];
    expect(asked.map(({ method }) => method)).to.deep.equal(["sampling/createMessage", "elicitation/create"]);
    await session.send('{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"the user said no"}}');
    expect((await events.next()).value).to.deep.include({ method: "notifications/cancelled", params: { requestId: 2, reason: "the client refused sampling/createMessage: the user said no" } });
    expect((await events.next()).value).to.deep.include({ id: 7, error: { code: -32000, message: "the client refused sampling/createMessage: the user said no" } });
  });

  it("withdraws its questions when the client cancels the request", async () => {
    const session = await open();
    const events = eventsOf(await session.send(result('{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{}}}}'), streaming));
    await events.next();
    await session.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}');
    expect((await events.next()).value).to.deep.include({ method: "notifications/cancelled" });
    expect(((await events.next()).value as RpcMessage).error?.message).to.include("cancelled by the client");
    // The answer comes too late for everybody.
    expect((await session.send('{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}')).status).to.equal(202);
    expect(await pidOf(session)).to.be.greaterThan(0);
  });

  for (const { what, raw, says } of [
    { what: "for what the client does not offer", raw: '{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"}}}', says: /asks for roots\/list, which the client does not offer/ },
    { what: "in a way that nobody knows", raw: '{"resultType":"input_required","inputRequests":{"a":{"method":"ping"}}}', says: /asks for "a" in a way that is not known/ },
    { what: "without end", raw: '{"resultType":"input_required","requestState":"again"}', says: /still wants to know more after 10 attempts/ },
  ]) {
    it(`ends a request for which the server asks ${what}`, async () => {
      const session = await open();
      const { id, error } = await answerOf(await session.send(result(raw)));
      expect(id).to.equal(7);
      expect(error?.message).to.match(says);
    });
  }

  it("says so when a client that takes no stream would have to be asked", async () => {
    const session = await open();
    const response = await session.send(result('{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{}}}}'), { accept: "application/json" });
    expect((await answerOf(response)).error?.message).to.include("the client accepts no stream");
  });

  for (const { method, params, code } of [
    { method: "tasks/list", params: {}, code: -32601 },
    { method: "server/discover", params: {}, code: -32601 },
    { method: "subscriptions/listen", params: {}, code: -32601 },
    { method: "logging/setLevel", params: { level: "info" }, code: -32601 },
    { method: "resources/subscribe", params: { uri: 7 }, code: -32602 },
  ]) {
    it(`answers ${method} with ${code}`, async () => {
      const session = await open();
      const { id, error } = await answerOf(await session.send(JSON.stringify({ jsonrpc: "2.0", id: "x", method, params })));
      expect({ id, code: error?.code }).to.deep.equal({ id: "x", code });
    });
  }

  it("goes on with another process when its own dies: what was open gets an error, what was subscribed to is heard of again", async () => {
    const session = await open();
    const stop = new AbortController();
    const hears = eventsOf(await session.listen(stop.signal));
    await session.call("resources/subscribe", { uri: "test://x" });
    const before = await pidOf(session);
    const waiting = session.send(call("silence"));
    await bridge.xds.server("odd", (server) => (server.open_requests ?? 0) > 0);
    expect((await answerOf(await session.send(call("crash", '{"code":3}', "8")))).error).to.deep.equal({ code: -32000, message: "the server process ended with exit code 3" });
    expect((await answerOf(await waiting)).error?.message).to.include("exit code 3");
    // Nobody has asked for anything since: the subscription alone brings the next process.
    expect(((await hears.next()).value as RpcMessage).method).to.equal("notifications/tools/list_changed");
    const after = await pidOf(session);
    expect(after).to.not.equal(before);
    const { line } = (await answerOf(await session.send(call("received")))).result as { line: string };
    expect(line).to.be.a("string");
    const update = { jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri: "test://x", _meta: { "io.modelcontextprotocol/subscriptionId": 1 } } };
    const writing = session.send(call("write", JSON.stringify({ bytes: Buffer.from(`${JSON.stringify(update)}\n`).toString("base64") }), "9"));
    expect((await hears.next()).value).to.deep.equal({ ...update, params: { uri: "test://x", _meta: {} } });
    stop.abort();
    await session.delete();
    await (await writing).text();
  });

  it("gives no answer of the client to another process than the one that asked", async () => {
    const session = await open();
    const pid = await pidOf(session);
    const events = eventsOf(await session.send(result('{"resultType":"input_required","requestState":"s","inputRequests":{"a":{"method":"elicitation/create","params":{}}}}'), streaming));
    await events.next();
    process.kill(pid, "SIGKILL");
    await until(() => !isAlive(pid), "the process is gone");
    await session.send('{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}');
    expect(((await events.next()).value as RpcMessage).error?.message).to.equal("the server process that asked for input has gone");
    expect(await pidOf(session)).to.not.equal(pid);
  });

  it("is brought back by its id after a restart of the bridge", async () => {
    const session = await open("odd", { ...initializeParams, clientInfo: { name: "survivor", version: "1" } });
    const next = await Bridge.start();
    await next.serve("odd", { command: oddModernServer });
    const response = await next.post("odd", call("received"), { "mcp-session-id": session.id });
    expect(await lineOf(response)).to.include('/clientInfo":{"name":"survivor","version":"1"}');
    expect((await next.post("odd", '{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://y"}}', { "mcp-session-id": session.id })).status).to.equal(200);
    await next.stop();
  });

  it("ends with its process where sessions are to end then", async () => {
    await bridge.serve("mortal", { command: oddModernServer, sessions: { end_on_loss: true } });
    const session = await bridge.open("mortal");
    await answerOf(await session.send(call("crash", '{"code":1}')));
    expect((await session.send(call("pid"))).status).to.equal(404);
  });

  it("takes its process with it", async () => {
    const session = await bridge.open("odd");
    const pid = await pidOf(session);
    await session.delete();
    await until(() => !isAlive(pid), "the process is gone");
  });

  it("costs questions to the first session only", async () => {
    await bridge.serve("asked", { command: oddModernServer, env: { ODD_VERSION: "asked" }, pool: { min: 0, max: 5 } });
    await open("asked");
    // The one that refused, one that was asked each of the two questions, and the session's own.
    await until(() => started("asked") >= 4, "the log");
    expect(started("asked")).to.equal(4);
    await open("asked");
    await until(() => started("asked") >= 5, "the log");
    expect(started("asked")).to.equal(5);
  });

  it("costs a server with sessions nothing", async () => {
    await bridge.serve("legacy", { env: { ODD_VERSION: "legacy" }, pool: { min: 0, max: 5 } });
    for (let count = 1; count <= 3; count++) {
      await open("legacy");
      await until(() => started("legacy") >= count, "the log");
      expect(started("legacy")).to.equal(count);
    }
  });

  for (const shared of [undefined, { concurrency: 4 }]) {
    it(`reaches a server that ends when it is asked initialize${shared === undefined ? "" : ", whose processes are shared"}`, async () => {
      const name = shared === undefined ? "ends" : "ends-shared";
      await bridge.serve(name, { command: [...modernServer, "--exit-on-initialize"], pool: { min: 1, max: 4 }, ...(shared !== undefined && { shared }) });
      const elder = await elderClients["the second SDK over Streamable HTTP"](`${bridge.url}/${name}`);
      expect(await elder.call("echo", { message: "hello" })).to.equal("hello");
      await elder.stop();
    });
  }

  it("leaves a server alone that speaks both", async () => {
    await bridge.serve("both", { command: [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/two-era-server.mjs")], pool: { min: 0, max: 4 } });
    const elder = await elderClients["the first SDK over Streamable HTTP"](`${bridge.url}/both`);
    expect(elder.client.getInstructions()).to.equal("ask it for its pid");
    await elder.stop();
    await until(() => started("both") > 0, "the log");
    expect(started("both")).to.equal(1);
  });

  describe("whose processes are shared", () => {
    before(() => bridge.serve("shared", { command: [...modernServer, "--state-of-its-own"], pool: { min: 1, max: 3 }, shared: { concurrency: 2 } }));

    it("gives each what is its own", async () => {
      const connect = (name: string): ReturnType<(typeof elderClients)["the first SDK over Streamable HTTP"]> => elderClients["the first SDK over Streamable HTTP"](`${bridge.url}/shared`, { name });
      const [ada, bob] = await Promise.all([connect("ada"), connect("bob")]);
      await Promise.all([ada.subscribe("notes://ada"), bob.subscribe("notes://bob")]);
      const said = await Promise.all([ada, bob].flatMap((elder) => Array.from({ length: 6 }, () => elder.call("travel"))));
      expect(said).to.deep.equal([...Array<string>(6).fill("from file:///ada to the sea"), ...Array<string>(6).fill("from file:///bob to the sea")]);
      expect(await Promise.all([ada.call("greet"), bob.call("greet")])).to.deep.equal(["hello ada", "hello bob"]);
      await ada.stop();
      await bob.stop();
    });

    it("tells each of its own resources, and goes on with the process that follows one that died", async () => {
      await bridge.serve("single", { command: modernServer, pool: { min: 0, max: 1 }, shared: { concurrency: 8 } });
      const [ada, bob] = await Promise.all(["ada", "bob"].map((name) => elderClients["the second SDK over Streamable HTTP"](`${bridge.url}/single`, { name })));
      if (ada === undefined || bob === undefined) throw new Error("not connected");
      await Promise.all([ada.subscribe("notes://ada"), bob.subscribe("notes://bob")]);
      const pid = await ada.call("pid");
      expect(await bob.call("pid")).to.equal(pid);
      const died: unknown = await bob.call("crash").then(() => undefined, (reason: unknown) => reason);
      expect(String(died)).to.include("exit code 3");
      expect(await ada.call("pid")).to.not.equal(pid);
      // What is subscribed to anew is in force after the next subscription at the latest.
      await Promise.all([ada.subscribe("notes://more"), bob.subscribe("notes://more")]);
      for (const uri of ["notes://ada", "notes://bob", "notes://more"]) await ada.call("change", { uri });
      await Promise.all([ada, bob].map((elder) => elder.heard.any((what) => what === "notes://more")));
      expect(ada.heard.all.filter((what) => what.startsWith("notes:"))).to.deep.equal(["notes://ada", "notes://more"]);
      expect(bob.heard.all.filter((what) => what.startsWith("notes:"))).to.deep.equal(["notes://bob", "notes://more"]);
      await ada.stop();
      await bob.stop();
    });
  });
});

/** The data of a stream's events, as it came. */
async function* eventsOfText(response: Response): AsyncGenerator<string, undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) { // Node's streams are iterable.
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield data;
    }
  }
  return undefined;
}

/** Sessions that share processes, over WebSocket, HTTP+SSE and in batches: as over the other transport, each hears what is its own. */

import { expect } from "chai";
import { answerOf, Bridge, initializeParams, messagesOf, type RawSession, type RpcMessage } from "../stdio-bridge/bridge.js";
import { RawEvents, RawSocket, type RawTalk } from "../stdio-bridge/raw-talk.js";

const lineOf = ({ result }: RpcMessage): string => Buffer.from((result as { line: string }).line, "base64").toString();
const write = (...messages: readonly object[]): { bytes: string } => ({ bytes: Buffer.from(messages.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join("")).toString("base64") });

describe("bridge: shared processes over one connection", () => {
  let bridge: Bridge;
  const open: RawTalk[] = [];

  before(async () => {
    bridge = await Bridge.start();
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });
  afterEach(async () => {
    for (const talk of open.splice(0)) await talk.stop();
  });

  const transports: readonly { readonly name: string; readonly connect: (server: string) => RawSocket | RawEvents }[] = [
    { name: "WebSocket", connect: (server) => new RawSocket(`${bridge.url.replace("http", "ws")}/${server}`) },
    { name: "HTTP+SSE", connect: (server) => new RawEvents(`${bridge.url}/${server}/sse`) },
  ];

  for (const { name, connect } of transports) {
    describe(name, () => {
      const server = name.replace("+", "").toLowerCase();

      before(() => bridge.serve(server, { pool: { min: 1, max: 1 }, shared: { concurrency: 8 } }));

      async function begin(params: object = initializeParams): Promise<RawSocket | RawEvents> {
        const talk = connect(server);
        open.push(talk);
        await talk.opened;
        expect(await talk.ask("init", "initialize", params)).to.have.nested.property("result.serverInfo.name", "odd");
        talk.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
        return talk;
      }

      const pidOf = async (talk: RawTalk, id: string): Promise<number> => ((await talk.ask(id, "pid")).result as { pid: number }).pid;

      it("serves several with one process", async () => {
        const talks = await Promise.all([begin(), begin(), begin()]);
        expect(new Set(await Promise.all(talks.map((talk) => pidOf(talk, "p")))).size).to.equal(1);
      });

      it("changes nothing but the id and the progress token", async () => {
        const talk = await begin();
        const text = (id: string, token: string): string => `{ "jsonrpc":"2.0", "id" : ${id} ,"method":"received","x":1e400,"params":{"n":[12345678901234567890,1.0,-0],"s":"\\u00e9\\ud800é","_meta":{"progressToken":${token} , "y":1},"a":1,"a":2}}`;
        talk.send(text("12345678901234567890", '"t"'));
        const answer = await talk.heard.any((heard) => heard.startsWith('{"jsonrpc":"2.0","id":12345678901234567890,'));
        const line = lineOf(JSON.parse(answer) as RpcMessage);
        const number = /"id" : (\d+) /.exec(line)?.[1] ?? "";
        expect(line).to.equal(text(number, number));
      });

      it("gives equal ids and progress tokens each what is its own", async () => {
        const talks = await Promise.all([begin(), begin()]);
        const answers = await Promise.all(talks.map((talk, index) => talk.ask(1, "received", { nonce: `of-${index}` })));
        expect(answers.map((answer) => /of-./.exec(lineOf(answer))?.[0])).to.deep.equal(["of-0", "of-1"]);
        await Promise.all(talks.map((talk, index) => talk.ask(2, "progress", { _meta: { progressToken: index === 0 ? "same" : 7 } })));
        const tokens = talks.map((talk) => talk.messages().filter(({ method }) => method === "notifications/progress").map(({ params }) => params?.["progressToken"]));
        expect(tokens).to.deep.equal([["same", "same", "same"], [7, 7, 7]]);
      });

      it("passes a request of the process to the client whose call it belongs to, and no other", async () => {
        const [talk, other] = await Promise.all([begin(), begin()]);
        talk.send('{"jsonrpc":"2.0","id":"a","method":"ask","params":{"method":"sampling/createMessage","rawId":"\\"q\\""}}');
        const asked = JSON.parse(await talk.heard.any((text) => text.includes("sampling/createMessage"))) as RpcMessage;
        other.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { forged: true } }));
        await other.ask("after", "pid");
        talk.send(`{"jsonrpc":"2.0","id":${JSON.stringify(asked.id)},"result":{"x":1.0}}`);
        expect(lineOf(await talk.answer("a"))).to.equal('{"jsonrpc":"2.0","id":"q","result":{"x":1.0}}');
        expect(other.messages().filter(({ method }) => method !== undefined)).to.deep.equal([]);
      });

      it("tells a subscriber of its resource, and everyone of a list that has changed", async () => {
        const [talk, other] = await Promise.all([begin(), begin()]);
        await talk.ask("s", "resources/subscribe", { uri: "test://x" });
        other.send(JSON.stringify({ jsonrpc: "2.0", id: "w", method: "write", params: write({ method: "notifications/resources/updated", params: { uri: "test://x" } }, { method: "notifications/tools/list_changed" }) }));
        await Promise.all([talk, other].map((one) => one.heard.any((text) => text.includes("tools/list_changed"))));
        const news = [talk, other].map((one) => one.messages().map(({ method }) => method).filter((method) => method !== undefined));
        expect(news).to.deep.equal([["notifications/resources/updated", "notifications/tools/list_changed"], ["notifications/tools/list_changed"]]);
      });

      it("cancels at the process what its client has cancelled, and what was open when its client went", async () => {
        const [talk, other] = await Promise.all([begin(), begin()]);
        const before = ((await other.ask("b", "cancelled")).result as { cancelled: unknown[] }).cancelled.length;
        talk.send('{"jsonrpc":"2.0","id":"x","method":"silence"}');
        talk.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}');
        talk.send('{"jsonrpc":"2.0","id":"y","method":"silence"}');
        await talk.ask("p", "pid");
        await talk.stop();
        await bridge.xds.server(server, ({ sessions = 0, open_requests = 0 }) => sessions === 1 && open_requests === 0);
        const { cancelled } = (await other.ask("c", "cancelled")).result as { cancelled: unknown[] };
        expect(cancelled.length - before).to.equal(2);
      });

      it("answers what was open when the process dies, and goes on over the same connection", async () => {
        const [talk, other] = await Promise.all([begin(), begin()]);
        const before = await pidOf(talk, "before");
        talk.send('{"jsonrpc":"2.0","id":"open","method":"silence"}');
        await talk.ask("p", "pid");
        expect((await other.ask("crash", "crash", { code: 3 })).error?.message).to.include("exit code 3");
        expect((await talk.answer("open")).error).to.deep.equal({ code: -32000, message: "the server process ended with exit code 3" });
        const after = await pidOf(talk, "after");
        expect(after).to.not.equal(before);
        expect(await pidOf(other, "after")).to.equal(after);
      });
    });
  }
});

describe("bridge: shared processes in batches", () => {
  let bridge: Bridge;
  let session: RawSession;

  before(async () => {
    bridge = await Bridge.start();
    await bridge.serve("one", { pool: { min: 1, max: 1 }, shared: { concurrency: 8 } });
    await bridge.serve("tight", { pool: { min: 1, max: 1 }, shared: { concurrency: 1 } });
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });
  beforeEach(async () => {
    session = await bridge.open("one");
  });
  afterEach(() => session.delete());

  const old = { "mcp-protocol-version": "2025-03-26" };
  const pid = (id: unknown): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"pid"}`;

  it("answers a batch together, each part changed in nothing but its id", async () => {
    const one = (id: string): string => `{"jsonrpc":"2.0","id":${id},"method":"received","params":{"n":1.0,"e":1e400}}`;
    const text = await (await session.send(`[${one("12345678901234567890")} , {"jsonrpc":"2.0","method":"notifications/odd"},\n${pid("b")}]`, old)).text();
    expect(text).to.match(/^\[\{"jsonrpc":"2.0","id":12345678901234567890,/);
    const answers = JSON.parse(text) as readonly RpcMessage[];
    expect(answers).to.have.length(2);
    expect(lineOf(answers[0] as RpcMessage).replace(/"id":\d+/, '"id":#')).to.equal(one("#"));
    expect(answers[1]).to.deep.include({ id: "b" });
  });

  it("gives batches of several sessions with equal ids each its own answers", async () => {
    const other = await bridge.open("one");
    const batch = (who: string): string => JSON.stringify([1, 2, 3].map((id) => ({ jsonrpc: "2.0", id, method: "received", params: { nonce: `${who}-${id}` } })));
    const texts = await Promise.all([session, other].map(async (one, index) => (await one.send(batch(`s${index}`), old)).json() as Promise<readonly RpcMessage[]>));
    const nonces = texts.map((answers) => [...answers].sort((a, b) => Number(a.id) - Number(b.id)).map((answer) => /s\d-\d/.exec(lineOf(answer))?.[0]));
    expect(nonces).to.deep.equal([["s0-1", "s0-2", "s0-3"], ["s1-1", "s1-2", "s1-3"]]);
    await other.delete();
  });

  it("sends progress of one part before the answers, over a stream", async () => {
    const messages = await messagesOf(await session.send(`[${pid("b")},{"jsonrpc":"2.0","id":"p","method":"progress","params":{"_meta":{"progressToken":"t"}}}]`, old));
    expect(messages.filter(({ method }) => method === "notifications/progress").map(({ params }) => params?.["progressToken"])).to.deep.equal(["t", "t", "t"]);
    expect(messages.filter(({ method }) => method === undefined).map(({ id }) => id).sort()).to.deep.equal(["b", "p"]);
  });

  it("answers every part also where only one may be open at a time", async () => {
    const tight = await bridge.open("tight");
    const answers = (await (await tight.send(`[${Array.from({ length: 10 }, (_, id) => pid(id)).join()}]`, old)).json()) as readonly RpcMessage[];
    expect(answers.map(({ id }) => id).sort()).to.deep.equal(Array.from({ length: 10 }, (_, id) => id));
    expect(answers.every(({ result }) => result !== undefined)).to.equal(true);
    await tight.delete();
  });

  it("answers every open part with an error when the process dies", async () => {
    const answers = (await (await session.send(`[{"jsonrpc":"2.0","id":"open","method":"silence"},{"jsonrpc":"2.0","id":"crash","method":"crash","params":{"code":3}}]`, old)).json()) as readonly RpcMessage[];
    expect(answers.map(({ id, error }) => `${String(id)} ${error?.message}`).sort()).to.deep.equal(["crash the server process ended with exit code 3", "open the server process ended with exit code 3"]);
    expect((await answerOf(await session.request("pid"))).result).to.have.property("pid");
  });
});

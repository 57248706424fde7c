/** Sessions that share processes: each hears what is its own, nobody waits for a greedy one, and no death of a process ends a session. */

import { expect } from "chai";
import { answerOf, Bridge, eventsOf, initializeParams, isAlive, messagesOf, oddServer, until, type RawSession, type RpcMessage } from "../stdio-bridge/bridge.js";

const stream = { accept: "text/event-stream" };

describe("bridge: shared processes", () => {
  let bridge: Bridge;

  before(async () => {
    bridge = await Bridge.start();
    await bridge.serve("one", { pool: { min: 1, max: 1 }, shared: { concurrency: 8 } });
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });

  const pidOf = async (session: RawSession): Promise<number> => (await session.call<{ pid: number }>("pid")).pid;

  /** The session's own stream, and what comes over it. */
  async function listen(session: RawSession): Promise<{ next: () => Promise<RpcMessage>; stop: () => void }> {
    const stop = new AbortController();
    const events = eventsOf(await session.listen(stop.signal));
    return {
      next: async () => {
        const { value } = await events.next();
        if (value === undefined) throw new Error("the stream has ended");
        return value as RpcMessage;
      },
      stop: () => stop.abort(),
    };
  }

  it("serves many sessions with one process", async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => bridge.open("one")));
    expect(new Set(sessions.map(({ id }) => id)).size).to.equal(20);
    expect(new Set(await Promise.all(sessions.map(pidOf))).size).to.equal(1);
    await bridge.xds.server("one", (server) => server.sessions === 20 && server.processes === 1);
    await Promise.all(sessions.map((session) => session.delete()));
  });

  it("answers initialize in the older of the two revisions, with the client's own id", async () => {
    const body = (version: string): string => `{"jsonrpc":"2.0","id":"\\u0061","method":"initialize","params":${JSON.stringify({ ...initializeParams, protocolVersion: version })}}`;
    for (const [asked, given] of [["2025-06-18", "2025-06-18"], ["2025-11-25", "2025-11-25"], ["2099-01-01", "2025-11-25"]] as const) {
      const response = await bridge.post("one", body(asked));
      const text = await response.text();
      expect(text).to.include('"id":"\\u0061"');
      expect(JSON.parse(text)).to.have.nested.property("result.protocolVersion", given);
      expect(JSON.parse(text)).to.have.nested.property("result.serverInfo.name", "odd");
    }
  });

  it("changes nothing but the id and the progress token", async () => {
    const session = await bridge.open("one");
    for (const [id, token] of [['"\\u0061\\"b"', "0"], ["0", '"t"'], ["-7", "1.0"], ["12345678901234567890", '"\\ud800"'], ["1e2", "-0"]] as const) {
      const text = (ownId: string, ownToken: string): string => `{ "jsonrpc":"2.0", "id" : ${ownId} ,"method":"received","x":1e400,"params":{"n":[12345678901234567890,1.0,-0],"s":"\\u00e9\\ud800é","_meta":{"progressToken":${ownToken} , "y":1},"a":1,"a":2}}`;
      const response = await session.send(text(id, token));
      const answer = await response.text();
      expect(answer).to.include(`"id":${id},`);
      const { result } = JSON.parse(answer) as { result: { line: string } };
      const line = Buffer.from(result.line, "base64").toString();
      const number = /"id" : (\d+) /.exec(line)?.[1] ?? "";
      expect(line).to.equal(text(number, number));
    }
    await session.delete();
  });

  it("gives the same id of two sessions to each its own answer", async () => {
    const [a, b] = [await bridge.open("one"), await bridge.open("one")];
    const ask = (session: RawSession, nonce: string): Promise<Response> => session.send(`{"jsonrpc":"2.0","id":1,"method":"received","params":{"nonce":"${nonce}"}}`);
    const answers = await Promise.all([ask(a, "of-a"), ask(b, "of-b")].map(async (response) => answerOf(await response)));
    expect(answers.map(({ result }) => /of-./.exec(Buffer.from((result as { line: string }).line, "base64").toString())?.[0])).to.deep.equal(["of-a", "of-b"]);
    await Promise.all([a.delete(), b.delete()]);
  });

  it("tells of progress to who asked, with the token as it was given", async () => {
    const [a, b] = [await bridge.open("one"), await bridge.open("one")];
    const answers = await Promise.all([a, b].map(async (session, index) => messagesOf(await session.request("progress", { _meta: { progressToken: index === 0 ? "same" : 7 } }, stream))));
    expect(answers.map((messages) => messages.slice(0, 3).map(({ params }) => params?.["progressToken"]))).to.deep.equal([["same", "same", "same"], [7, 7, 7]]);
    await Promise.all([a.delete(), b.delete()]);
  });

  it("cancels at the process what its client has cancelled", async () => {
    const [a, b] = [await bridge.open("one"), await bridge.open("one")];
    const open = a.send('{"jsonrpc":"2.0","id":"x","method":"silence"}');
    const other = b.send('{"jsonrpc":"2.0","id":"x","method":"silence"}');
    await bridge.xds.server("one", (server) => server.open_requests === 2);
    await a.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}');
    expect((await answerOf(await open)).error?.message).to.include("cancelled");
    const { cancelled } = await a.call<{ cancelled: unknown[] }>("cancelled");
    expect(cancelled.at(-1)).to.be.a("number");
    await Promise.all([a.delete(), b.delete()]);
    expect((await answerOf(await other)).error?.message).to.include("session has ended");
  });

  it("passes a request of the process to the one client whose call it belongs to, and its answer back", async () => {
    await bridge.serve("asks", { shared: { concurrency: 8 } });
    const [session, other] = [await bridge.open("asks"), await bridge.open("asks")];
    const hears = await listen(other);
    const events = eventsOf(await session.request("ask", { method: "sampling/createMessage", rawId: '"q"' }, stream));
    const { value: asked } = await events.next();
    expect(asked).to.deep.equal({ jsonrpc: "2.0", id: 1, method: "sampling/createMessage", params: {} });
    // Another session's answer to the same id is nobody's.
    await other.send('{"jsonrpc":"2.0","id":1,"result":{"forged":true}}');
    expect((await session.send('{"jsonrpc":"2.0","id":1.0,"result":{"x":1.0}}')).status).to.equal(202);
    const { value: answered } = await events.next();
    expect(Buffer.from(((answered as RpcMessage).result as { line: string }).line, "base64").toString()).to.equal('{"jsonrpc":"2.0","id":"q","result":{"x":1.0}}');
    hears.stop();
    await Promise.all([session.delete(), other.delete()]);
  });

  it("refuses a request of the process that could be for several clients, or for one that does not offer it", async () => {
    const [a, b] = [await bridge.open("one"), await bridge.open("one")];
    const open = a.request("silence", {}, stream);
    await bridge.xds.server("one", (server) => server.open_requests === 1);
    const lineOf = async (response: Response): Promise<string> => Buffer.from(((await answerOf(response)).result as { line: string }).line, "base64").toString();
    expect(await lineOf(await b.request("ask", { method: "sampling/createMessage" }, stream))).to.include("not certain which of the clients");
    await a.delete();
    await (await open).text();
    const plain = await bridge.open("one", { ...initializeParams, capabilities: {} });
    // What the ended session has cancelled may still be what the process is busy with.
    expect(await lineOf(await b.request("ask", { method: "sampling/createMessage" }, stream))).to.include("not certain");
    await bridge.serve("fresh", { shared: { concurrency: 8 } });
    const fresh = await bridge.open("fresh", { ...initializeParams, capabilities: {} });
    expect(await lineOf(await fresh.request("ask", { method: "elicitation/create" }, stream))).to.include("does not offer elicitation");
    await Promise.all([b.delete(), plain.delete(), fresh.delete()]);
  });

  it("gives news to those whom they concern", async () => {
    await bridge.serve("news", { shared: { concurrency: 8 } });
    const [a, b] = [await bridge.open("news"), await bridge.open("news")];
    const [hearsA, hearsB] = [await listen(a), await listen(b)];
    const write = (session: RawSession, ...messages: readonly object[]): Promise<Response> => session.request("write", { bytes: Buffer.from(messages.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join("")).toString("base64") }, stream);
    await a.call("resources/subscribe", { uri: "test://x" });
    await b.call("resources/subscribe", { uri: "test://x" });
    await b.call("resources/subscribe", { uri: "test://y" });
    await a.call("resources/unsubscribe", { uri: "test://x" });
    const updated = (uri: string): object => ({ method: "notifications/resources/updated", params: { uri } });
    const open = write(a, updated("test://x"), updated("test://y/part"), updated("test://z"), { method: "notifications/tools/list_changed" }, { method: "notifications/message", params: { level: "info", data: "of a" } });
    expect((await hearsA.next()).method).to.equal("notifications/tools/list_changed");
    expect((await hearsA.next()).params).to.deep.include({ data: "of a" });
    expect([await hearsB.next(), await hearsB.next(), await hearsB.next()].map(({ method, params }) => params?.["uri"] ?? method)).to.deep.equal(["test://x", "test://y/part", "notifications/tools/list_changed"]);
    hearsA.stop();
    hearsB.stop();
    await Promise.all([a.delete(), b.delete()]);
    await (await open).text();
  });

  it("gives log messages of a process that is busy with several to those that have set a level", async () => {
    await bridge.serve("logs", { shared: { concurrency: 8 } });
    const [a, b] = [await bridge.open("logs"), await bridge.open("logs")];
    const [hearsA, hearsB] = [await listen(a), await listen(b)];
    await b.call("logging/setLevel", { level: "info" });
    const open = a.request("silence");
    await bridge.xds.server("logs", (server) => server.open_requests === 1);
    const message = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "of whom?" } };
    const news = { jsonrpc: "2.0", method: "notifications/prompts/list_changed" };
    const writing = b.request("write", { bytes: Buffer.from(`${JSON.stringify(message)}\n${JSON.stringify(news)}\n`).toString("base64") });
    expect([await hearsB.next(), await hearsB.next()]).to.deep.equal([message, news]);
    expect(await hearsA.next()).to.deep.equal(news);
    hearsA.stop();
    hearsB.stop();
    await Promise.all([a.delete(), b.delete()]);
    await Promise.all([(await open).text(), (await writing).text()]);
  });

  it("subscribes anew at the process that follows one that died", async () => {
    await bridge.serve("follows", { pool: { max: 1 }, shared: { concurrency: 8 } });
    const [a, b] = [await bridge.open("follows"), await bridge.open("follows")];
    const [hearsA, hearsB] = [await listen(a), await listen(b)];
    await a.call("resources/subscribe", { uri: "test://x" });
    await (await b.request("crash", { code: 1 })).text();
    const update = { jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri: "test:\u002f/x" } };
    const news = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
    const writing = b.request("write", { bytes: Buffer.from(`${JSON.stringify(update)}\n${JSON.stringify(news)}\n`).toString("base64") });
    expect(await hearsA.next()).to.deep.equal(update);
    expect(await hearsB.next()).to.deep.equal(news);
    hearsA.stop();
    hearsB.stop();
    await Promise.all([a.delete(), b.delete()]);
    await (await writing).text();
  });

  it("gives sessions processes of their own from now on when the server says so", async () => {
    await bridge.serve("parted", { shared: { concurrency: 8 } });
    const before = await bridge.open("parted");
    await bridge.serve("parted");
    const [a, b] = [await bridge.open("parted"), await bridge.open("parted")];
    expect(new Set([await pidOf(before), await pidOf(a), await pidOf(b)]).size).to.equal(3);
    await Promise.all([a.delete(), b.delete(), before.delete()]);
  });

  it("answers what was open when the process dies, and the sessions live on with another", async () => {
    const [a, b] = [await bridge.open("one"), await bridge.open("one")];
    const before = await pidOf(a);
    const open = b.request("silence");
    await bridge.xds.server("one", (server) => server.open_requests === 1);
    const crashed = await answerOf(await a.request("crash", { code: 3 }));
    expect(crashed.error).to.deep.equal({ code: -32000, message: "the server process ended with exit code 3" });
    expect((await answerOf(await open)).error?.message).to.include("exit code 3");
    const [after, alsoAfter] = [await pidOf(a), await pidOf(b)];
    expect(after).to.not.equal(before);
    expect(alsoAfter).to.equal(after);
    await Promise.all([a.delete(), b.delete()]);
  });

  it("starts the first process when it is asked for, and none for a session that asks nothing", async () => {
    await bridge.serve("zero", { pool: { min: 0, max: 2, idle_timeout: { seconds: 1 } }, shared: { concurrency: 8 } });
    expect((await bridge.xds.ready("zero")).processes ?? 0).to.equal(0);
    const session = await bridge.open("zero");
    const pid = await pidOf(session);
    const stop = new AbortController();
    await session.listen(stop.signal);
    // The stream keeps the session, and the session keeps no process.
    await until(() => !isAlive(pid), "the process was given back");
    await bridge.xds.server("zero", (server) => (server.processes ?? 0) === 0 && server.sessions === 1);
    expect(await pidOf(session)).to.not.equal(pid);
    stop.abort();
    await session.delete();
  });

  it("starts more processes when requests wait, up to the limit", async () => {
    await bridge.serve("grows", { pool: { min: 1, max: 3, queue_max: 10 }, shared: { concurrency: 2 } });
    const session = await bridge.open("grows");
    const open = Array.from({ length: 7 }, () => session.request("silence"));
    await bridge.xds.server("grows", (server) => server.processes === 3 && server.queue_length === 1 && server.open_requests === 7);
    await session.delete();
    for (const response of open) expect((await answerOf(await response)).error?.message).to.include("session has ended");
  });

  it("replaces a process after so many requests", async () => {
    await bridge.serve("worn", { pool: { min: 1, max: 2 }, shared: { concurrency: 4, max_requests: 3 } });
    const session = await bridge.open("worn");
    const pids: number[] = [];
    for (let i = 0; i < 7; i++) pids.push(await pidOf(session));
    expect(pids.map((pid) => pids.indexOf(pid))).to.deep.equal([0, 0, 0, 3, 3, 3, 6]);
    await until(() => !isAlive(pids[0] ?? 0), "the worn process is gone");
    await session.delete();
  });

  it("refuses after its time in the queue what it has not run, with the id, and at once what finds the queue full", async () => {
    const pool = { min: 1, max: 1, queue_max: 2 };
    await bridge.serve("full", { pool, shared: { concurrency: 1 } });
    const session = await bridge.open("full");
    await bridge.serve("full", { pool: { ...pool, queue_timeout: { nanos: 400_000_000 } }, shared: { concurrency: 1 } });
    const open = session.request("silence");
    await bridge.xds.server("full", (server) => server.open_requests === 1);
    const late = ["a", "b", "c"].map((id) => session.send(`{"jsonrpc":"2.0","id":"${id}","method":"pid"}`));
    const responses = await Promise.all(late);
    for (const response of responses) {
      expect(response.status).to.equal(503);
      expect(response.headers.get("retry-after")).to.equal("1");
    }
    const answers = await Promise.all(responses.map(answerOf));
    expect(answers.map(({ id }) => id)).to.deep.equal(["a", "b", "c"]);
    expect(answers.filter(({ error }) => /no process had room within 400 ms/.test(error?.message ?? "")).length).to.equal(2);
    expect(answers.filter(({ error }) => /2 requests wait already/.test(error?.message ?? "")).length).to.equal(1);
    await session.delete();
    await (await open).text();
  });

  it("lets a polite session pass a greedy one", async () => {
    await bridge.serve("fair", { pool: { min: 1, max: 1, queue_max: 4, queue_timeout: { seconds: 30 } }, shared: { concurrency: 1 } });
    const [greedy, polite] = [await bridge.open("fair"), await bridge.open("fair")];
    const blocking = greedy.send('{"jsonrpc":"2.0","id":"block","method":"silence"}');
    await bridge.xds.server("fair", (server) => server.open_requests === 1);
    const order: string[] = [];
    const note = async (name: string, response: Promise<Response>): Promise<number> => {
      const { status } = await response;
      order.push(name);
      return status;
    };
    const greedily = Array.from({ length: 4 }, () => note("greedy", greedy.request("pid")));
    await bridge.xds.server("fair", (server) => server.queue_length === 4);
    const politely = note("polite", polite.request("pid"));
    // The queue was full of the greedy one's, and its newest made room.
    expect(await Promise.race(greedily)).to.equal(503);
    await greedy.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"block"}}');
    await (await blocking).text();
    expect(await politely).to.equal(200);
    expect((await Promise.all(greedily)).filter((status) => status === 200).length).to.equal(3);
    expect(order.indexOf("polite")).to.be.at.most(2);
    await Promise.all([greedy.delete(), polite.delete()]);
  });

  it("moves sessions to a changed command, and ends the old process after its last answer", async () => {
    await bridge.serve("changed", { env: { ODD_VERSION: "1" }, shared: { concurrency: 8 } });
    const session = await bridge.open("changed");
    const first = await session.call<{ pid: number; version: string }>("pid");
    await bridge.serve("changed", { env: { ODD_VERSION: "2" }, shared: { concurrency: 8 } });
    expect(await session.call("pid")).to.deep.include({ version: "2" });
    await until(() => !isAlive(first.pid), "the old process is gone");
    await session.delete();
  });

  it("is unhealthy when no process can be initialised, with a pause between the attempts", async () => {
    bridge.xds.put("dies", { command: [...oddServer, "--exit-at-start", "7"], shared: { concurrency: 8 } });
    const report = await bridge.xds.server("dies", (server) => server.state === "UNHEALTHY");
    expect(report.reason).to.match(/ended with exit code 7, 3 times in a row/);
    const response = await bridge.post("dies", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams }));
    expect(response.status).to.equal(503);
    expect((await answerOf(response)).error?.message).to.match(/cannot be run: .*exit code 7/);
  });

  it("costs no process for a thousand sessions that were abandoned", async () => {
    await bridge.serve("many", { pool: { min: 1, max: 4 }, shared: { concurrency: 8 } });
    await bridge.open("many");
    for (let i = 0; i < 27; i++) await Promise.all(Array.from({ length: 37 }, () => bridge.open("many")));
    const report = await bridge.xds.server("many", (server) => server.sessions === 1_000);
    expect(report.processes).to.equal(1);
  });
});

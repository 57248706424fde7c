/** Sessions that outlive their process and their worker: what goes on, what is told, what is never run twice, and what is refused. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { answerOf, Bridge, eventsOf, initializeParams, isAlive, oddServer, rawEventsOf, RawSession, until, type RpcMessage } from "../stdio-bridge/bridge.js";

const initialize = (params: object): string => JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
const pidOf = async (session: RawSession): Promise<number> => (await session.call<{ pid: number }>("pid")).pid;
const heardOf = async (session: RawSession): Promise<readonly RpcMessage[]> => (await session.call<{ lines: string[] }>("heard")).lines.map((line) => JSON.parse(line) as RpcMessage);

describe("bridge: sessions survive", () => {
  let bridge: Bridge, other: Bridge;

  before(async () => {
    [bridge, other] = await Promise.all([Bridge.start(), Bridge.start()]);
    await both("odd", { pool: { min: 1, max: 20 } });
  });
  after(async () => {
    expect(await Promise.all([bridge.stop(), other.stop()])).to.deep.equal([0, 0]);
  });

  async function both(name: string, server: Parameters<Bridge["serve"]>[1]): Promise<void> {
    await Promise.all([bridge.serve(name, server), other.serve(name, server)]);
  }

  /** The same session at the other worker, as the gateway leads a client there whose worker is gone. */
  const moved = (session: RawSession): RawSession => new RawSession(other, session.server, session.id);

  const startsAt = (name: string): number => other.logs.all.filter(({ server, msg }) => server === name && msg === "server process started").length;

  describe("the death of their process", () => {
    it("goes on with another, which hears what the first heard, to the byte", async () => {
      const params = '{"protocolVersion":"2025-06-18","capabilities":{"roots":{ }},"clientInfo":{"name":"n\\u00e9","version":"1.0"},"_meta":{"big":12345678901234567890,"float":1.0}}';
      const response = await bridge.post("odd", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":${params}}`);
      await response.text();
      const session = new RawSession(bridge, "odd", response.headers.get("mcp-session-id") ?? "");
      await killed(await pidOf(session));
      const body = '{"jsonrpc":"2.0", "id":12345678901234567890,"method":"heard","params":{"a":1e400}}';
      const answer = await (await session.send(body)).text();
      expect(answer).to.match(/"id":12345678901234567890,/);
      const { lines } = (JSON.parse(answer) as { result: { lines: string[] } }).result;
      expect(lines).to.deep.equal([
        `{"jsonrpc":"2.0","id":"mcp-mesh-initialize","method":"initialize","params":${params}}`,
        '{"jsonrpc":"2.0","method":"notifications/initialized"}',
        body,
      ]);
      await session.delete();
    });

    it("gives an open request an error at once, and never runs it again", async () => {
      const session = await bridge.open("odd");
      const pid = await pidOf(session);
      const open = session.send('{"jsonrpc":"2.0","id":"open","method":"silence"}');
      await bridge.xds.server("odd", (server) => server.open_requests === 1);
      process.kill(pid, "SIGKILL");
      expect((await answerOf(await open)).error).to.deep.equal({ code: -32000, message: "the server process was ended by SIGKILL" });
      expect((await heardOf(session)).map(({ method }) => method)).to.deep.equal(["initialize", "notifications/initialized", "heard"]);
      await session.delete();
    });

    it("keeps its stream, and says there which lists may have changed", async () => {
      await bridge.serve("lists", { command: [...oddServer, "--lists-change"] });
      const session = await bridge.open("lists");
      const stop = new AbortController();
      const events = eventsOf(await session.listen(stop.signal));
      await killed(await pidOf(session));
      await pidOf(session);
      expect([(await events.next()).value, (await events.next()).value]).to.deep.equal(["tools", "prompts"].map((list) => ({ jsonrpc: "2.0", method: `notifications/${list}/list_changed` })));
      stop.abort();
      await session.delete();
    });

    it("asks again for the log level and the subscriptions that were granted", async () => {
      const session = await bridge.open("odd");
      await session.call("logging/setLevel", { level: "error" });
      await session.call("logging/setLevel", { level: "debug" });
      for (const uri of ["a://1", "a://2", "a://3"]) await session.call("resources/subscribe", { uri });
      await session.call("resources/unsubscribe", { uri: "a://2" });
      await killed(await pidOf(session));
      expect((await heardOf(session)).slice(2, -1).map(({ method, params }) => [method, params])).to.deep.equal([
        ["logging/setLevel", { level: "debug" }], ["resources/subscribe", { uri: "a://1" }], ["resources/subscribe", { uri: "a://3" }],
      ]);
      await session.delete();
    });

    it("does not take an answer to the dead process for one to the next", async () => {
      const session = await bridge.open("odd");
      const stop = new AbortController();
      const events = eventsOf(await session.listen(stop.signal));
      const asked = session.request("ask", { method: "roots/list", rawId: "0" });
      const first = (await events.next()).value as RpcMessage;
      await killed((await pidOf(session)));
      await (await asked).text();
      const again = session.request("ask", { method: "roots/list", rawId: "0" });
      const second = (await events.next()).value as RpcMessage;
      expect(first.id).to.equal(0);
      expect(second.id).not.to.equal(0);
      expect((await session.send('{"jsonrpc":"2.0","id":0,"result":{"roots":["stale"]}}')).status).to.equal(202);
      await session.send(JSON.stringify({ jsonrpc: "2.0", id: second.id, result: { roots: [] } }));
      const { line } = (await answerOf(await again)).result as { line: string };
      // The process has its answer under the id by which it asked.
      expect(Buffer.from(line, "base64").toString()).to.equal('{"jsonrpc":"2.0","id":0,"result":{"roots":[]}}');
      stop.abort();
      await session.delete();
    });

    it("starts nothing for what was meant for the dead process", async () => {
      await bridge.serve("none", { pool: { min: 0, max: 4 } });
      const session = await bridge.open("none");
      await killed(await pidOf(session));
      await bridge.xds.server("none", (server) => (server.processes ?? 0) === 0);
      for (const message of ['"id":7,"result":{}', '"method":"notifications/cancelled","params":{"requestId":1}', '"method":"notifications/initialized"', '"method":"notifications/progress","params":{"progressToken":1,"progress":1}']) {
        expect((await session.send(`{"jsonrpc":"2.0",${message}}`)).status).to.equal(202);
      }
      expect((await heardOf(session)).map(({ method }) => method)).to.deep.equal(["initialize", "notifications/initialized", "heard"]);
      await session.delete();
    });

    it("has requests that come together served by one process, in their order", async () => {
      await bridge.serve("order", { pool: { min: 0, max: 4 } });
      const session = await bridge.open("order");
      await killed(await pidOf(session));
      const pids = await Promise.all(Array.from({ length: 20 }, () => pidOf(session)));
      expect(new Set(pids).size).to.equal(1);
      expect((await heardOf(session)).filter(({ method }) => method === "initialize")).to.have.length(1);
      await session.delete();
    });

    it("refuses with 503 while no process runs, and goes on when one does", async () => {
      const folder = mkdtempSync(join(tmpdir(), "mcp-mesh-survival-"));
      const file = join(folder, "server.mjs");
      writeFileSync(file, `await import(${JSON.stringify(oddServer[1])});`);
      await bridge.serve("loops", { command: [process.execPath, file], pool: { min: 0, max: 2 } });
      const session = await bridge.open("loops");
      const pid = await pidOf(session);
      writeFileSync(file, "process.exit(9);");
      await killed(pid);
      const refused = await session.request("pid");
      expect([refused.status, refused.headers.get("retry-after")]).to.deep.equal([503, "1"]);
      expect((await answerOf(refused)).error?.message).to.include("the request was not run").and.include("exit code 9");
      writeFileSync(file, `await import(${JSON.stringify(oddServer[1])});`);
      await until(async () => (await session.request("pid")).status === 200, "the session goes on");
      rmSync(folder, { recursive: true });
      await session.delete();
    });

    it("goes on with the one after the next when the next dies too before it knows of the session", async () => {
      const folder = mkdtempSync(join(tmpdir(), "survival-"));
      const mark = join(folder, "the-next-dies");
      const [program = "", ...args] = oddServer;
      await bridge.serve("frail", { command: ["/bin/sh", "-c", `if rm '${mark}' 2> /dev/null; then read line; exit 9; fi; exec "$0" "$@"`, program, ...args], pool: { min: 0, max: 3 } });
      const session = await bridge.open("frail");
      await killed(await pidOf(session));
      writeFileSync(mark, "");
      expect(await pidOf(session)).to.be.greaterThan(0);
      expect((await heardOf(session)).map(({ method }) => method)).to.deep.equal(["initialize", "notifications/initialized", "pid", "heard"]);
      await session.delete();
      rmSync(folder, { recursive: true });
    });

    it("ends with 404 when the next process speaks another revision", async () => {
      const folder = mkdtempSync(join(tmpdir(), "mcp-mesh-survival-"));
      const file = join(folder, "revision");
      writeFileSync(file, "2025-11-25");
      await bridge.serve("other", { command: [...oddServer, "--revision-file", file], pool: { min: 0, max: 2 } });
      const session = await bridge.open("other");
      writeFileSync(file, "2025-03-26");
      await killed(await pidOf(session));
      const refused = await session.request("pid");
      expect(refused.status).to.equal(404);
      expect((await answerOf(refused)).error).to.deep.include({ code: -32001 }).and.have.property("message").that.includes("the server speaks 2025-03-26 now, and the session 2025-11-25");
      expect((await session.request("pid")).status).to.equal(404);
      rmSync(folder, { recursive: true });
    });
  });

  describe("the loss of their worker", () => {
    it("goes on at another, where requests that come together find one session", async () => {
      const session = await bridge.open("odd", { ...initializeParams, capabilities: { sampling: {}, elicitation: {} } });
      const pid = await pidOf(session);
      const there = moved(session);
      const pids = await Promise.all(Array.from({ length: 20 }, () => pidOf(there)));
      expect(new Set(pids).size).to.equal(1);
      expect(pids).not.to.include(pid);
      const [first] = await heardOf(there);
      expect(first?.params).to.deep.equal({ ...initializeParams, capabilities: { sampling: {}, elicitation: {} } });
      await Promise.all([session.delete(), moved(session).delete()]);
    });

    it("opens a stream there although its last event is not known, and says on it what may have changed", async () => {
      await both("lists", { command: [...oddServer, "--lists-change"] });
      const session = await bridge.open("lists");
      const stop = new AbortController();
      const response = await fetch(`${other.url}/lists`, { headers: { accept: "text/event-stream", "mcp-session-id": session.id, "last-event-id": "0123456789abcdef_7" }, signal: stop.signal });
      expect(response.status).to.equal(200);
      await pidOf(moved(session));
      const events = eventsOf(response);
      expect((await events.next()).value).to.deep.equal({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
      stop.abort();
      await Promise.all([session.delete(), moved(session).delete()]);
    });

    it("tells who comes back for the answer to a request that it was lost, and runs nothing", async () => {
      const session = await bridge.open("odd");
      const id = '"a\\u0062 _7"';
      const headers = { accept: "text/event-stream", "mcp-protocol-version": "2025-11-25" };
      const open = await session.send(`{"jsonrpc":"2.0","id":${id},"method":"silence"}`, headers);
      const [first = ""] = (await rawEventsOf(open).next()).value?.split("\n") ?? [];
      const again = await fetch(`${other.url}/odd`, { headers: { ...headers, "mcp-session-id": session.id, "last-event-id": first.replace("id: ", "") } });
      expect(await again.text()).to.equal(`event: message\ndata: {"jsonrpc":"2.0","error":{"code":-32000,"message":"the request was lost with the worker that ran it: it may have been run, or not"},"id":${id}}\n\n`);
      expect((await heardOf(moved(session))).map(({ method }) => method)).to.deep.equal(["initialize", "notifications/initialized", "heard"]);
      await Promise.all([session.delete(), moved(session).delete()]);
    });

    it("tells its id again, so that who takes it is led there directly", async () => {
      const session = await bridge.open("odd");
      expect((await session.request("pid")).headers.get("mcp-session-id")).to.equal(null);
      expect((await moved(session).request("pid")).headers.get("mcp-session-id")).to.equal(session.id);
      await Promise.all([session.delete(), moved(session).delete()]);
    });

    it("is over where it was deleted, and a deletion starts no process", async () => {
      await both("none", { pool: { min: 0, max: 4 } });
      const session = await bridge.open("none");
      expect((await moved(session).delete()).status).to.equal(204);
      expect((await moved(session).request("pid")).status).to.equal(404);
      expect((await moved(session).delete()).status).to.equal(404);
      expect((await session.delete()).status).to.equal(204);
      expect((await session.request("pid")).status).to.equal(404);
      expect(startsAt("none")).to.equal(0);
    });

    it("goes on with processes that are shared", async () => {
      await both("shared", { shared: { concurrency: 8 }, command: [...oddServer, "--lists-change"] });
      const [a, b] = [await bridge.open("shared"), await bridge.open("shared", { ...initializeParams, capabilities: {} })];
      const stop = new AbortController();
      const events = eventsOf(await moved(a).listen(stop.signal));
      expect(await pidOf(moved(a))).to.equal(await pidOf(moved(b)));
      expect([(await events.next()).value, (await events.next()).value]).to.deep.equal(["tools", "prompts"].map((list) => ({ jsonrpc: "2.0", method: `notifications/${list}/list_changed` })));
      // What the client can do is known from its id.
      const asking = moved(a).request("ask", { method: "sampling/createMessage" });
      const { id } = (await events.next()).value as RpcMessage;
      await moved(a).send(JSON.stringify({ jsonrpc: "2.0", id, result: {} }));
      expect((await answerOf(await asking)).result).to.have.property("line");
      const refused = (await answerOf(await moved(b).request("ask", { method: "sampling/createMessage" }))).result as { line: string };
      expect(Buffer.from(refused.line, "base64").toString()).to.include("the client does not offer sampling");
      stop.abort();
      await Promise.all([a, b].flatMap((session) => [session.delete(), moved(session).delete()]));
    });
  });

  it("is over with shared processes too where they speak an older revision now", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mcp-mesh-survival-"));
    const file = join(folder, "revision");
    writeFileSync(file, "2025-11-25");
    await bridge.serve("shared-other", { command: [...oddServer, "--revision-file", file], shared: { concurrency: 8 } });
    const session = await bridge.open("shared-other");
    writeFileSync(file, "2025-06-18");
    await other.serve("shared-other", { command: [...oddServer, "--revision-file", file], pool: { min: 0 }, shared: { concurrency: 8 } });
    expect((await answerOf(await moved(session).request("pid"))).error?.message).to.include("the server speaks 2025-06-18 now, and the session 2025-11-25");
    expect((await moved(session).request("pid")).status).to.equal(404);
    rmSync(folder, { recursive: true });
    await session.delete();
  });

  describe("idleness", () => {
    it("gives the process back and goes on with another", async () => {
      await bridge.serve("brief", { pool: { min: 0, idle_timeout: { seconds: 1 } } });
      const session = await bridge.open("brief");
      const pid = await pidOf(session);
      await until(() => !isAlive(pid), "the process is gone");
      await bridge.xds.server("brief", (server) => (server.sessions ?? 0) === 0);
      expect(await pidOf(session)).not.to.equal(pid);
      await session.delete();
    });
  });

  describe("a change of keys", () => {
    const keys = (...bytes: readonly number[]): { id: number; key: Buffer }[] => bytes.map((byte) => ({ id: byte, key: Buffer.alloc(32, byte) }));

    it("ends no session and no process; an old key opens as long as it is there", async () => {
      await both("rotates", { sessions: { keys: keys(7) } });
      const session = await bridge.open("rotates");
      const pid = await pidOf(session);
      await both("rotates", { sessions: { keys: keys(8, 7) } });
      expect(await pidOf(session)).to.equal(pid);
      const younger = await bridge.open("rotates");
      expect(await pidOf(moved(session))).to.be.greaterThan(0);
      await both("rotates", { sessions: { keys: keys(8) } });
      const third = await bridge.open("rotates");
      expect(await pidOf(session)).to.equal(pid);
      expect(await pidOf(moved(younger))).to.be.greaterThan(0);
      expect(await pidOf(moved(third))).to.be.greaterThan(0);
      await moved(younger).delete();
      await other.serve("rotates", { sessions: { keys: keys(9) } });
      expect((await moved(third).request("pid")).status).to.equal(200);
      expect((await new RawSession(other, "rotates", (await bridge.open("rotates")).id).request("pid")).status).to.equal(404);
    });
  });

  describe("refuses with 404, and starts no process for", () => {
    const refused = async (session: RawSession): Promise<void> => {
      const response = await session.request("pid");
      expect(response.status).to.equal(404);
      expect((await answerOf(response)).error).to.deep.equal({ code: -32001, message: "session not found: it has ended or never was, begin a new one with initialize" });
      expect(startsAt("none")).to.equal(0);
    };
    let session: RawSession;
    before(async () => {
      await both("none", { pool: { min: 0, max: 4 } });
      await both("also-none", { pool: { min: 0, max: 4 } });
    });
    beforeEach(async () => {
      session = await bridge.open("none");
    });
    afterEach(() => session.delete());

    it("a forged id", () => refused(new RawSession(other, "none", `${session.id.slice(0, 60)}${session.id[60] === "A" ? "B" : "A"}${session.id.slice(61)}`)));
    it("an id that is none", () => refused(new RawSession(other, "none", "0123456789")));
    it("another server's id", async () => refused(new RawSession(other, "none", (await bridge.open("also-none")).id)));
    it("an id that is too old", async () => {
      await other.serve("none", { pool: { min: 0, max: 4 }, sessions: { max_age: { nanos: 1_000_000 } } });
      await refused(moved(session));
      await other.serve("none", { pool: { min: 0, max: 4 } });
    });
    it("an id where sessions are to end", async () => {
      await other.serve("none", { pool: { min: 0, max: 4 }, sessions: { end_on_loss: true } });
      await refused(moved(session));
      await other.serve("none", { pool: { min: 0, max: 4 } });
    });
    it("an id of a client that said too much at its beginning", async () => {
      const noise = Array.from({ length: 4_000 }, (_, index) => ((index * 2_654_435_761) >>> 7).toString(36)).join("");
      const long = await bridge.open("none", { ...initializeParams, noise });
      expect(long.id.length).to.be.lessThan(200);
      expect(await pidOf(long)).to.be.greaterThan(0);
      await refused(moved(long));
      await long.delete();
    });
  });

  it("carries what can be said shortly, and repeats nothing of it in the clear", async () => {
    const response = await bridge.post("odd", initialize({ ...initializeParams, long: "secret".repeat(2_000) }));
    await response.text();
    const id = response.headers.get("mcp-session-id") ?? "";
    expect(id).to.match(/^[A-Za-z0-9_-]{100,600}$/);
    expect(Buffer.from(id, "base64url").toString("latin1")).not.to.include("secret");
    const session = new RawSession(other, "odd", id);
    expect((await heardOf(session))[0]?.params).to.have.property("long").that.has.length(12_000);
    await session.delete();
  });
});

async function killed(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await until(() => !isAlive(pid), "the process is gone");
}

/** Processes that behave badly: each a clear answer to who waits, and nothing left behind. */

import { join } from "node:path";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect } from "chai";
import { metricsOf } from "../stdio-bridge/metrics-of.js";
import { answerOf, Bridge, initializeParams, isAlive, oddServer, until, type RawSession } from "../stdio-bridge/bridge.js";

const initialize = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams });

describe("bridge: processes", () => {
  let bridge: Bridge;

  before(async () => {
    bridge = await Bridge.start({ MCP_MESH_BRIDGE_ADMIN_PORT: "0" });
    await bridge.serve("odd", { pool: { min: 1, max: 20 }, max_message_bytes: 100_000 });
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });

  it("gives each session a process of its own, in the working directory and environment it was told", async () => {
    await bridge.serve("placed", { working_dir: tmpdir(), env: { ODD_EXTRA: "1" } });
    const [a, b] = await Promise.all([bridge.open("placed"), bridge.open("placed")]);
    const one = await a.call<{ pid: number; cwd: string; env: string[] }>("pid");
    const two = await b.call<{ pid: number }>("pid");
    expect(one.pid).to.not.equal(two.pid);
    expect(one.cwd).to.equal(tmpdir());
    expect(one.env).to.include.members(["ODD_EXTRA", "PATH"]).and.not.include("MCP_MESH_XDS_ADDRESS");
  });

  for (const { how, method, params, tells } of [
    { how: "exits", method: "crash", params: { code: 3 }, tells: "exit code 3" },
    { how: "is killed", method: "kill", params: {}, tells: "SIGKILL" },
    { how: "closes its output but lives", method: "close-output", params: {}, tells: "closed its output" },
  ]) {
    it(`answers what is open at once when the process ${how}, and the session is gone where it is to end then`, async () => {
      await bridge.serve("ends", { sessions: { end_on_loss: true } });
      const session = await bridge.open("ends");
      const plain = session.send('{"jsonrpc":"2.0","id":"plain","method":"silence"}');
      const streaming = session.send('{"jsonrpc":"2.0","id":"streaming","method":"silence"}', { accept: "text/event-stream" });
      await session.call("pid");
      const last = session.request(method, params);
      for (const [id, response] of [["plain", plain], ["streaming", streaming], [2, last]] as const) {
        const answer = await answerOf(await response);
        expect(answer).to.deep.include({ id }).and.have.nested.property("error.code", -32000);
        expect(answer.error?.message).to.include(tells);
      }
      const later = await session.request("pid");
      expect(later.status).to.equal(404);
      // The next call of a new session works.
      await (await bridge.open("ends")).delete();
    });
  }

  it("passes over output that is no message", async () => {
    const session = await bridge.open("odd");
    expect(await session.call("noise")).to.deep.equal({});
    await bridge.logs.any((line) => line["text"] === "this is a log line that lost its way");
    await session.delete();
  });

  it("logs standard error line by line, but not a flood of it", async () => {
    const session = await bridge.open("odd");
    await session.call("stderr", { lines: 10_000 });
    await bridge.logs.any((line) => line["stderr"] === "line 0 of a flood");
    await session.call("pid");
    expect(bridge.logs.all.filter((line) => String(line["stderr"]).includes("of a flood")).length).to.be.lessThan(200);
    await session.delete();
  });

  it("drops a message that is too long, and tells who waits for it", async () => {
    const session = await bridge.open("odd");
    const answer = await answerOf(await session.request("large", { bytes: 200_000 }));
    expect(answer).to.deep.include({ id: 1 });
    expect(answer.error?.message).to.match(/200\d\d\d bytes is longer than the server's max_message_bytes/);
    expect(await session.call("pid")).to.have.property("pid");
    await session.delete();
  });

  it("ends a process that ignores SIGTERM and the end of its input, with all that it started", async () => {
    await bridge.serve("stubborn", { command: [...oddServer, "--ignore-sigterm", "--outlive-stdin"] });
    const session = await bridge.open("stubborn");
    const { pid } = await session.call<{ pid: number }>("pid");
    const { pid: grandchild } = await session.call<{ pid: number }>("fork");
    await session.delete();
    await until(() => !isAlive(pid) && !isAlive(grandchild), "both are gone");
  });

  it("ends what a process started when the process itself dies", async () => {
    const session = await bridge.open("odd");
    const { pid: grandchild } = await session.call<{ pid: number }>("fork");
    await (await session.request("crash", { code: 0 })).text();
    await until(() => !isAlive(grandchild), "the grandchild is gone");
  });

  it("takes the process of a session that has been idle for its time, but not one with a stream or an open request", async () => {
    await bridge.serve("brief", { pool: { idle_timeout: { seconds: 1 } }, sessions: { end_on_loss: true } });
    const idle = await bridge.open("brief");
    const listening = await bridge.open("brief");
    const asking = await bridge.open("brief");
    const stop = new AbortController();
    await listening.listen(stop.signal);
    const open = asking.request("silence", {}, { accept: "application/json" });
    await bridge.logs.any((line) => String(line["why"]).includes("idle for 1000 ms"));
    expect((await idle.request("pid")).status).to.equal(404);
    expect(await listening.call("pid")).to.have.property("pid");
    expect(await asking.call("pid")).to.have.property("pid");
    stop.abort();
    await asking.delete();
    expect((await answerOf(await open)).error?.message).to.include("session has ended");
  });

  describe("that cannot be started", () => {
    it("says so at once for a command that is not there, in the report and to the client, and recovers when it is", async () => {
      const folder = await mkdtemp(join(tmpdir(), "bridge-"));
      const program = join(folder, "node");
      bridge.xds.put("absent", { command: [program, ...oddServer.slice(1)] });
      const report = await bridge.xds.server("absent", (server) => server.state === "UNHEALTHY");
      expect(report.reason).to.include(`command "${program}" not found`);
      const response = await bridge.post("absent", initialize);
      expect(response.status).to.equal(503);
      expect(response.headers.get("retry-after")).to.equal("1");
      expect(await answerOf(response)).to.deep.include({ id: 1 }).and.have.nested.property("error.message").that.includes(`command "${program}" not found`);
      await symlink(process.execPath, program);
      await bridge.xds.ready("absent");
      await (await bridge.open("absent")).delete();
      await rm(folder, { recursive: true });
    });

    for (const { what, server, reason } of [
      { what: "a command that may not be executed", server: { command: [join(process.cwd(), "package.json")] }, reason: /may not be executed/ },
      { what: "a working directory that is not there", server: { command: oddServer, working_dir: "/nowhere/at/all" }, reason: /working directory "\/nowhere\/at\/all" is not/ },
    ]) {
      it(`says so for ${what}`, async () => {
        bridge.xds.put("broken", server);
        const report = await bridge.xds.server("broken", ({ state, reason: given }) => state === "UNHEALTHY" && reason.test(given ?? ""));
        expect(report.processes ?? 0).to.equal(0);
      });
    }

    it("is unhealthy after three starts that failed, with the reason and the last lines of standard error", async () => {
      bridge.xds.put("loop", { command: [...oddServer, "--exit-at-start", "7"] });
      const report = await bridge.xds.server("loop", (server) => server.state === "UNHEALTHY");
      expect(report.reason).to.match(/ended with exit code 7, 3 times in a row/);
      expect(report.last_stderr_lines).to.deep.equal(["the fixture ends at once, as told"]);
      const response = await bridge.post("loop", initialize);
      expect(response.status).to.equal(503);
      expect((await answerOf(response)).error?.message).to.match(/cannot be run: .*exit code 7/);
    });

    it("is unhealthy as well when it starts each time and dies of the first message, as without its database", async () => {
      const command = ["/bin/sh", "-c", "read -r message; echo 'unable to open database file' >&2; exit 1"];
      await bridge.serve("lazy", { command, pool: { min: 1, max: 4 } });
      const isUnhealthy = bridge.xds.server("lazy", (server) => server.state === "UNHEALTHY");
      await until(async () => {
        const response = await bridge.post("lazy", initialize);
        await response.text();
        return response.status === 503;
      }, "no session is begun any more");
      const report = await isUnhealthy;
      expect(report.reason).to.match(/ended with exit code 1, 3 times in a row/);
      expect(report.last_stderr_lines).to.deep.equal(["unable to open database file"]);
    });

    it("does not keep a waiting session until its time is over", async () => {
      bridge.xds.put("late", { command: ["/nowhere/program"], pool: { min: 0, queue_timeout: { seconds: 60 } } });
      await bridge.xds.ready("late");
      const response = await bridge.post("late", initialize);
      expect(response.status).to.equal(503);
      expect((await answerOf(response)).error?.message).to.include("not found");
    });
  });

  it("keeps more warm while sessions come fast, and fewer again when they do not", async () => {
    // A process that takes long to start is worth having before it is asked for.
    await bridge.serve("rush", { command: [...oddServer, "--slow-start", "500"], pool: { min: 1, max: 60 } });
    const sessions: RawSession[] = [];
    for (let processes = 0; processes <= sessions.length + 1; processes = (await metricsOf(bridge)).get('mcp_mesh_bridge_processes{server="rush"}') ?? 0) {
      expect(sessions.length, "sessions that came before there was more than one spare").to.be.lessThan(40);
      sessions.push(...await Promise.all([1, 2, 3, 4].map(() => bridge.open("rush"))));
    }
    await bridge.xds.server("rush", ({ processes = 0, sessions: open = 0 }) => open === sessions.length && processes === open + 1);
    await Promise.all(sessions.map((session) => session.delete()));
  });

  it("starts a process for who asks where none is kept warm, and none is left when nobody does", async () => {
    await bridge.serve("seldom", { pool: { min: 0, max: 4 } });
    expect((await bridge.xds.server("seldom", () => true)).processes ?? 0).to.equal(0);
    const session = await bridge.open("seldom");
    expect(await session.call("pid")).to.have.property("pid");
    await session.delete();
    await bridge.xds.server("seldom", ({ processes = 0 }) => processes === 0);
  });

  describe("of which there are too few", () => {
    let held: RawSession;

    before(async () => {
      await bridge.serve("few", { pool: { min: 1, max: 1, queue_max: 1, queue_timeout: { nanos: 500_000_000 } } });
    });
    beforeEach(async () => {
      held = await bridge.open("few");
    });
    afterEach(() => held.delete());

    it("lets a session wait, and serves it when a process is free", async () => {
      await bridge.serve("patient", { pool: { min: 0, max: 1, queue_max: 1, queue_timeout: { seconds: 30 } } });
      const first = await bridge.open("patient");
      const second = bridge.open("patient");
      await bridge.xds.server("patient", (server) => server.queue_length === 1);
      await first.delete();
      expect(await (await second).call("pid")).to.have.property("pid");
    });

    it("takes the process of a session whose client has closed its stream and gone", async () => {
      await bridge.serve("left", { pool: { min: 0, max: 1, queue_max: 1, queue_timeout: { seconds: 30 } } });
      const gone = await bridge.open("left");
      const { pid } = await gone.call<{ pid: number }>("pid");
      const stop = new AbortController();
      await gone.listen(stop.signal);
      const next = bridge.open("left");
      stop.abort();
      expect(await (await next).call("pid")).to.have.property("pid");
      await until(() => !isAlive(pid), "its process is gone");
      // It was only forgotten, so it goes on once there is room.
      const back = gone.call<{ pid: number }>("pid");
      await bridge.xds.server("left", (server) => server.queue_length === 1);
      await (await next).delete();
      expect((await back).pid).not.to.equal(pid);
    });

    it("refuses a session after its time in the queue", async () => {
      const response = await bridge.post("few", initialize);
      expect(response.status).to.equal(503);
      expect(response.headers.get("retry-after")).to.equal("1");
      expect((await answerOf(response)).error?.message).to.match(/no process became free within 500 ms/);
    });

    it("refuses a session at once when the queue is full", async () => {
      const waiting = bridge.post("few", initialize);
      const response = await Promise.race([waiting, bridge.post("few", initialize)]);
      expect(response.status).to.equal(503);
      expect((await answerOf(response)).error?.message).to.match(/wait already/);
      await waiting;
    });
  });
});

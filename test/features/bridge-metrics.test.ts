/** What a worker counts: each kind of event once it has happened, under the name of its server. */

import { request } from "node:http";
import { expect } from "chai";
import { answerOf, Bridge, initializeParams, oddServer, until } from "../stdio-bridge/bridge.js";
import { metricsOf } from "../stdio-bridge/metrics-of.js";

const initialize = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams });

describe("bridge: metrics", () => {
  let bridge: Bridge;

  before(async () => {
    bridge = await Bridge.start({ MCP_MESH_BRIDGE_ADMIN_PORT: "0" });
  });
  after(() => bridge.stop());

  /** Waits until a series has a value; what is counted may come a moment after its answer. */
  async function expectCount(name: string, labels: string, isIt: (value: number) => boolean = (value) => value > 0): Promise<void> {
    let seen: number | undefined;
    const read = async (): Promise<boolean> => (seen = (await metricsOf(bridge)).get(`mcp_mesh_bridge_${name}${labels}`)) !== undefined && isIt(seen);
    await until(read, `${name}${labels} is as expected`).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${seen}`);
    });
  }

  it("counts processes and what they say", async () => {
    await bridge.serve("odd", { pool: { min: 1, max: 4 }, max_message_bytes: 100_000 });
    const session = await bridge.open("odd");
    await session.call("noise");
    await session.call("stderr", { lines: 500 });
    await (await session.request("large", { bytes: 200_000 })).text();
    await expectCount("processes_started_total", '{server="odd"}');
    await expectCount("noise_lines_total", '{server="odd"}', (value) => value >= 3);
    await expectCount("stderr_lines_total", '{server="odd"}', (value) => value === 500);
    await expectCount("stderr_lines_suppressed_total", '{server="odd"}', (value) => value > 300);
    await expectCount("torn_messages_total", '{server="odd"}', (value) => value === 1);
    await (await session.request("crash", { code: 3 })).text();
    await expectCount("processes_ended_total", '{server="odd",how="exited"}', (value) => value === 1);
    await (await bridge.open("odd")).delete();
    await expectCount("processes_ended_total", '{server="odd",how="stopped"}');
  });

  it("counts starts that failed", async () => {
    bridge.xds.put("loop", { command: [...oddServer, "--exit-at-start", "7"] });
    await bridge.xds.server("loop", (server) => server.state === "UNHEALTHY");
    await expectCount("start_failures_total", '{server="loop"}', (value) => value >= 3);
    await expectCount("server_ready", '{server="loop"}', (value) => value === 0);
  });

  it("counts sessions, those that were refused, and how long they waited", async () => {
    await bridge.serve("few", { pool: { min: 1, max: 1, queue_max: 1, queue_timeout: { nanos: 300_000_000 } } });
    const held = await bridge.open("few");
    expect((await bridge.post("few", initialize)).status).to.equal(503);
    await expectCount("sessions_opened_total", '{server="few"}', (value) => value === 1);
    await expectCount("sessions_refused_total", '{server="few",why="timed_out"}', (value) => value === 1);
    await expectCount("session_wait_seconds_total", '{server="few"}', (value) => value >= 0.29);
    await expectCount("sessions", '{server="few"}', (value) => value === 1);
    await held.delete();
  });

  it("counts sessions that go on with another process, and those that come back by their ids", async () => {
    await bridge.serve("survives", { pool: { idle_timeout: { seconds: 1 } } });
    const session = await bridge.open("survives");
    await (await session.request("crash", { code: 3 })).text();
    await session.call("pid");
    await expectCount("sessions_revived_total", '{server="survives"}', (value) => value === 1);
    await expectCount("sessions", '{server="survives"}', (value) => value === 0);
    await session.call("pid");
    await expectCount("sessions_brought_back_total", '{server="survives"}', (value) => value === 1);
    await expectCount("sessions_revived_total", '{server="survives"}', (value) => value === 2);
    await session.delete();
  });

  it("counts requests that waited for a shared process, and those that none took", async () => {
    await bridge.serve("shared", { pool: { min: 1, max: 1, queue_max: 1, queue_timeout: { nanos: 300_000_000 } }, shared: { concurrency: 1 } });
    const session = await bridge.open("shared");
    const silent = session.request("silence");
    await until(async () => (await metricsOf(bridge)).get('mcp_mesh_bridge_open_requests{server="shared"}') === 1, "the request is open");
    expect((await answerOf(await session.request("pid"))).error?.message).to.include("no process had room");
    await expectCount("requests_queued_total", '{server="shared"}');
    await expectCount("requests_refused_total", '{server="shared"}', (value) => value === 1);
    await expectCount("request_wait_seconds_total", '{server="shared"}', (value) => value >= 0.29);
    await session.delete();
    await (await silent).text();
  });

  it("counts streams that are open, and what is kept of them", async () => {
    await bridge.serve("listened");
    const session = await bridge.open("listened");
    const stop = new AbortController();
    await session.listen(stop.signal);
    await expectCount("streams_open", "", (value) => value === 1);
    await session.call("notify", { count: 300, bytes: 10 });
    await expectCount("events_kept_bytes", "", (value) => value > 10_000);
    await expectCount("events_dropped_total", '{server=""}', (value) => value >= 300 - 256);
    stop.abort();
    await expectCount("streams_open", "", (value) => value === 0);
    await session.delete();
  });

  it("tells web pages of other names nothing", async () => {
    const listening = await bridge.logs.any((line) => line.msg === "listening");
    const status = await new Promise<number | undefined>((resolve) => {
      request({ host: "127.0.0.1", port: Number(listening["adminPort"]), path: "/metrics", headers: { host: "evil.example:80" } }, (response) => resolve(response.statusCode)).end();
    });
    expect(status).to.equal(403);
  });
});

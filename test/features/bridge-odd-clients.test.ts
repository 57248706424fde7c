/** Clients that go without a word: what they leave behind is bounded, and in nobody's way. */

import { Agent, request } from "node:http";
import { expect } from "chai";
import { Bridge, initializeParams, isAlive, until } from "../stdio-bridge/bridge.js";
import { metricsOf } from "../stdio-bridge/metrics-of.js";

describe("bridge: odd clients", () => {
  let bridge: Bridge;

  before(async () => {
    bridge = await Bridge.start({ MCP_MESH_BRIDGE_ADMIN_PORT: "0" });
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });

  const count = async (series: string): Promise<number> => (await metricsOf(bridge)).get(`mcp_mesh_bridge_${series}`) ?? 0;

  it("goes on with a session whose client has vanished in the middle of its streams", async () => {
    await bridge.serve("odd");
    const session = await bridge.open("odd");
    const vanish = new AbortController();
    await session.listen(vanish.signal);
    const asked = fetch(`${bridge.url}/odd`, {
      method: "POST", signal: vanish.signal, body: JSON.stringify({ jsonrpc: "2.0", id: "s", method: "silence" }),
      headers: { "content-type": "application/json", accept: "text/event-stream", "mcp-session-id": session.id },
    }).catch(() => undefined);
    await until(async () => (await count('open_requests{server="odd"}')) === 1, "the request is open");
    vanish.abort();
    await asked;
    await until(async () => (await count("streams_open")) === 0, "its streams are closed");
    expect(await session.call("pid")).to.have.property("pid");
    await session.delete();
  });

  it("gives the process of a client back that has gone before it had a session", async () => {
    await bridge.serve("left", { pool: { min: 0, max: 1, idle_timeout: { seconds: 60 } } });
    for (let i = 0; i < 5; i++) {
      const asking = request(`${bridge.url}/left`, { method: "POST", headers: { "content-type": "application/json", accept: "application/json, text/event-stream" } });
      asking.on("error", () => undefined);
      asking.end(JSON.stringify({ jsonrpc: "2.0", id: i, method: "initialize", params: initializeParams }));
      await until(async () => (await count('queue_length{server="left"}')) + (await count('processes{server="left"}')) > 0, "it has asked for a process");
      asking.destroy();
    }
    const session = await bridge.open("left");
    const { pid } = await session.call<{ pid: number }>("pid");
    await session.delete();
    await until(() => !isAlive(pid), "its process is gone");
  });

  it("forgets 10,000 sessions that were abandoned", async function () {
    this.timeout(120_000);
    await bridge.serve("abandoned", { pool: { min: 1, max: 2, idle_timeout: { seconds: 2 } }, shared: { concurrency: 16 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams });
    let opened = 0;
    const open = (): Promise<void> => new Promise((resolve, reject) => {
      const asking = request(`${bridge.url}/abandoned`, { agent, method: "POST", headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), accept: "application/json, text/event-stream" } }, (response) => {
        if (response.statusCode === 200) opened++;
        response.resume().on("end", resolve);
      });
      asking.on("error", reject);
      asking.end(body);
    });
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (let i = 0; i < 625; i++) await open();
    }));
    agent.destroy();
    expect(opened).to.equal(10_000);
    expect(await count('processes{server="abandoned"}')).to.be.at.most(2);
    await until(async () => (await count('sessions{server="abandoned"}')) === 0, "all are forgotten", 30_000);
    const session = await bridge.open("abandoned");
    expect(await session.call("pid")).to.have.property("pid");
    await session.delete();
  });
});

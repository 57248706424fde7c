/** What processes write that nobody expects: it costs neither memory nor the session, and what is meant still arrives. */

import { readFileSync } from "node:fs";
import { expect } from "chai";
import { answerOf, Bridge, messagesOf, oddServer, type RawSession } from "../stdio-bridge/bridge.js";
import { metricsOf } from "../stdio-bridge/metrics-of.js";

describe("bridge: odd output", () => {
  let bridge: Bridge, session: RawSession;

  before(async () => {
    bridge = await Bridge.start({ MCP_MESH_BRIDGE_ADMIN_PORT: "0" });
    await bridge.serve("odd");
  });
  after(async () => {
    expect(await bridge.stop()).to.equal(0);
  });
  beforeEach(async () => {
    session = await bridge.open("odd");
  });
  afterEach(() => session.delete());

  it("puts a message together that comes in pieces, also within a character", async () => {
    const text = "pieces of ü, 漢字 and 🙂, ".repeat(5);
    expect(await session.call("pieces", { text })).to.deep.equal({ text });
  });

  it("takes the last message of a process that ends without ending its line", async () => {
    const answer = await answerOf(await session.request("last-words"));
    expect(answer.result).to.deep.equal({ last: true });
  });

  it("lets a line of 100 MB pass by without keeping it", async function () {
    const before = peakMemoryOf(bridge);
    expect(await session.call("endless", { mebibytes: 100 })).to.deep.equal({ written: 100 });
    expect(await session.call("pid")).to.have.property("pid");
    expect((await metricsOf(bridge)).get('mcp_mesh_bridge_torn_messages_total{server="odd"}')).to.equal(1);
    // The limit to a message is 16 MiB; with what the process has ready for reading it is far from 100 MB more.
    if (process.platform === "linux") expect(peakMemoryOf(bridge) - before, "growth of the peak in bytes").to.be.lessThan(80 * 1024 * 1024);
  });

  it("passes bytes that are not UTF-8 on as they are", async () => {
    const bytes = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":7,"result":{"text":"'), Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]), Buffer.from('"}}')]);
    const response = await session.send(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "write", params: { bytes: Buffer.concat([bytes, Buffer.from("\n")]).toString("base64") } }), { accept: "application/json" });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).to.equal(true);
  });

  it("takes a batch apart, and passes over what in it is no message", async () => {
    const before = (await metricsOf(bridge)).get('mcp_mesh_bridge_noise_lines_total{server="odd"}') ?? 0;
    const messages = await messagesOf(await session.request("batch", {}, { accept: "application/json, text/event-stream" }));
    expect(messages.map(({ method, result }) => method ?? result)).to.deep.equal(["notifications/message", { in: "a batch" }]);
    expect((await metricsOf(bridge)).get('mcp_mesh_bridge_noise_lines_total{server="odd"}')).to.equal(before + 2);
  });

  it("takes a batch apart for sessions that share the process, each part for whom it is", async () => {
    await bridge.serve("shared", { shared: { concurrency: 4 } });
    const sharing = await bridge.open("shared");
    expect(await sharing.call("batch")).to.deep.equal({ in: "a batch" });
    await sharing.delete();
  });

  it("drops answers to nobody and second answers, and the session goes on", async () => {
    const lines = ['{"jsonrpc":"2.0","id":"nobody","result":{}}', '{"jsonrpc":"2.0","id":8,"result":{"first":true}}', '{"jsonrpc":"2.0","id":8,"result":{"second":true}}', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}'];
    const bytes = Buffer.from(`${lines.join("\n")}\n`).toString("base64");
    const answer = await answerOf(await session.send(JSON.stringify({ jsonrpc: "2.0", id: 8, method: "write", params: { bytes } })));
    expect(answer.result).to.deep.equal({ first: true });
    expect(await session.call("pid")).to.have.property("pid");
  });

  it("waits for a process that needs three seconds to start", async () => {
    await bridge.serve("slow", { command: [...oddServer, "--slow-start", "3000"], pool: { min: 0, max: 2 } });
    const slow = await bridge.open("slow");
    expect(await slow.call("pid")).to.have.property("pid");
    await slow.delete();
  });
});

function peakMemoryOf({ child }: Bridge): number {
  if (process.platform !== "linux") return 0;
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, "utf8"))?.[1]) * 1024;
}

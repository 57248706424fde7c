/** The bridge and the xds-server: what is put into force, what is refused, and what goes on when one of them is away. */

import { expect } from "chai";
import { answerOf, Bridge, isAlive, oddServer, until } from "../stdio-bridge/bridge.js";

describe("bridge: control", () => {
  let bridge: Bridge;

  beforeEach(async () => {
    bridge = await Bridge.start();
  });
  afterEach(async () => {
    expect(await bridge.stop()).to.equal(0);
  });

  it("subscribes to all servers by its worker's name, ACKs, and reports them ready", async () => {
    await bridge.serve("odd");
    const [first, ack] = bridge.xds.requests.all;
    expect(first?.node?.id).to.equal("worker-1");
    expect(first?.type_url).to.equal("type.googleapis.com/mcp_mesh.v1.StdioServer");
    expect(first?.resource_names_subscribe).to.deep.equal([]);
    expect(ack).to.deep.include({ response_nonce: "1" }).and.not.have.property("error_detail");
    const report = await bridge.xds.server("odd", (server) => server.processes === 1);
    expect(report).to.deep.include({ name: "odd", version: "v1", state: "READY" });
  });

  it("refuses a server that cannot be run, names it, and takes the others", async () => {
    await bridge.serve("kept");
    const kept = await bridge.open("kept");
    bridge.xds.put("kept", { command: [] });
    const nack = await bridge.xds.requests.any((request) => request.error_detail !== undefined);
    expect(nack.error_detail).to.deep.include({ code: 3 });
    expect(nack.error_detail?.message).to.equal('stdio server "kept": command is empty: it needs a program');
    await bridge.serve("other");
    expect(await kept.call("pid")).to.have.property("pid");
    expect((await bridge.xds.ready("kept")).version).to.equal("v1");
  });

  it("serves on while the xds-server is away, and takes changes up when it is back", async () => {
    await bridge.serve("odd");
    const session = await bridge.open("odd");
    bridge.xds.stop();
    await bridge.logs.any((line) => line.msg.includes("what is known stays in force"));
    expect(await session.call("pid")).to.have.property("pid");
    await (await bridge.open("odd")).delete();
    const before = bridge.xds.requests.all.length;
    const version = bridge.xds.put("new", { command: oddServer });
    await bridge.xds.start();
    await bridge.xds.ready("new", version);
    expect(bridge.xds.requests.all[before]?.initial_resource_versions).to.deep.equal({ odd: "v1" });
    expect(await session.call("pid")).to.have.property("pid");
  });

  it("waits for an xds-server that comes later", async () => {
    bridge.xds.stop();
    await bridge.logs.any((line) => line.msg.includes("the stream of servers from the xds-server has ended"));
    bridge.xds.put("odd", { command: oddServer });
    await bridge.xds.start();
    await bridge.xds.ready("odd");
  });

  it("serves new sessions with a changed command while old ones keep theirs", async () => {
    await bridge.serve("odd", { env: { ODD_VERSION: "one" } });
    const old = await bridge.open("odd");
    const { pid } = await old.call<{ pid: number }>("pid");
    await bridge.serve("odd", { env: { ODD_VERSION: "two" } });
    const fresh = await bridge.open("odd");
    expect(await fresh.call("pid")).to.deep.include({ version: "two" });
    expect(await old.call("pid")).to.deep.include({ version: "one", pid });
    await old.delete();
    await until(() => !isAlive(pid), "the old process is gone");
  });

  it("changes sizes without a new process", async () => {
    await bridge.serve("odd", { pool: { min: 1, max: 1, queue_max: 0 } });
    const session = await bridge.open("odd");
    const { pid } = await session.call<{ pid: number }>("pid");
    expect((await bridge.post("odd", '{"jsonrpc":"2.0","id":1,"method":"initialize"}')).status).to.equal(503);
    await bridge.serve("odd", { pool: { min: 1, max: 2, queue_max: 1 } });
    await (await bridge.open("odd")).delete();
    expect(await session.call("pid")).to.deep.include({ pid });
  });

  it("stays with a command that works when the changed one does not", async () => {
    await bridge.serve("odd", { env: { ODD_VERSION: "one" } });
    bridge.xds.put("odd", { command: ["/nowhere/program"] });
    const report = await bridge.xds.server("odd", (server) => (server.reason ?? "") !== "");
    expect(report).to.deep.include({ version: "v1", state: "READY" });
    expect(report.reason).to.match(/the changed command does not run, the one before serves on: command "\/nowhere\/program" not found/);
    expect(await (await bridge.open("odd")).call("pid")).to.deep.include({ version: "one" });
    await bridge.serve("odd", { env: { ODD_VERSION: "three" } });
    expect(await (await bridge.open("odd")).call("pid")).to.deep.include({ version: "three" });
  });

  it("lets open requests of a removed server end, then stops its processes", async () => {
    await bridge.serve("odd");
    const session = await bridge.open("odd");
    const { pid } = await session.call<{ pid: number }>("pid");
    const asking = session.request("ask", { method: "roots/list" }, { accept: "text/event-stream" });
    await asking;
    bridge.xds.remove("odd");
    await bridge.xds.reports.next((report) => report.servers.length === 0);
    expect((await bridge.post("odd", '{"jsonrpc":"2.0","id":1,"method":"initialize"}')).status).to.equal(503);
    await session.send('{"jsonrpc":"2.0","id":0,"result":{}}');
    expect((await answerOf(await asking)).result).to.have.property("line");
    await until(() => !isAlive(pid), "the process is gone");
    await until(async () => (await bridge.post("odd", '{"jsonrpc":"2.0","id":1,"method":"initialize"}')).status === 404, "the server is gone");
  });

  it("takes a server that was removed and is put again", async () => {
    await bridge.serve("odd");
    await (await bridge.open("odd")).delete();
    bridge.xds.remove("odd");
    await bridge.serve("odd");
    await (await bridge.open("odd")).delete();
  });
});

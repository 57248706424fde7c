/** End to end: the registry changes under load, breaks, vanishes and returns, and nothing that was in force is lost. */

import { rename, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { expect } from "chai";
import { ask, open, rpc } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { EventReader, Ticker } from "./fixtures/streams.js";
import { closedAfterwards } from "./life.js";
import { freePorts, startMesh, type Entries, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: reload", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let replica: Replica;
  let other: Replica;
  let streaming: Replica;
  const ticker = new Ticker();

  before(async function () {
    this.timeout(60_000);
    replica = await opened(startReplica({ name: "replica" }));
    other = await opened(startReplica({ name: "other" }));
    streaming = await opened(startReplica({ name: "streaming", respond: ticker.respond }));
    mesh = await opened(startMesh({ servers: entries(), portFromRegistry: true }));
  });

  const entries = (): Entries => ({ steady: { type: "http", endpoint: replica.url }, second: { type: "http", endpoint: other.url }, streaming: { type: "http", endpoint: streaming.url } });
  const isServed = async (path: string): Promise<boolean> => (await rpc(mesh.gatewayUrl, path, "ping")).status === 200;

  it("forty changes under load: no failed request, no cut stream", async function () {
    this.timeout(90_000);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const events = new EventReader(await open(mesh.gatewayUrl, "/streaming"));
    const failed: string[] = [];
    let running = true;
    let count = 0;
    const load = Array.from({ length: 8 }, async () => {
      while (running) {
        const answer = await rpc(mesh.gatewayUrl, "/steady", "ping", { id: count++, agent }).catch((error: unknown) => ({ status: 0, body: String(error) }));
        if (answer.status !== 200) failed.push(`${answer.status} ${answer.body}`);
      }
    });
    for (let change = 0; change < 40; change++) {
      await mesh.serve({
        ...entries(),
        // Itself, its neighbours and their number all change.
        steady: { type: "http", instances: [{ endpoint: replica.url, weight: 1 + (change % 3) }, ...(change % 2 === 0 ? [{ endpoint: other.url }] : [])], load_balancing: change % 4 < 2 ? "round_robin" : "least_request" },
        [`added-${change}`]: { type: "http", endpoint: other.url },
        ...(change % 5 === 0 ? { second: undefined } : {}),
      });
      ticker.tick(`change ${change}`);
      expect(await events.next()).to.equal(`change ${change}`);
    }
    running = false;
    await Promise.all(load);
    agent.destroy();
    events.close();
    expect(failed).to.deep.equal([]);
    expect(count).to.be.greaterThan(200);
    await mesh.serve(entries());
  });

  it("an entry comes and goes", async () => {
    expect(await isServed("/newcomer")).to.equal(false);
    await mesh.change({ newcomer: { type: "http", endpoint: other.url } });
    expect(await isServed("/newcomer")).to.equal(true);
    await mesh.change({ newcomer: undefined });
    await until("404", async () => (await rpc(mesh.gatewayUrl, "/newcomer", "ping")).status === 404);
  });

  it("an entry that is switched off is not served", async () => {
    await mesh.change({ switched: { type: "http", endpoint: other.url, enabled: false } });
    expect((await rpc(mesh.gatewayUrl, "/switched", "ping")).status).to.equal(404);
    await mesh.change({ switched: { type: "http", endpoint: other.url, enabled: true } });
    expect(await isServed("/switched")).to.equal(true);
  });

  it("a bad entry keeps its last good version while all others change, and /status says where and why", async () => {
    const before = replica.requests.length;
    await mesh.change({ steady: { type: "http", endpoint: replica.url, load_balancing: "roundrobin" }, "beside-bad": { type: "http", endpoint: other.url } });
    expect(await isServed("/beside-bad")).to.equal(true);
    expect(await isServed("/steady")).to.equal(true);
    expect(replica.requests.length).to.equal(before + 1);
    const { problems } = await mesh.status();
    const problem = problems.find(({ serverId }) => serverId === "steady");
    expect(problem?.where).to.match(/registry\.yaml:\d+:\d+$/);
    expect(`${problem?.what} ${problem?.hint}`).to.contain("roundrobin").and.to.contain("round_robin");
    await mesh.serve(entries());
    await until("the problem to be gone", async () => (await mesh.status()).problems.length === 0);
  });

  it("an entry that was never good stays out, alone", async () => {
    await mesh.change({ never: { type: "http", endpoint: "http://127.0.0.1:70000" } });
    expect((await rpc(mesh.gatewayUrl, "/never", "ping")).status).to.equal(404);
    expect(await isServed("/steady")).to.equal(true);
    expect((await mesh.status()).problems.map(({ serverId }) => serverId)).to.include("never");
    await mesh.serve(entries());
  });

  const broken: readonly (readonly [string, string])[] = [
    ["YAML that does not parse", "servers: {steady: [\n"],
    ["a tab", "servers:\n\tsteady: 1\n"],
    ["a list", "- a\n- b\n"],
    ["binary garbage", "\u0000\u0001\u0002\ufffd".repeat(1_000)],
    ["5 MB of garbage", "garbage ".repeat(655_360)],
  ];
  for (const [what, text] of broken) {
    it(`${what} changes nothing, is reported, and is forgotten once repaired`, async function () {
      this.timeout(30_000);
      await mesh.writeRegistry(text);
      await until("the problem to be reported", async () => (await mesh.status()).problems.some(({ where }) => where.includes("registry.yaml")));
      for (const path of ["/steady", "/second"]) expect(await isServed(path)).to.equal(true);
      await mesh.serve(entries());
      await until("the problem to be gone", async () => (await mesh.status()).problems.length === 0);
    });
  }

  it("an entry that is an alias bomb stays out, alone", async () => {
    const lines = "abcdefgh".split("").map((key, index) => `  ${key}: &${key} [${Array.from({ length: 9 }, () => (index === 0 ? "x" : `*${"abcdefgh"[index - 1]}`)).join()}]`);
    await mesh.writeRegistry(`${mesh.registryText()}${lines.join("\n")}\n`);
    await mesh.untilInForce();
    expect(await isServed("/steady")).to.equal(true);
    expect((await mesh.status()).problems.map(({ serverId }) => serverId)).to.include("h");
    await mesh.serve(entries());
  });

  it("an empty file changes nothing or serves nothing, but says so, and the repaired one is served", async () => {
    await mesh.writeRegistry("");
    await until("it to be reported", async () => (await mesh.status()).problems.length > 0);
    await mesh.serve(entries());
    expect(await isServed("/steady")).to.equal(true);
  });

  it("a file that vanishes takes nothing down; it returns and is taken", async () => {
    await rm(mesh.registryPath);
    await until("the problem to be reported", async () => (await mesh.status()).problems.length > 0);
    expect(await isServed("/steady")).to.equal(true);
    await mesh.serve({ ...entries(), returned: { type: "http", endpoint: other.url } });
    expect(await isServed("/returned")).to.equal(true);
    await mesh.serve(entries());
  });

  it("takes a file that is written in place, in two steps", async () => {
    const text = mesh.registryText({ ...entries(), "in-place": { type: "http", endpoint: other.url } });
    await writeFile(mesh.registryPath, text.slice(0, text.length / 2));
    await writeFile(mesh.registryPath, text);
    await mesh.untilInForce();
    expect(await isServed("/in-place")).to.equal(true);
    await mesh.serve(entries());
  });

  it("takes a file that is moved away and back", async () => {
    await rename(mesh.registryPath, `${mesh.registryPath}.away`);
    await rename(`${mesh.registryPath}.away`, mesh.registryPath);
    await mesh.change({ "after-move": { type: "http", endpoint: other.url } });
    expect(await isServed("/after-move")).to.equal(true);
    await mesh.serve(entries());
  });

  it("the last of many fast changes wins", async () => {
    for (let change = 0; change < 30; change++) await mesh.writeRegistry(mesh.registryText({ ...entries(), [`fast-${change}`]: { type: "http", endpoint: other.url } }));
    await mesh.untilInForce();
    expect(await isServed("/fast-29")).to.equal(true);
    expect((await rpc(mesh.gatewayUrl, "/fast-28", "ping")).status).to.equal(404);
    await mesh.serve(entries());
  });

  it("the gateway's port is changed without a restart of anything", async function () {
    this.timeout(30_000);
    const [port = 0] = await freePorts(1);
    const pids = [mesh.child("xds-server").pid, mesh.child("envoy-1").pid];
    const oldUrl = mesh.gatewayUrl;
    mesh.moveGateway(port);
    await mesh.serve(entries(), { port });
    expect(await isServed("/steady")).to.equal(true);
    await until("the old port to be closed", async () => (await ask(oldUrl, "/").catch((error: NodeJS.ErrnoException) => error.code)) === "ECONNREFUSED");
    expect([mesh.child("xds-server").pid, mesh.child("envoy-1").pid]).to.deep.equal(pids);
    expect(mesh.child("xds-server").isRunning && mesh.child("envoy-1").isRunning).to.equal(true);
  });

  it("a port in use is reported, and the port that was in force goes on", async function () {
    this.timeout(30_000);
    await mesh.writeRegistry(mesh.registryText().replace(/port: \d+/, `port: ${replica.port}`));
    await until("the NACK to be shown", async () => /address already in use|cannot bind/i.test(JSON.stringify(await mesh.status())));
    expect(await isServed("/steady")).to.equal(true);
    const { gateway, problems } = await mesh.status();
    expect(gateway?.url).to.equal(mesh.gatewayUrl);
    expect(problems.map(({ what }) => what)).to.deep.equal([`the gateway cannot listen on 127.0.0.1:${replica.port}: address already in use`]);
    await mesh.serve(entries());
    await until("the NACK to be gone", async () => !/address already in use|cannot bind/i.test(JSON.stringify(await mesh.status())));
    expect(await nacks("Listener")).to.be.greaterThan(0);
    expect(await nacks("Cluster")).to.equal(0);
  });

  it("a port in use is listened on as soon as it is free, with the registry as it is, also by way of a restart of the xds-server", async function () {
    this.timeout(60_000);
    const holder = await opened(startReplica({ name: "holder" }));
    const { port } = holder;
    const before = mesh.gatewayUrl;
    await mesh.writeRegistry(mesh.registryText().replace(/port: \d+/, `port: ${port}`));
    const isRefused = async (): Promise<boolean> => (await mesh.status()).problems.some(({ what }) => what === `the gateway cannot listen on 127.0.0.1:${port}: address already in use`);
    await until("the NACK to be shown", isRefused);

    await mesh.kill("xds-server");
    mesh.restart("xds-server");
    await until("the NACK to be shown by the new xds-server", isRefused);
    expect((await mesh.status()).gateway?.url).to.equal(before);
    expect(await isServed("/steady")).to.equal(true);

    await holder.stop();
    mesh.moveGateway(port);
    await until("the port to be listened on", () => isServed("/steady"), 30_000);
    await until("no problem to be left", async () => (await mesh.status()).problems.length === 0);
    expect((await mesh.status()).gateway?.url).to.equal(mesh.gatewayUrl);
  });

  async function nacks(type: string): Promise<number> {
    const { body } = await ask(mesh.adminUrl, "/metrics");
    return Number(new RegExp(`^mcp_mesh_xds_nacks_total\\{type="${type}"\\} (\\d+)$`, "m").exec(body)?.[1]);
  }
});

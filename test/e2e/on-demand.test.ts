/** End to end: with more servers than the threshold, Envoy gets a server's cluster when it is first asked for. */

import { once } from "node:events";
import { Agent } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { WebSocket } from "ws";
import { projectRoot } from "../../protos/project-root.js";
import { ask, callTool, open, openSession, rpc, toolText } from "./ask.js";
import { startMcpReplica } from "./fixtures/mcp-http-server.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { echoSockets, EventReader, Ticker } from "./fixtures/streams.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Entries, type Mesh } from "./mesh.js";
import { until } from "./until.js";

/** The entry that the harness adds counts too. */
const eagerServers = 4;

describe("e2e: on demand", () => {
  const opened = closedAfterwards();
  const ticker = new Ticker();
  let mesh: Mesh;
  let replica: Replica;
  const replicas: Replica[] = [];
  let streaming: Replica;
  let sockets: Replica;

  before(async function () {
    this.timeout(60_000);
    replica = await opened(startReplica({ name: "replica" }));
    for (const name of ["a", "b", "c"]) replicas.push(await opened(startMcpReplica(name)));
    streaming = await opened(startReplica({ name: "streaming", respond: ticker.respond }));
    sockets = await opened(startReplica({ name: "sockets", onUpgrade: echoSockets("sockets") }));
    mesh = await opened(startMesh({ servers: many(), envoys: 2, workers: 1, env: { MCP_MESH_EAGER_SERVERS: String(eagerServers) } }));
  });

  const plain = (): Entries => ({ type: "http", endpoint: replica.url });
  const few = (): Entries => ({ steady: plain(), streaming: { type: "http", endpoint: streaming.url } });
  const many = (): Entries => ({ ...few(), ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`plain-${index}`, plain()])) });
  const clusters = async (): Promise<readonly string[]> => {
    const text = await mesh.envoyAdmin("/clusters");
    return [...new Set([...text.matchAll(/^mcp\/([^:]+)::/gm)].map(([, id = ""]) => id))].sort();
  };
  const untilReady = (): Promise<true> => until("GET /readyz to be 200", async () => (await ask(mesh.adminUrl, "/readyz")).status === 200, 30_000);

  async function underLoad(paths: readonly string[], act: () => Promise<void>): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const failed: string[] = [];
    let running = true;
    let count = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (running) {
        const answer = await rpc(mesh.gatewayUrl, paths[count++ % paths.length] ?? "", "ping", { agent }).catch((error: unknown) => ({ status: 0, body: String(error) }));
        if (answer.status !== 200) failed.push(`${answer.status} ${answer.body}`);
      }
    });
    const events = new EventReader(await open(mesh.gatewayUrl, "/streaming"));
    try {
      await act();
      ticker.tick("after");
      expect(await events.next()).to.equal("after");
    } finally {
      running = false;
      await Promise.all(load);
      agent.destroy();
      events.close();
    }
    expect(failed).to.deep.equal([]);
  }

  it("the first request for a server brings its cluster, and only its", async () => {
    expect(await clusters()).not.to.include("plain-0");
    const answer = await rpc(mesh.gatewayUrl, "/plain-0", "ping", { id: "first" });
    expect(answer.status, answer.body).to.equal(200);
    expect(answer.message.id).to.equal("first");
    expect(await clusters()).to.include("plain-0").and.not.to.include("plain-1");
    expect((await ask(mesh.gatewayUrl, "/plain-2/some/file?x=1")).status).to.equal(200);
    expect(replica.requests.at(-1)?.path).to.equal("/some/file?x=1");
  });

  it("a hundred first requests at once are all served", async () => {
    const servers = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`crowd-${index}`, plain()]));
    await mesh.change(servers);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => rpc(mesh.gatewayUrl, `/crowd-${index % 20}`, "ping", { id: index })));
    expect(answers.filter(({ status }) => status !== 200).map(({ body }) => body)).to.deep.equal([]);
    await mesh.serve(many());
  });

  it("an unknown id is a 404 that nobody was asked about", async () => {
    const before = await mesh.envoyStats("odcds\\.update_attempt");
    const answer = await rpc(mesh.gatewayUrl, "/unknown", "ping", { id: 7 });
    expect(answer.status).to.equal(404);
    expect(answer.message.id).to.equal(7);
    expect(answer.message.error?.message).to.contain("unknown");
    expect(await mesh.envoyStats("odcds\\.update_attempt")).to.deep.equal(before);
  });

  it("the first request may be a WebSocket, lead to a name that Envoy resolves, or to a stdio server", async function () {
    this.timeout(30_000);
    await mesh.change({
      sockets: { type: "http", endpoint: sockets.url },
      named: { type: "http", endpoint: `http://localhost:${replica.port}` },
      memory: { type: "stdio", command: process.execPath, args: [join(projectRoot, "node_modules/@modelcontextprotocol/server-memory/dist/index.js")], env: { MEMORY_FILE_PATH: join(mesh.folder, "memory.jsonl") } },
    });
    const socket = new WebSocket(`${mesh.gatewayUrl.replace("http", "ws")}/sockets`);
    await once(socket, "open");
    socket.send("hello");
    const [echo] = (await once(socket, "message")) as [Buffer];
    expect(String(echo)).to.equal("sockets: hello");
    socket.close();
    expect((await rpc(mesh.gatewayUrl, "/named", "ping")).status).to.equal(200);
    await mesh.untilServed("memory");
    expect(await openSession(mesh.gatewayUrl, "/memory")).not.to.equal("");
    await mesh.serve(many());
  });

  it("every rule of a server holds for its first request, and who is refused makes nothing be fetched", async () => {
    const guarded = { ...plain(), auth: { api_keys: [{ client: "alice", key: "k1" }] } };
    await mesh.change({
      ...Object.fromEntries(["get", "post", "key"].map((how) => [`guarded-${how}`, guarded])),
      restricted: { ...plain(), tools: { deny: ["bad"] } },
      "restricted-too": { ...plain(), tools: { deny: ["bad"] } },
      limited: { ...plain(), rate_limit: { requests: 1, per: "1h" } },
    });
    const before = replica.requests.length;
    expect((await ask(mesh.gatewayUrl, "/guarded-get")).status).to.equal(401);
    expect((await rpc(mesh.gatewayUrl, "/guarded-post", "ping")).status).to.equal(401);
    const refused = await rpc(mesh.gatewayUrl, "/restricted", "tools/call", { params: { name: "bad" } });
    expect(refused.message.error?.message).to.contain("not allowed");
    expect((await ask(mesh.gatewayUrl, "/plain-3", { headers: { origin: "https://evil.example" } })).status).to.equal(403);
    expect(replica.requests.length).to.equal(before);
    expect(await clusters()).not.to.include.oneOf(["guarded-get", "guarded-post", "restricted", "plain-3"]);

    expect((await rpc(mesh.gatewayUrl, "/guarded-key", "ping", { headers: { authorization: "Bearer k1" } })).status).to.equal(200);
    expect((await rpc(mesh.gatewayUrl, "/restricted-too", "tools/call", { params: { name: "good" } })).message.error).to.equal(undefined);
    expect((await rpc(mesh.gatewayUrl, "/limited", "ping")).status).to.equal(200);
    expect((await rpc(mesh.gatewayUrl, "/limited", "ping")).status).to.equal(429);
    await mesh.serve(many());
  });

  it("sessions are balanced and stay, also through an Envoy that has not seen the server before", async () => {
    await mesh.change({ sessions: { type: "http", instances: replicas.map(({ url }) => ({ endpoint: url })), load_balancing: "round_robin" } });
    const [first = "", second = ""] = mesh.gatewayUrls;
    const homes = new Set<string>();
    for (let session = 0; session < 3; session++) {
      const id = await openSession(first, "/sessions");
      const seen = new Set<string>();
      for (const url of [second, first, second, first]) seen.add(toolText(await callTool(url, "/sessions", "whoami", {}, { headers: { "mcp-session-id": id } })));
      expect([...seen]).to.have.length(1);
      seen.forEach((home) => homes.add(home));
    }
    expect(homes.size).to.equal(3);
    await mesh.serve(many());
  });

  it("a server that leaves and returns is served again, without being asked for again", async () => {
    expect((await rpc(mesh.gatewayUrl, "/plain-4", "ping")).status).to.equal(200);
    await mesh.change({ "plain-4": undefined });
    await until("404", async () => (await rpc(mesh.gatewayUrl, "/plain-4", "ping")).status === 404);
    await until("its cluster to be gone", async () => !(await clusters()).includes("plain-4"));
    await mesh.change({ "plain-4": plain() });
    await until("its cluster to be back", async () => (await clusters()).includes("plain-4"));
    expect((await rpc(mesh.gatewayUrl, "/plain-4", "ping")).status).to.equal(200);
  });

  it("crosses the threshold down and up under load: no failed request, no cut stream, the same listener", async function () {
    this.timeout(60_000);
    const before = await mesh.envoyStats("listener_manager\\.listener_(added|modified)$");
    await mesh.serve(many());
    await underLoad(["/steady"], async () => {
      for (let turn = 0; turn < 5; turn++) {
        const fresh = { [`fresh-${turn}`]: plain() };
        await mesh.serve({ ...many(), ...fresh });
        let isDown = false;
        const down = mesh.serve({ ...few(), ...fresh }).finally(() => (isDown = true));
        while (!isDown) expect((await rpc(mesh.gatewayUrl, `/fresh-${turn}`, "ping")).status, "while it becomes eager").to.equal(200);
        await down;
        await until("only the few to be there", async () => (await clusters()).every((id) => !id.startsWith("plain-")));
        await mesh.serve(many());
        expect((await rpc(mesh.gatewayUrl, `/plain-${turn}`, "ping")).status).to.equal(200);
      }
    });
    expect(await mesh.envoyStats("listener_manager\\.listener_(added|modified)$")).to.deep.equal(before);
  });

  it("below the threshold every cluster is there before it is asked for", async () => {
    await mesh.serve({ steady: plain(), untouched: plain() });
    expect(await clusters()).to.include("untouched");
    await mesh.serve(many());
    expect(await clusters(), "what Envoy has, it keeps").to.include("steady");
  });

  it("without the xds-server known servers go on, the first request for another ends with a JSON-RPC error, and its restart fails nothing", async function () {
    this.timeout(60_000);
    await mesh.serve(many());
    for (const path of ["/steady", "/plain-0"]) expect((await rpc(mesh.gatewayUrl, path, "ping")).status).to.equal(200);
    await underLoad(["/steady", "/plain-0"], async () => {
      await mesh.kill("xds-server");
      expect(await clusters()).not.to.include("plain-7");
      const answer = await rpc(mesh.gatewayUrl, "/plain-7", "ping", { id: "waiting" });
      expect(answer.status, answer.body).to.equal(503);
      expect(answer.message.id).to.equal("waiting");
      expect(answer.message.error?.message).to.contain('"plain-7"').and.to.contain("xds-server");
      mesh.restart("xds-server");
      await untilReady();
      await until("what was asked for meanwhile to be served", async () => (await rpc(mesh.gatewayUrl, "/plain-7", "ping")).status === 200);
      expect((await rpc(mesh.gatewayUrl, "/plain-6", "ping")).status, "a first request after the restart").to.equal(200);
    });
  });

  it("an Envoy that is killed gets what is asked for anew", async function () {
    this.timeout(60_000);
    await mesh.kill("envoy-1");
    mesh.restart("envoy-1");
    await until("the gateway to be back", async () => (await rpc(mesh.gatewayUrl, "/steady", "ping")).status === 200, 30_000);
    expect(await clusters()).to.deep.equal(["steady"]);
  });
});

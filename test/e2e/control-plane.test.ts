/** End to end: traffic does not depend on the xds-server being there; what it says of itself is true. */

import { Agent } from "node:http";
import { expect } from "chai";
import { ask, open, rpc } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { EventReader, Ticker } from "./fixtures/streams.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Entries, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: control plane", () => {
  const opened = closedAfterwards();
  const ticker = new Ticker();
  let mesh: Mesh;
  let replica: Replica;
  let streaming: Replica;

  before(async function () {
    this.timeout(60_000);
    replica = await opened(startReplica({ name: "replica" }));
    streaming = await opened(startReplica({ name: "streaming", respond: ticker.respond }));
    mesh = await opened(startMesh({ servers: entries() }));
  });

  const entries = (): Entries => ({ one: { type: "http", endpoint: replica.url }, two: { type: "http", endpoint: replica.url }, streaming: { type: "http", endpoint: streaming.url } });
  const untilReady = (): Promise<true> => until("GET /readyz to be 200", async () => (await ask(mesh.adminUrl, "/readyz")).status === 200, 30_000);

  /** How often Envoy took something from the xds-server, by kind. */
  async function updates(): Promise<Record<string, number>> {
    const stats = await mesh.envoyStats("(cluster_manager\\.cluster_(added|modified|updated|removed)|listener_manager\\.listener_(added|modified|removed)|update_success|config_reload)$");
    return Object.fromEntries(stats);
  }

  it("goes on without the xds-server, and its restart resends nothing and fails nothing", async function () {
    this.timeout(60_000);
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const failed: string[] = [];
    let running = true;
    let count = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (running) {
        const answer = await rpc(mesh.gatewayUrl, count++ % 2 === 0 ? "/one" : "/two", "ping", { agent }).catch((error: unknown) => ({ status: 0, body: String(error) }));
        if (answer.status !== 200) failed.push(`${answer.status} ${answer.body}`);
      }
    });
    const events = new EventReader(await open(mesh.gatewayUrl, "/streaming"));
    const before = await updates();

    await mesh.kill("xds-server");
    ticker.tick("without");
    expect(await events.next()).to.equal("without");
    const target = count + 100;
    await until("a hundred requests without it", () => count > target);

    mesh.restart("xds-server");
    await untilReady();
    expect(await updates(), "what Envoy took again").to.deep.equal(before);
    ticker.tick("again");
    expect(await events.next()).to.equal("again");

    await mesh.change({ three: { type: "http", endpoint: replica.url } });
    running = false;
    await Promise.all(load);
    agent.destroy();
    events.close();
    expect(failed).to.deep.equal([]);
    expect((await rpc(mesh.gatewayUrl, "/three", "ping")).status).to.equal(200);
  });

  it("a registry that changed while the xds-server was away is in force after its start", async function () {
    this.timeout(60_000);
    await mesh.kill("xds-server", "SIGTERM");
    await mesh.writeRegistry(mesh.registryText({ one: { type: "http", endpoint: replica.url }, meanwhile: { type: "http", endpoint: replica.url } }));
    mesh.restart("xds-server");
    await mesh.untilInForce();
    expect((await rpc(mesh.gatewayUrl, "/meanwhile", "ping")).status).to.equal(200);
    await until("what left to be gone", async () => (await rpc(mesh.gatewayUrl, "/two", "ping")).status === 404);
    await mesh.serve(entries());
  });

  it("an Envoy that is killed gets everything anew", async function () {
    this.timeout(60_000);
    await mesh.kill("envoy-1");
    mesh.restart("envoy-1");
    await until("the gateway to be back", async () => (await rpc(mesh.gatewayUrl, "/one", "ping")).status === 200, 30_000);
    expect((await rpc(mesh.gatewayUrl, "/two", "ping")).status).to.equal(200);
  });

  it("ends within five seconds of SIGTERM, with 0", async function () {
    this.timeout(30_000);
    const child = mesh.child("xds-server");
    await child.kill("SIGTERM");
    expect(child.exitCode).to.equal(0);
    mesh.restart("xds-server");
    await untilReady();
  });

  it("ends when its parent is gone", async function () {
    this.timeout(30_000);
    mesh.child("xds-server").closeStdin();
    await until("it to have ended", () => !mesh.child("xds-server").isRunning);
    mesh.restart("xds-server");
    await untilReady();
  });

  it("/healthz and /readyz", async () => {
    expect((await ask(mesh.adminUrl, "/healthz")).status).to.equal(200);
    expect((await ask(mesh.adminUrl, "/readyz")).status).to.equal(200);
  });

  it("/status: servers with endpoints and health, proxies with what they ACKed, no problems", async () => {
    await mesh.serve(entries());
    const status = await until("the endpoints' health", async () => {
      const found = (await mesh.status()) as unknown as {
        readonly servers: readonly { readonly id: string; readonly kind: string; readonly endpoints: readonly { readonly address: string; readonly health: string }[] }[];
        readonly proxies: readonly { readonly nodeId: string }[];
        readonly problems: readonly unknown[];
      };
      return found.servers.every(({ endpoints }) => endpoints.every(({ health }) => health === "unchecked")) ? found : undefined;
    });
    const one = status.servers.find(({ id }) => id === "one");
    expect(one?.kind).to.equal("http");
    expect(one?.endpoints.map(({ address }) => address)).to.deep.equal([`127.0.0.1:${replica.port}`]);
    expect(status.proxies.map(({ nodeId }) => nodeId)).to.deep.equal(["envoy-1"]);
    expect(JSON.stringify(status.proxies)).to.match(/Cluster|cluster/).and.to.match(/[Aa]ck/);
    expect(status.problems).to.deep.equal([]);
  });

  it("/metrics is Prometheus text of ours", async () => {
    const answer = await ask(mesh.adminUrl, "/metrics");
    expect(answer.status).to.equal(200);
    expect(answer.headers["content-type"]).to.match(/^text\/plain/);
    expect(answer.body).to.match(/^# TYPE mcp_mesh_\w+ (counter|gauge|histogram)$/m);
    for (const line of answer.body.split("\n").filter((text) => text !== "" && !text.startsWith("#"))) expect(line).to.match(/^[a-zA-Z_:][\w:]*(\{.*\})? [-+.\dEeNaInf]+$/);
  });
});

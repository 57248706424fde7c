/** End to end: endpoints that are names, as Envoy resolves them: all addresses, failures and changes. */

import { Agent } from "node:http";
import { expect } from "chai";
import { openSession, rpc } from "./ask.js";
import { DnsServer } from "./fixtures/dns-server.js";
import { idOf, startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Entries, type Mesh } from "./mesh.js";
import { until } from "./until.js";

/** Linux answers on all of 127.0.0.0/8 without being told to; other systems only on the first. */
const isWide = process.platform === "linux";

if (isWide) describe("e2e: names", () => {
  const opened = closedAfterwards();
  const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"] as const;
  let dns: DnsServer;
  let mesh: Mesh;
  let port: number;
  let replicas: readonly Replica[];

  before(async function () {
    this.timeout(60_000);
    dns = await opened(DnsServer.start());
    const first = await opened(startReplica({ name: hosts[0] }));
    port = first.port;
    const others = await Promise.all(hosts.slice(1).map((host) => opened(startReplica({ name: host, host, port }))));
    replicas = [first, ...others];
    dns.addresses.set("many.test", hosts);
    dns.addresses.set("moving.test", hosts.slice(0, 1));
    mesh = await opened(startMesh({ dnsPort: dns.port, servers: entries() }));
  });

  const named = (name: string): Entries => ({ type: "http", endpoint: `http://${name}.test:${port}`, dns_refresh: "1s" });
  const entries = (): Entries => ({ many: named("many"), moving: named("moving"), late: named("late") });

  async function homes(id: string, count: number): Promise<readonly string[]> {
    const seen = new Set<string>();
    for (let index = 0; index < count; index++) {
      const answer = await rpc(mesh.gatewayUrl, `/${id}`, "ping");
      seen.add(String(answer.headers["x-replica"] ?? answer.status));
    }
    return [...seen].sort();
  }

  it("every address of a name is an endpoint", async () => {
    expect(await homes("many", 9)).to.deep.equal([...hosts]);
  });

  it("a session stays with the address that made it", async () => {
    const normal = replicas.map(({ respond }) => respond);
    for (const replica of replicas) replica.respond = ({ body }, response) => void response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "s" }).end(JSON.stringify({ jsonrpc: "2.0", id: idOf(body), result: {} }));
    const session = await openSession(mesh.gatewayUrl, "/many");
    const seen = new Set<unknown>();
    for (let index = 0; index < 6; index++) seen.add((await rpc(mesh.gatewayUrl, "/many", "ping", { headers: { "mcp-session-id": session } })).headers["x-replica"]);
    replicas.forEach((replica, index) => (replica.respond = normal[index] ?? replica.respond));
    expect(seen.size).to.equal(1);
  });

  it("a name that nobody knows yet is 503, and served once it is known", async () => {
    expect(await homes("late", 1)).to.deep.equal(["503"]);
    dns.addresses.set("late.test", ["127.0.0.1"]);
    await until("it to be served", async () => (await homes("late", 1))[0] === "127.0.0.1");
  });

  it("addresses change under load, and nothing fails", async function () {
    this.timeout(40_000);
    const failed: string[] = [];
    let running = true;
    const agent = new Agent({ keepAlive: true });
    const load = Array.from({ length: 4 }, async () => {
      while (running) {
        const answer = await rpc(mesh.gatewayUrl, "/moving", "ping", { agent });
        if (answer.status !== 200) failed.push(`${answer.status} ${answer.body}`);
      }
    });
    for (const addresses of [hosts, hosts.slice(1), hosts.slice(2), hosts.slice(0, 2)]) {
      dns.addresses.set("moving.test", addresses);
      await until(`${addresses.join()} to be in use`, async () => (await homes("moving", 9)).join() === addresses.join());
    }
    running = false;
    await Promise.all(load);
    agent.destroy();
    expect(failed).to.deep.equal([]);
  });

  it("a name of which nothing is said any more keeps its addresses, one that is gone has none", async () => {
    dns.silentFor.add("many.test");
    dns.addresses.delete("moving.test");
    await until("the one that is gone to be refused", async () => (await homes("moving", 1))[0] === "503");
    expect(await homes("many", 9)).to.deep.equal([...hosts]);
  });

  it("a DNS server that says nothing of one name does not keep other servers from changing", async function () {
    this.timeout(40_000);
    dns.silentFor.add("silent.test");
    await mesh.change({ silent: named("silent") });
    await mesh.change({ added: named("late") });
    expect(await homes("added", 1)).to.deep.equal(["127.0.0.1"]);
    expect(await homes("silent", 1)).to.deep.equal(["503"]);
  });
});

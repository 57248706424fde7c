/** End to end: how requests are spread over the replicas of a server, and what takes a replica out and back in. */

import { expect } from "chai";
import { ask, rpc, type RpcAnswer } from "./ask.js";
import { startReplica, startReplicas, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: balancing", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let replicas: readonly Replica[];
  let spare: Replica;
  const names = ["a", "b", "c"];

  before(async function () {
    this.timeout(60_000);
    replicas = await startReplicas(names);
    for (const replica of replicas) await opened(replica);
    spare = await opened(startReplica({ name: "spare" }));
    const instances = replicas.map(({ url }) => ({ endpoint: url }));
    const [a, b] = replicas;
    mesh = await opened(startMesh({
      servers: {
        round: { type: "http", instances, load_balancing: "round_robin" },
        least: { type: "http", instances, load_balancing: "least_request" },
        alias: { type: "http", instances, load_balancing: "least_connections" },
        random: { type: "http", instances, load_balancing: "random" },
        ring: { type: "http", instances, load_balancing: "ring_hash", session_affinity: { by: "header", name: "x-user" } },
        maglev: { type: "http", instances, load_balancing: "maglev", session_affinity: { by: "header", name: "x-user" } },
        weighted: { type: "http", instances: [{ endpoint: a?.url, weight: 3 }, { endpoint: b?.url, weight: 1 }], load_balancing: "round_robin" },
        "weighted-ring": { type: "http", instances: [{ endpoint: a?.url, weight: 3 }, { endpoint: b?.url, weight: 1 }], load_balancing: "ring_hash", session_affinity: { by: "header", name: "x-user" } },
        "weighted-maglev": { type: "http", instances: [{ endpoint: a?.url, weight: 3 }, { endpoint: b?.url, weight: 1 }], load_balancing: "maglev", session_affinity: { by: "header", name: "x-user" } },
        prioritized: { type: "http", instances: [{ endpoint: a?.url, priority: 0 }, { endpoint: spare.url, priority: 1 }], health_check: { type: "tcp", interval: "100ms", timeout: "100ms", unhealthy_threshold: 1, healthy_threshold: 1 } },
        dns: { type: "http", endpoint: `http://localhost:${a?.port}` },
        slow: { type: "http", instances, load_balancing: "round_robin", slow_start: "30s" },
        ...Object.fromEntries(["http", "tcp", "mcp"].map((type) => [
          `checked-${type}`,
          { type: "http", instances, load_balancing: "round_robin", retries: 0, health_check: { type, ...(type === "http" ? { path: "/health" } : {}), interval: "100ms", timeout: "500ms", unhealthy_threshold: 1, healthy_threshold: 1 } },
        ])),
        ejecting: { type: "http", instances, load_balancing: "round_robin", outlier_detection: { consecutive_errors: 3, interval: "100ms", base_ejection: "60s", max_ejection: "50%" } },
        returning: { type: "http", instances, load_balancing: "round_robin", outlier_detection: { consecutive_errors: 3, interval: "100ms", base_ejection: "500ms", max_ejection: "50%" } },
        broken: { type: "http", endpoint: a?.url, circuit_breaker: { max_requests: 1, max_pending_requests: 1, max_connections: 1 } },
        retried: { type: "http", instances, load_balancing: "round_robin" },
      },
    }));
  });

  // What a failed test left behind must not fail the next.
  const held = new Set<() => void>();
  afterEach(() => held.forEach((release) => release()));

  /** POSTs wait until they are released; health checks go on. */
  function holdPosts(replica: Replica | undefined): { count(): number; release(): void } {
    if (replica === undefined) throw new Error("three replicas were started");
    const normal = replica.respond;
    const waiting: (() => void)[] = [];
    replica.respond = (request, response, raw) => {
      if (request.method !== "POST") return normal(request, response, raw);
      return new Promise((resolve) => waiting.push(() => resolve(normal(request, response, raw))));
    };
    const release = (): void => {
      held.delete(release);
      replica.respond = normal;
      for (const go of waiting.splice(0)) go();
    };
    held.add(release);
    return { count: () => waiting.length, release };
  }

  /** Asks `count` times, one after the other, and counts who answered. */
  async function spread(id: string, count: number, headers: Record<string, string> = {}): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (let index = 0; index < count; index++) {
      const answer = await rpc(mesh.gatewayUrl, `/${id}`, "ping", { headers });
      const who = String(answer.headers["x-replica"] ?? answer.status);
      counts[who] = (counts[who] ?? 0) + 1;
    }
    return counts;
  }

  it("round_robin is exact over three replicas", async () => {
    expect(await spread("round", 300)).to.deep.equal({ a: 100, b: 100, c: 100 });
  });

  it("weights are kept", async () => {
    expect(await spread("weighted", 200)).to.deep.equal({ a: 150, b: 50 });
  });

  for (const id of ["least", "alias", "random", "slow"]) {
    it(`${id}: every replica has its share`, async () => {
      const counts = await spread(id, 300);
      expect(counts).to.have.all.keys(names);
      for (const name of names) expect(counts[name]).to.be.within(50, 150);
    });
  }

  for (const id of ["ring", "maglev"]) {
    it(`${id}: one key stays with one replica, keys are spread`, async () => {
      const homes = new Set<string>();
      for (let user = 0; user < 40; user++) {
        const counts = await spread(id, 3, { "x-user": `user-${user}` });
        expect(Object.keys(counts)).to.have.length(1);
        homes.add(Object.keys(counts)[0] ?? "");
      }
      expect(homes.size).to.equal(3);
    });
  }

  for (const id of ["weighted-ring", "weighted-maglev"]) {
    it(`${id}: weights are kept, roughly, over many keys`, async () => {
      let toFirst = 0;
      for (let user = 0; user < 200; user++) toFirst += (await spread(id, 1, { "x-user": `user-${user}` }))["a"] ?? 0;
      expect(toFirst).to.be.within(125, 175);
    });
  }

  it("a busy replica gets less of least_request", async () => {
    const stuckPosts = holdPosts(replicas[0]);
    const asked: Promise<unknown>[] = [];
    let answered = 0;
    const askOne = async (): Promise<void> => {
      const before = answered + stuckPosts.count();
      asked.push(rpc(mesh.gatewayUrl, "/least", "ping").then(() => (answered += 1)));
      await until("an answer, or one more to be stuck", () => answered + stuckPosts.count() > before);
    };
    await until("it to be busy", async () => (await askOne(), stuckPosts.count() >= 2));
    const before = stuckPosts.count();
    for (let index = 0; index < 60; index++) await askOne();
    // Of two draws the less busy one wins: only when both draw it does it get more, once in nine times.
    expect(stuckPosts.count() - before, "went to the busy one").to.be.lessThan(20);
    stuckPosts.release();
    await Promise.all(asked);
  });

  it("a DNS endpoint is reached under its own name", async () => {
    expect(await spread("dns", 3)).to.deep.equal({ a: 3 });
    expect(replicas[0]?.requests.at(-1)?.headers.host).to.match(/^localhost(:\d+)?$/);
  });

  it("the next priority takes over and gives back", async () => {
    const [a] = replicas;
    expect(await spread("prioritized", 10)).to.deep.equal({ a: 10 });
    await a?.stop();
    await until("the spare to answer", async () => (await spread("prioritized", 3))["spare"] === 3);
    expect(await spread("prioritized", 10)).to.deep.equal({ spare: 10 });
    await a?.start();
    await until("the first to answer again", async () => (await spread("prioritized", 3))["a"] === 3);
  });

  for (const type of ["http", "tcp", "mcp"]) {
    it(`health check by ${type}: a dead replica gets nothing, a living one again`, async function () {
      this.timeout(30_000);
      const [, b] = replicas;
      const id = `checked-${type}`;
      await until("all three to be healthy", async () => Object.keys(await spread(id, 12)).sort().join() === "a,b,c");
      await b?.stop();
      await until("nothing to go to the dead one", async () => Object.keys(await spread(id, 9)).sort().join() === "a,c");
      expect(await spread(id, 20)).to.deep.equal({ a: 10, c: 10 });
      await b?.start();
      await until("it to be back", async () => (await spread(id, 9))["b"] === 3);
    });
  }

  it("an http health check that fails takes a replica out while it still answers", async function () {
    this.timeout(30_000);
    const [, , c] = replicas;
    const normal = c?.respond;
    if (c === undefined || normal === undefined) throw new Error("three replicas were started");
    c.respond = (request, response, raw) => {
      if (request.path === "/health") response.writeHead(503).end();
      else return normal(request, response, raw);
      return undefined;
    };
    await until("it to be out", async () => Object.keys(await spread("checked-http", 9)).sort().join() === "a,b");
    c.respond = normal;
    await until("it to be back", async () => (await spread("checked-http", 9))["c"] === 3);
  });

  it("outlier detection ejects a replica that only fails", async function () {
    this.timeout(30_000);
    const [, b] = replicas;
    const normal = b?.respond;
    if (b === undefined || normal === undefined) throw new Error("three replicas were started");
    b.respond = (_request, response) => void response.writeHead(500).end("broken");
    try {
      await until("it to be ejected", async () => (await spread("ejecting", 9))["b"] === undefined);
      expect(Object.keys(await spread("ejecting", 20)).sort()).to.deep.equal(["a", "c"]);
    } finally {
      b.respond = normal;
    }
  });

  it("an ejected replica is tried again, and has its share when it is well", async function () {
    this.timeout(30_000);
    const [, b] = replicas;
    const normal = b?.respond;
    if (b === undefined || normal === undefined) throw new Error("three replicas were started");
    b.respond = (_request, response) => void response.writeHead(500).end("{}");
    try {
      await until("it to be ejected", async () => Object.keys(await spread("returning", 9)).sort().join() === "a,c");
    } finally {
      b.respond = normal;
    }
    await until("it to be back", async () => (await spread("returning", 9))["b"] === 3);
    expect(await spread("returning", 30)).to.deep.equal({ a: 10, b: 10, c: 10 });
  });

  it("slow start: a new replica begins with little, and gets its share in time", async function () {
    this.timeout(40_000);
    const [a, b, c] = replicas.map(({ url }) => ({ endpoint: url }));
    const ramping = (instances: readonly unknown[]): Promise<void> => mesh.change({ ramping: { type: "http", instances, load_balancing: "round_robin", slow_start: "4s" } });
    // The first two are new as well, until they have been there for a while.
    await until("the third to begin with little", async () => {
      await ramping([a, b]);
      await ramping([a, b, c]);
      return ((await spread("ramping", 30))["c"] ?? 0) < 7;
    });
    await until("its share to be that of the others", async () => (await spread("ramping", 30))["c"] === 10, 30_000);
  });

  it("a full circuit breaker refuses at once with a JSON-RPC error", async () => {
    const stuckPosts = holdPosts(replicas[0]);
    // One is asked, at most one waits for the one connection; there is room for no more.
    const refused: RpcAnswer[] = [];
    const all = Array.from({ length: 7 }, async (_, id) => {
      const answer = await rpc(mesh.gatewayUrl, "/broken", "ping", { id });
      expect(answer.message).to.include({ jsonrpc: "2.0", id });
      if (answer.status === 503) refused.push(answer);
      return answer.status;
    });
    await until("most to be refused", () => refused.length >= 5 && stuckPosts.count() === 1);
    stuckPosts.release();
    const statuses = await Promise.all(all);
    expect(statuses.filter((status) => status === 200)).to.have.length(7 - refused.length);
    for (const { message } of refused) expect(message.error?.message).to.contain("broken");
  });

  it("a dead replica costs nobody an error, and no tool runs twice", async () => {
    const [, , c] = replicas;
    const before = replicas.map((replica) => replica.requests.length);
    await c?.stop();
    for (let index = 0; index < 60; index++) {
      const answer = await rpc(mesh.gatewayUrl, "/retried", "tools/call", { id: index, params: { name: `once-${index}` } });
      expect(answer.status, answer.body).to.equal(200);
    }
    await c?.start();
    const ran = replicas.flatMap((replica, index) => replica.requests.slice(before[index])).filter(({ body }) => body.includes("once-"));
    expect(ran).to.have.length(60);
  });

  it("a server's 5xx is not retried", async () => {
    const normal = replicas.map(({ respond }) => respond);
    for (const replica of replicas) replica.respond = (_request, response) => void response.writeHead(503).end("busy");
    const answer = await ask(mesh.gatewayUrl, "/retried", { method: "POST", body: "only once" });
    replicas.forEach((replica, index) => (replica.respond = normal[index] ?? replica.respond));
    expect(answer.status).to.equal(503);
    expect(replicas.flatMap(({ requests }) => requests).filter(({ body }) => body === "only once")).to.have.length(1);
  });

  it("a replica dies and returns under load: what was in flight fails with an error, nothing else does", async function () {
    this.timeout(40_000);
    const workers = 8;
    const failed: string[] = [];
    let running = true;
    let count = 0;
    const load = Array.from({ length: workers }, async () => {
      while (running) {
        const id = count++;
        const answer = await rpc(mesh.gatewayUrl, "/retried", "tools/call", { id, params: { name: `load-${id}.` } });
        if (answer.status === 200) continue;
        failed.push(`${answer.status} ${answer.body}`);
        expect(answer.status).to.be.oneOf([502, 503]);
        expect(answer.message.id).to.equal(id);
      }
    });
    const after = (more: number): Promise<unknown> => {
      const target = count + more;
      return until(`${more} more requests`, () => count >= target, 30_000);
    };
    const before = replicas.map(({ requests }) => requests.length);
    await after(100);
    for (const replica of replicas.slice(0, 2)) {
      await replica.stop();
      await after(workers);
      const cut = failed.length;
      expect(cut, failed.join("\n")).to.be.at.most(workers);
      await after(300);
      await replica.start();
      await after(300);
      expect(failed.length, failed.join("\n")).to.equal(cut);
      failed.length = 0;
    }
    running = false;
    await Promise.all(load);

    const bodies = replicas.flatMap(({ requests }, index) => requests.slice(before[index])).flatMap(({ body }) => /load-\d+/.exec(body)?.[0] ?? []);
    expect(new Set(bodies).size, "no tool ran twice").to.equal(bodies.length);
    for (const replica of replicas) expect(replica.requests.length).to.be.greaterThan(100);
  });
});

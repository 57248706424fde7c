/** Kubernetes as a source, against a small real API server: what it yields, when it is settled, and what it says of troubles. */

import { expect } from "chai";
import { pino } from "pino";
import { KubernetesError } from "../../../../xds-server/kubernetes/kubernetes-error.js";
import type { KubernetesView } from "../../../../xds-server/model/model.js";
import { makeKubernetesSource, type KubernetesSource, type KubernetesSourceOptions } from "../../../../xds-server/sources/kubernetes/kubernetes-source.js";
import { closedAfterEach } from "../../../e2e/life.js";
import { until } from "../../../e2e/until.js";
import { FakeKubernetes, refuse, type Misbehave } from "../../kubernetes/fake-kubernetes.js";

const servicesOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/services`;
const slicesOf = (namespace: string): string => `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;

describe("kubernetes as a source", function () {
  this.timeout(20_000);
  const opened = closedAfterEach();

  class Following {
    readonly views: KubernetesView[] = [];
    readonly source: KubernetesSource;
    readonly #over = new AbortController();
    readonly #running: Promise<void>;

    constructor(source: KubernetesSource) {
      this.source = source;
      this.#running = this.#follow();
    }

    get last(): KubernetesView | undefined {
      return this.views.at(-1);
    }

    hosts(namespace: string, service: string): readonly string[] | undefined {
      return this.last?.namespaces.get(namespace)?.services.get(service)?.ports[0]?.endpoints.map(({ host }) => host);
    }

    async stop(): Promise<void> {
      this.#over.abort();
      await this.#running;
    }

    async #follow(): Promise<void> {
      for await (const view of this.source.source.views(this.#over.signal)) this.views.push(view);
    }
  }

  async function follow(fake: FakeKubernetes, options: Partial<KubernetesSourceOptions> = {}): Promise<Following> {
    const source = makeKubernetesSource({ connect: () => fake.connect(), beginsAtOnce: true, discovers: true, settleMs: 10_000, now: () => performance.now(), log: pino({ level: "silent" }), ...options });
    return opened(new Following(source));
  }

  async function startFake(): Promise<FakeKubernetes> {
    const fake = await opened(new FakeKubernetes().start());
    for (const namespace of ["own", "mcp"]) put(fake, namespace, "github", "10.0.0.1");
    return fake;
  }

  function put(fake: FakeKubernetes, namespace: string, service: string, ...hosts: readonly string[]): void {
    fake.set(servicesOf(namespace), service, { spec: { ports: [{ name: "mcp", port: 80 }] } });
    fake.set(slicesOf(namespace), `${service}-1`, { metadata: { labels: { "kubernetes.io/service-name": service } }, addressType: "IPv4", ports: [{ name: "mcp", port: 8080 }], endpoints: hosts.map((host) => ({ addresses: [host] })) });
  }

  it("is settled once the registry has been read and all that it names is listed", async () => {
    const fake = await startFake();
    const following = await follow(fake);
    await until("its own namespace", () => following.hosts("own", "github") !== undefined);
    expect(following.last?.settled).to.equal(false);
    following.source.want(new Set(["mcp", undefined]));
    await until("it to be settled", () => following.last?.settled);
    expect([following.hosts("own", "github"), following.hosts("mcp", "github")]).to.deep.equal([["10.0.0.1"], ["10.0.0.1"]]);
    expect(following.views.filter(({ settled, namespaces }) => settled && namespaces.get("mcp")?.isKnown !== true)).to.deep.equal([]);
  });

  it("follows endpoints, and yields nothing where nothing has changed for us", async () => {
    const fake = await startFake();
    const following = await follow(fake);
    following.source.want(new Set());
    await until("it to be settled", () => following.last?.settled);
    const before = following.views.length;
    fake.set(servicesOf("own"), "github", { metadata: { annotations: { "other.io/x": "y" } }, spec: { ports: [{ name: "mcp", port: 80 }] } });
    put(fake, "own", "github", "10.0.0.1", "10.0.0.2");
    await until("both", () => following.hosts("own", "github")?.length === 2);
    expect(following.views.length).to.equal(before + 1);
  });

  it("makes few views of a burst of changes, and the last one is whole", async () => {
    const fake = await startFake();
    const following = await follow(fake);
    following.source.want(new Set());
    await until("it to be settled", () => following.last?.settled);
    const before = following.views.length;
    for (let last = 1; last <= 250; last++) put(fake, "own", "github", `10.0.1.${last}`);
    await until("the last", () => following.hosts("own", "github")?.join() === "10.0.1.250");
    expect(following.views.length - before).to.be.lessThan(50);
  });

  it("begins to watch a namespace when it is named, and ends when it no longer is", async () => {
    const fake = await startFake();
    const following = await follow(fake);
    following.source.want(new Set());
    await until("it to be settled", () => following.last?.settled);
    expect(following.last?.namespaces.has("mcp")).to.equal(false);
    following.source.want(new Set(["mcp"]));
    await until("mcp", () => following.hosts("mcp", "github") !== undefined);
    following.source.want(new Set());
    await until("mcp to be forgotten", () => following.last?.namespaces.has("mcp") === false);
    await until("its watches to end", () => fake.watchCount === 2);
    expect([...following.last?.namespaces.keys() ?? []]).to.deep.equal(["own"]);
  });

  it("watches chosen namespaces only, or all with two watches", async () => {
    const fake = await startFake();
    const chosen = await follow(fake, { namespaces: ["mcp"] });
    chosen.source.want(new Set(["own"]));
    await until("it to be settled", () => chosen.last?.settled);
    expect([[...chosen.last?.namespaces.keys() ?? []], chosen.last?.elsewhere]).to.deep.equal([["mcp"], "unwatched"]);
    await chosen.stop();
    await until("its watches to end", () => fake.watchCount === 0);

    const all = await follow(fake, { namespaces: "*" });
    all.source.want(new Set(["nowhere"]));
    await until("it to be settled", () => all.last?.settled);
    expect([[...all.last?.namespaces.keys() ?? []], all.last?.elsewhere, fake.watchCount]).to.deep.equal([["own", "mcp"], "empty", 2]);
  });

  it("does not ask anybody before somebody wants it", async () => {
    const fake = await startFake();
    const following = await follow(fake, { beginsAtOnce: false });
    following.source.want(new Set());
    await until("it to be settled", () => following.last?.settled);
    expect(fake.asked).to.deep.equal([]);
    following.source.want(new Set(["mcp"]));
    await until("mcp", () => following.hosts("mcp", "github") !== undefined);
  });

  it("is settled after a while whatever happens, and nothing is known then", async () => {
    const fake = await startFake();
    await fake.down();
    const following = await follow(fake, { settleMs: 100 });
    following.source.want(new Set(["mcp"]));
    await until("it to be settled", () => following.last?.settled);
    expect(following.last?.namespaces.get("mcp")).to.deep.equal({ isKnown: false, services: new Map() });
    await until("the problem", () => following.last?.problems.length === 1);
    expect(following.last?.problems.map(({ where, severity, what }) => [where, severity, what.replace(/:\d+$/, "")])).to.deep.equal([["kubernetes", "error", "the Kubernetes API does not answer: GET /api/v1/namespaces/own/services: connect ECONNREFUSED 127.0.0.1"]]);
    await fake.start();
    await until("what is there", () => following.hosts("mcp", "github")?.length === 1);
    await until("the problem to be gone", () => following.last?.problems.length === 0);
  });

  it("keeps what it knows while the API is away, and says so", async () => {
    const fake = await startFake();
    const following = await follow(fake);
    following.source.want(new Set());
    await until("it to be settled", () => following.last?.settled);
    await fake.down();
    put(fake, "own", "github", "10.0.0.7");
    await until("the problem", () => following.last?.problems.some(({ what }) => what.includes("does not answer")));
    expect(following.hosts("own", "github")).to.deep.equal(["10.0.0.1"]);
    expect(following.source.status().watches.map(({ resource, isListed, trouble }) => [resource, isListed, trouble?.code])).to.deep.equal([["services", true, "unreachable"], ["endpointslices", true, "unreachable"]]);
    await fake.start();
    await until("what has changed meanwhile", () => following.hosts("own", "github")?.join() === "10.0.0.7");
    await until("the problem to be gone", () => following.last?.problems.length === 0);
    expect(following.source.status().failures.get("unreachable")).to.be.greaterThan(0);
  });

  it("says which right is missing, as a warning where nobody has asked for Kubernetes", async () => {
    const fake = await startFake();
    const forbidden: Misbehave = ({ path }, response) => {
      if (!path.includes("endpointslices")) return false;
      refuse(response, 403, "Forbidden", "endpointslices.discovery.k8s.io is forbidden");
      return true;
    };
    fake.misbehave = forbidden;
    const following = await follow(fake);
    following.source.want(new Set());
    // Nothing better will come soon: the other servers need not wait.
    await until("it to be settled", () => following.last?.settled);
    await until("the problem", () => following.last?.problems.length === 1);
    const [problem] = following.last?.problems ?? [];
    expect(problem).to.deep.equal({
      severity: "warning",
      where: "kubernetes namespace own",
      what: "endpointslices cannot be watched: GET /apis/discovery.k8s.io/v1/namespaces/own/endpointslices: endpointslices.discovery.k8s.io is forbidden",
      hint: "let the xds-server's account list and watch services and endpointslices in the namespace own (a Role there), or leave it out of --kubernetes-namespaces and the registry",
    });
    expect(following.last?.namespaces.get("own")?.isKnown).to.equal(false);
    following.source.want(new Set([undefined]));
    await until("the error", () => following.last?.problems[0]?.severity === "error");
    fake.misbehave = () => false;
    await until("the problem to be gone", () => following.last?.problems.length === 0);
    expect(following.hosts("own", "github")).to.deep.equal(["10.0.0.1"]);
  });

  it("looks for a cluster again and again", async () => {
    const fake = await startFake();
    let attempts = 0;
    const connect: KubernetesSourceOptions["connect"] = () => ++attempts < 3 ? Promise.reject(new KubernetesError("no_cluster", "no Kubernetes cluster is known")) : fake.connect();
    const following = await follow(fake, { connect });
    following.source.want(new Set());
    await until("the problem", () => following.last?.problems.length === 1);
    expect(following.last?.problems[0]?.what).to.equal("the Kubernetes API does not answer: no Kubernetes cluster is known");
    await until("what is there", () => following.hosts("own", "github")?.length === 1);
    expect(following.last?.problems).to.deep.equal([]);
  });

  it("serves labelled Services, unless it is not to", async () => {
    const fake = await startFake();
    fake.set(servicesOf("own"), "search", { metadata: { labels: { "app.kubernetes.io/component": "mcp-server" } }, spec: { ports: [{ port: 80 }] } });
    const [following, blind] = [await follow(fake), await follow(fake, { discovers: false })];
    for (const one of [following, blind]) one.source.want(new Set());
    for (const one of [following, blind]) await until("it to be settled", () => one.last?.settled);
    expect([following, blind].map(({ last }) => last?.discovered.map(({ mcpServer }) => mcpServer.id))).to.deep.equal([["search"], []]);
    fake.set(servicesOf("own"), "search", undefined);
    await until("it to be gone", () => following.last?.discovered.length === 0);
  });
});

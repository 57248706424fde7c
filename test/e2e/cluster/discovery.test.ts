/** End to end, on a real cluster: pods of Services become endpoints of a real Envoy, and follow what happens to them. */

import { execFile } from "node:child_process";
import { Agent } from "node:http";
import { promisify } from "node:util";
import { expect } from "chai";
import { callTool, openSession, rpc, toolText } from "../ask.js";
import { closedAfterwards } from "../life.js";
import { startMesh, type Mesh } from "../mesh.js";
import { until } from "../until.js";
import { ServiceAccount, type Rule } from "./service-account.js";
import { clusterOrSkip, isReady, mcpDeployment, TestNamespace, type Cluster, type McpDeployment, type Objects, type Pod } from "./cluster.js";

/** A command that is given the name of a component and a signal, and ends and begins it anew. */
const restartCommand = "MCP_MESH_TEST_RESTART_COMPONENT";

const discoveryRules: readonly Rule[] = [
  { apiGroups: [""], resources: ["services"], verbs: ["list", "watch"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
];

describe("cluster: discovery", function () {
  this.timeout(120_000);
  const opened = closedAfterwards();
  let cluster: Cluster;
  let namespace: TestNamespace;
  let mesh: Mesh;

  before(async function () {
    this.timeout(600_000);
    cluster = await clusterOrSkip(this);
    namespace = await opened(new TestNamespace(cluster.api, "mcp-mesh-discovery").start());
    // All of what follows is done with the rights that the README names.
    const account = await opened(new ServiceAccount(namespace, "discovery").start());
    await account.allow(...discoveryRules);
    mesh = await opened(startMesh({ logLevel: "info", env: { MCP_MESH_KUBERNETES: "on", MCP_MESH_KUBECONFIG: account.kubeconfigFile } }));
  });

  /** Deployed, named by the registry, and answering by so many pods. */
  async function serve(deployment: Omit<McpDeployment, "image">, fields: object = {}): Promise<readonly Pod[]> {
    const { name, replicas = 1 } = deployment;
    for (const object of mcpDeployment({ image: cluster.image, ...deployment })) await namespace.apply(object);
    await mesh.change({ [name]: { service: name, namespace: namespace.name, ...fields } });
    const pods = await namespace.untilReady(name, replicas);
    await untilEndpoints(name, replicas);
    return pods;
  }

  /** Envoy has so many, and calls all of them healthy. */
  async function untilEndpoints(id: string, count: number): Promise<void> {
    await until(`${count} endpoints of ${id}`, async () => {
      const endpoints = await endpointsOf(id);
      return endpoints.length === count && endpoints.every(({ health }) => health === "healthy");
    }, 30_000);
  }

  async function endpointsOf(id: string): Promise<readonly { readonly address: string; readonly health: string; readonly source: string }[]> {
    const servers = (await mesh.status())["servers"] as readonly { readonly id: string; readonly endpoints: Awaited<ReturnType<typeof endpointsOf>> }[];
    return servers.find((server) => server.id === id)?.endpoints ?? [];
  }

  async function whoAnswers(id: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    return toolText(await callTool(mesh.gatewayUrl, `/${id}`, "whoami", {}, { headers }));
  }

  async function spread(id: string, calls: number): Promise<readonly number[]> {
    const counts = new Map<string, number>();
    for (let call = 0; call < calls; call++) {
      const pod = await whoAnswers(id);
      counts.set(pod, (counts.get(pod) ?? 0) + 1);
    }
    return [...counts.values()];
  }

  it("a Service of the registry is served as soon as a pod is ready", async () => {
    const [pod] = await serve({ name: "one" });
    expect(await whoAnswers("one")).to.equal(pod?.metadata.name);
    expect(await endpointsOf("one")).to.deep.include.members([{ address: `${pod?.status?.podIP ?? ""}:8080`, health: "healthy", weight: 1, priority: 0, source: `kubernetes ${namespace.name}/one` }]);
  });

  it("the reference server in a pod answers", async () => {
    await serve({ name: "everything", command: ["node", "node_modules/@modelcontextprotocol/server-everything/dist/index.js", "streamableHttp"] });
    const session = await openSession(mesh.gatewayUrl, "/everything");
    const answer = await callTool(mesh.gatewayUrl, "/everything", "echo", { message: "from a pod" }, { headers: { "mcp-session-id": session } });
    expect(toolText(answer)).to.equal("Echo: from a pod");
  });

  it("a Service that is labelled needs no entry", async () => {
    const { name } = namespace;
    for (const object of mcpDeployment({ name: "labelled", image: cluster.image, labels: { "app.kubernetes.io/component": "mcp-server" }, annotations: { "mcp-mesh.io/id": `labelled-in-${name}` } })) await namespace.apply(object);
    const pod = await until("it to answer", () => whoAnswers(`labelled-in-${name}`), 60_000);
    expect(pod).to.match(/^labelled-/);
    await namespace.patch("Service", "labelled", { metadata: { annotations: { "mcp-mesh.io/retries": "many" } } });
    const problem = await until("the problem", async () => (await mesh.status()).problems.find(({ serverId }) => serverId === `labelled-in-${name}`));
    expect([problem.where, problem.what]).to.deep.equal([`service ${name}/labelled annotation mcp-mesh.io/retries`, 'retries "many" must be a number of attempts, or off']);
    expect(await whoAnswers(`labelled-in-${name}`)).to.equal(pod);
    await namespace.remove("Service", "labelled");
    await until("it to be gone", async () => (await rpc(mesh.gatewayUrl, `/labelled-in-${name}`, "ping")).status === 404);
  });

  it("one pod, three, and one again under load: no request fails, and only endpoints change", async () => {
    await serve({ name: "scaled", env: { LINGER_MS: "2000" } });
    const before = await configurationUpdates();
    const load = startLoad(mesh.gatewayUrl, "/scaled");
    await load.more(50);
    await namespace.scale("scaled", 3);
    await untilEndpoints("scaled", 3);
    await until("all three to answer", () => load.pods.size === 3);
    await namespace.scale("scaled", 1);
    await namespace.untilReady("scaled", 1);
    await untilEndpoints("scaled", 1);
    await load.more(100);
    expect(await load.stop()).to.deep.equal([]);
    expect(await configurationUpdates()).to.deep.equal(before);
  });

  /** How often Envoy has taken listeners, clusters and scopes. */
  async function configurationUpdates(): Promise<unknown> {
    const stats = await mesh.envoyStats("(cluster_manager.cluster_(added|modified|removed)|listener_manager.listener_(added|modified)|on_demand_scopes|scoped_rds.*update_success)");
    return Object.fromEntries([...stats].filter(([name]) => !name.includes("marker")));
  }

  it("a session stays at its pod, also while that ends, and new ones go elsewhere", async () => {
    const pods = await serve({ name: "sessions", replicas: 3, env: { LINGER_MS: "6000" }, graceSeconds: 20 });
    const sessions = await Promise.all(Array.from({ length: 12 }, () => openSession(mesh.gatewayUrl, "/sessions")));
    const owners = await Promise.all(sessions.map((session) => whoAnswers("sessions", { "mcp-session-id": session })));
    expect(new Set(owners)).to.deep.equal(new Set(pods.map(({ metadata }) => metadata.name)));
    for (const [index, session] of sessions.entries()) expect(await whoAnswers("sessions", { "mcp-session-id": session })).to.equal(owners[index]);

    const [ending = ""] = owners;
    await namespace.remove("Pod", ending);
    await until("it to drain", async () => (await endpointsOf("sessions")).some(({ health }) => health === "draining"));
    // Its own sessions stay, and nobody else comes.
    expect(await whoAnswers("sessions", { "mcp-session-id": sessions[0] ?? "" })).to.equal(ending);
    for (let begun = 0; begun < 8; begun++) {
      const session = await openSession(mesh.gatewayUrl, "/sessions");
      expect(await whoAnswers("sessions", { "mcp-session-id": session })).not.to.equal(ending);
    }
    await until("its sessions to end with it", async () => (await callTool(mesh.gatewayUrl, "/sessions", "whoami", {}, { headers: { "mcp-session-id": sessions[0] ?? "" } })).status === 404, 30_000);
  });

  it("spreads requests over the pods: evenly in turn, and by load", async () => {
    await serve({ name: "turns", replicas: 3 });
    expect(await spread("turns", 30)).to.deep.equal([10, 10, 10]);
    await mesh.change({ turns: { service: "turns", namespace: namespace.name, load_balancing: "least_request" } });
    await until("all three by least_request", async () => (await spread("turns", 30)).length === 3);
    // Each of several that are busy gets its share.
    const agent = new Agent({ keepAlive: true, maxSockets: 100 });
    const busy = await Promise.all(Array.from({ length: 90 }, () => callTool(mesh.gatewayUrl, "/turns", "whoami", {}, { agent }).then(toolText)));
    agent.destroy();
    const shares = [...new Set(busy)].map((pod) => busy.filter((other) => other === pod).length);
    expect(shares).to.have.length(3);
    expect(Math.min(...shares)).to.be.greaterThan(10);
  });

  it("a pod whose process is killed is out, and back when it is ready again", async () => {
    await serve({ name: "killed", replicas: 2 }, { outlier_detection: { consecutive_errors: 1, interval: "1s", base_ejection: "1s" } });
    const [victim] = await namespace.pods("killed");
    const address = victim?.status?.podIP ?? "";
    await rpc(`http://${address}:8080`, "/crash", "die").catch(() => undefined);
    await until("it to be out", async () => (await endpointsOf("killed")).length < 2 || (await endpointsOf("killed")).some(({ health }) => health !== "healthy"));
    expect(await whoAnswers("killed")).to.not.equal(victim?.metadata.name);
    await untilEndpoints("killed", 2);
    await until("both to answer", async () => (await spread("killed", 6)).length === 2);
  });

  it("a pod that is not ready gets nothing, and no pod at all is a 503 that says so", async () => {
    const [pod] = await serve({ name: "shy" });
    const own = `http://${pod?.status?.podIP ?? ""}:8080`;
    await rpc(own, "/unready", "be");
    const refused = await until("it to be out", async () => {
      const answer = await rpc(mesh.gatewayUrl, "/shy", "tools/list", { id: "x" });
      return answer.status !== 200 && answer;
    });
    expect([refused.status, refused.message.id]).to.deep.equal([503, "x"]);
    expect(await endpointsOf("shy")).to.deep.equal([]);
    await rpc(own, "/ready", "be");
    await untilEndpoints("shy", 1);
  });

  it("a Service without a selector has what its slices say, thousands of endpoints too", async () => {
    const [pod] = await serve({ name: "behind" });
    await namespace.apply({ kind: "Service", metadata: { name: "many" }, spec: { ports: [{ name: "mcp", port: 80 }] } });
    const slice = (name: string, endpoints: readonly object[]): Objects => ({ kind: "EndpointSlice", metadata: { name, labels: { "kubernetes.io/service-name": "many" } }, addressType: "IPv4", ports: [{ name: "mcp", port: 8080 }], endpoints });
    // They end, so that nobody is sent there.
    const ending = { ready: false, serving: true, terminating: true };
    for (let index = 0; index < 50; index++) {
      await namespace.apply(slice(`many-${index}`, Array.from({ length: 100 }, (_, host) => ({ addresses: [`10.200.${index}.${host}`], conditions: ending }))));
    }
    await namespace.apply(slice("many-alive", [{ addresses: [pod?.status?.podIP], conditions: { ready: true }, zone: "zone-a" }]));
    await mesh.change({ many: { service: "many", namespace: namespace.name } });
    await until("all of them", async () => (await endpointsOf("many")).length === 5_001, 30_000);
    expect(await whoAnswers("many")).to.equal(pod?.metadata.name);
    await namespace.patch("EndpointSlice", "many-alive", { metadata: { labels: { "kubernetes.io/service-name": "other" } } });
    await until("the slice to be another's", async () => (await rpc(mesh.gatewayUrl, "/many", "ping")).status === 503);
    expect(await endpointsOf("many")).to.have.length(5_000);
  });

  it("says how long it takes from a pod's readiness to its first answer", async () => {
    await serve({ name: "swift" });
    const [pod] = await namespace.pods("swift");
    const own = `http://${pod?.status?.podIP ?? ""}:8080`;
    const took: number[] = [];
    for (let round = 0; round < 5; round++) {
      await rpc(own, "/unready", "be");
      await until("it to be out", async () => (await rpc(mesh.gatewayUrl, "/swift", "ping")).status === 503);
      const seen = becomesReady("swift");
      await rpc(own, "/ready", "be");
      const readyAtMs = await seen;
      await until("its answer", async () => (await rpc(mesh.gatewayUrl, "/swift", "ping")).status === 200);
      took.push(performance.now() - readyAtMs);
    }
    console.log(`      from the API server's word that a pod is ready to its first answer through Envoy: ${took.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  });

  /** When a watch of ours hears that a pod is ready. */
  async function becomesReady(name: string): Promise<number> {
    const lines = cluster.api.lines({ path: namespace.path("Pod"), query: { watch: true, labelSelector: `app.kubernetes.io/name=${name}` }, timeoutMs: 60_000 });
    for await (const line of lines) {
      const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: Pod }; // The API server writes one event a line.
      if (type === "MODIFIED" && isReady(object)) return performance.now();
    }
    throw new Error("the watch ended before the pod was ready");
  }

  it("an xds-server that is killed and comes back takes no endpoint away", async () => {
    await serve({ name: "steady", replicas: 2 });
    const load = startLoad(mesh.gatewayUrl, "/steady");
    await load.more(50);
    await mesh.kill("xds-server");
    await load.more(50);
    mesh.restart("xds-server");
    await until("it to be ready", async () => (await endpointsOf("steady")).length === 2, 30_000);
    await load.more(100);
    expect(await load.stop()).to.deep.equal([]);
    expect(load.pods.size).to.equal(2);
  });

  it("says which rights are missing, serves all else meanwhile, and goes on once they are given", async () => {
    const account = await opened(new ServiceAccount(namespace, "without-rights").start());
    const other = await opened(startMesh({ logLevel: "info", servers: { one: { service: "one" } }, env: { MCP_MESH_KUBECONFIG: account.kubeconfigFile } }));
    expect((await rpc(other.gatewayUrl, "/one", "ping")).status).to.equal(503);
    const problems = (await other.status()).problems.filter(({ where }) => where === `kubernetes namespace ${namespace.name}`);
    expect(problems.map(({ what }) => what.replace(/:.*/, ""))).to.deep.equal(["services cannot be watched", "endpointslices cannot be watched"]);
    await account.allow(...discoveryRules);
    await until("the pod to answer", async () => (await callTool(other.gatewayUrl, "/one", "whoami")).status === 200, 30_000);
    expect((await other.status()).problems.filter(({ where }) => where.startsWith("kubernetes"))).to.deep.equal([]);
  });

  it("an API server that is killed and comes back costs nothing", async function () {
    const [program, ...args] = process.env[restartCommand]?.split(" ").filter((word) => word !== "") ?? [];
    if (program === undefined) {
      console.error(`\n  SKIPPED: ${restartCommand} names no command that would restart the API server\n`);
      return this.skip();
    }
    await serve({ name: "lasting", env: { LINGER_MS: "2000" } });
    const load = startLoad(mesh.gatewayUrl, "/lasting");
    await load.more(50);
    const failures = async (): Promise<number> => Object.values(((await mesh.status())["kubernetes"] as { readonly failures: Readonly<Record<string, number>> }).failures).reduce((sum, count) => sum + count, 0);
    const before = await failures();
    const restart = (signal: string): Promise<unknown> => promisify(execFile)(program, [...args, "kube-apiserver", signal], { timeout: 60_000 });
    const comesBack = (): Promise<unknown> => until("the API server to answer", () => cluster.api.ask({ path: "/version", timeoutMs: 1_000 }).then(() => true), 15_000);
    await restart("KILL");
    await until("the trouble to be counted", async () => (await failures()) > before, 30_000);
    await load.more(100);
    // The port of a process that was killed may be taken for a moment, and then the next one has ended at once.
    await comesBack().catch(async () => {
      await restart("TERM");
      await comesBack();
    });
    await until("it to be over", async () => (await mesh.status()).problems.every(({ where }) => !where.startsWith("kubernetes")), 60_000);
    await until("the API to answer", () => namespace.scale("lasting", 2).then(() => true), 60_000);
    await untilEndpoints("lasting", 2);
    await until("both to answer", () => load.pods.size === 2);
    expect(await load.stop()).to.deep.equal([]);
  });
});

interface Load {
  /** Those that have answered. */
  readonly pods: ReadonlySet<string>;
  /** Resolves when so many more calls have been answered. */
  more(count: number): Promise<void>;
  /** What went wrong. */
  stop(): Promise<readonly string[]>;
}

/** Eight clients without sessions, who ask again as soon as they are answered. */
function startLoad(gatewayUrl: string, path: string): Load {
  const agent = new Agent({ keepAlive: true });
  const failures: string[] = [];
  const pods = new Set<string>();
  let calls = 0, isStopped = false;
  const clients = Array.from({ length: 8 }, async () => {
    while (!isStopped) {
      const answer = await callTool(gatewayUrl, path, "whoami", {}, { agent }).catch((error: unknown) => String(error));
      if (typeof answer === "string" || answer.status !== 200) failures.push(typeof answer === "string" ? answer : `${answer.status} ${answer.body.slice(0, 300)}`);
      else pods.add(toolText(answer));
      calls++;
    }
  });
  return {
    pods,
    more: async (count) => {
      const from = calls;
      await until(`${count} more calls`, () => calls >= from + count, 30_000);
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(clients);
      agent.destroy();
      return failures;
    },
  };
}

/** End to end, on a real cluster: servers are started, stopped and scaled by library, command, REST and tool alike, with the rights that the README lists and no others. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { projectRoot } from "../../../protos/project-root.js";
import { connectKubernetes } from "../../../xds-server/kubernetes/kubernetes-api.js";
import { makeLifecycle, type Lifecycle } from "../../../xds-server/lifecycle/lifecycle.js";
import { runMcpMesh, type Ran } from "../../features/run-mcp-mesh.js";
import { ask, callTool, toolText } from "../ask.js";
import { closedAfterwards } from "../life.js";
import { startMesh, type Mesh } from "../mesh.js";
import { until } from "../until.js";
import { clusterOrSkip, mcpDeployment, TestNamespace, type Cluster, type McpDeployment, type Objects } from "./cluster.js";
import { ServiceAccount } from "./service-account.js";

const component = { "app.kubernetes.io/component": "mcp-server" };
const key = "ops-key-of-the-test";

/** What the README lists. */
const lifecycleRules = [
  { apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["services"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch", "delete"] },
  { apiGroups: [""], resources: ["events"], verbs: ["list"] },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: ["list"] },
  { apiGroups: ["apps"], resources: ["deployments/scale", "statefulsets/scale"], verbs: ["patch"] },
  { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
];
/** Beside these, for the endpoints of the servers that the mesh serves. */
const discoveryRules = [
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
];

describe("cluster: lifecycle", function () {
  this.timeout(180_000);
  const opened = closedAfterwards();
  let cluster: Cluster;
  let namespace: TestNamespace;
  /** Kubeconfigs of two accounts of the namespace. */
  let managerConfig: string;
  let nobodyConfig: string;
  let lifecycle: Lifecycle;
  let mesh: Mesh;

  before(async function () {
    this.timeout(600_000);
    cluster = await clusterOrSkip(this);
    namespace = await opened(new TestNamespace(cluster.api, "mcp-mesh-lifecycle").start());
    const manager = await opened(new ServiceAccount(namespace, "manager").start());
    await manager.allow(...lifecycleRules, ...discoveryRules);
    managerConfig = manager.kubeconfigFile;
    nobodyConfig = (await opened(new ServiceAccount(namespace, "nobody").start())).kubeconfigFile;
    lifecycle = makeLifecycle({ api: connectKubernetes({ kubeconfigFile: managerConfig }) });
    mesh = await opened(startMesh({
      logLevel: "info",
      gateway: { admin: { id: "mesh-admin", auth: { api_keys: [{ client: "ops", key }] } } },
      env: { MCP_MESH_KUBERNETES: "on", MCP_MESH_KUBERNETES_DISCOVERY: "off", MCP_MESH_KUBECONFIG: managerConfig },
    }));
  });
  async function deploy(deployment: Omit<McpDeployment, "image">, change: (object: Objects) => object = () => ({})): Promise<void> {
    for (const object of mcpDeployment({ image: cluster.image, ...deployment })) {
      await namespace.apply({ ...object, metadata: { ...object.metadata, labels: { "app.kubernetes.io/name": deployment.name, ...component } } });
      if (object.kind === "Deployment") await namespace.patch("Deployment", deployment.name, change(object));
    }
  }

  const run = (args: readonly string[], config = managerConfig): Promise<Ran> => runMcpMesh(["servers", ...args], { env: { MCP_MESH_KUBECONFIG: config } });

  async function post(path: string, body: object): Promise<void> {
    const answer = await ask(mesh.adminUrl, path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), timeoutMs: 120_000 });
    expect(answer.status, answer.body).to.equal(200);
  }

  async function tool(name: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    const answer = await callTool(mesh.gatewayUrl, "/mesh-admin", name, args, { headers: { authorization: `Bearer ${key}` }, timeoutMs: 120_000 });
    expect(answer.message.result?.["isError"], answer.body).to.equal(undefined);
  }

  interface Way { scale(server: string, replicas: number): Promise<void>; start(server: string): Promise<void>; stop(server: string): Promise<void> }
  const ways: Readonly<Record<string, Way>> = {
    library: {
      scale: async (server, replicas) => good(await lifecycle.scale([server], { replicas, wait: true })),
      start: async (server) => good(await lifecycle.start([server])),
      stop: async (server) => good(await lifecycle.stop([server], { wait: true })),
    },
    command: {
      scale: async (server, replicas) => well(await run(["scale", server, "--replicas", String(replicas), "--wait"])),
      start: async (server) => well(await run(["start", server])),
      stop: async (server) => well(await run(["stop", server, "--wait"])),
    },
    REST: {
      scale: (server, replicas) => post(`/api/v1/servers/${server}/scale`, { replicas, wait_ready: true }),
      start: (server) => post(`/api/v1/servers/${server}/start`, {}),
      stop: (server) => post(`/api/v1/servers/${server}/stop`, { wait_gone: true }),
    },
    tools: {
      scale: (server, replicas) => tool("scale_mcp", { name: server, replicas, wait_ready: true }),
      start: (server) => tool("start_mcp", { name: server }),
      stop: (server) => tool("stop_mcp", { name: server }),
    },
  };

  describe("1 → 3 → 1 → 0 → 1 under load", () => {
    for (const [name, way] of Object.entries(ways)) {
      it(`by ${name}: no request fails but while there is no replica`, async () => {
        const server = `by-${name.toLowerCase()}`;
        await deploy({ name: server, env: { LINGER_MS: "1000" }, failedProbes: 10 });
        await mesh.change({ [server]: { service: server, namespace: namespace.name } });
        const load = new Load(() => callTool(mesh.gatewayUrl, `/${server}`, "whoami"));
        await until("the first pod to answer", () => load.isGood(), 60_000);
        load.begin();
        try {
          await way.scale(server, 3);
          await until("all three to answer", () => load.answeredBy().size >= 3, 30_000);
          expect((await lifecycle.status([server]))[0]).to.have.nested.property("value.status", "running");
          await way.scale(server, 1);
          await until("one pod to be left", async () => (await namespace.pods(server)).length === 1, 60_000);
          expect(load.failures()).to.deep.equal([]);

          load.mayFail();
          await way.stop(server);
          await until("no answer", () => load.failures().length > 0, 60_000);
          await way.start(server);
          await until("an answer again", () => load.isGood(), 30_000);
          load.mustNotFail();
          await until("twenty answers", () => load.count() >= 20, 30_000);
          expect(load.failures()).to.deep.equal([]);
        } finally {
          await load.end();
        }
      });
    }
  });

  it("a StatefulSet is a server as well", async () => {
    const labels = { "app.kubernetes.io/name": "set" };
    await namespace.apply({ kind: "StatefulSet", metadata: { name: "set", labels: { ...labels, ...component } }, spec: { serviceName: "set", replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "server", image: cluster.image }] } } } });
    expect(await run(["start", "set"])).to.include({ exitCode: 0, stdout: "set  running  1/1 ready\n" });
    expect(await run(["stop", "set", "--force"])).to.include({ exitCode: 0, stdout: "set  stopped  0/0 ready\n" });
  });

  it("list and status tell the Services' addresses and the last activity", async () => {
    await deploy({ name: "told" });
    well(await run(["start", "told"]));
    const [server] = (await lifecycle.list()).filter(({ name }) => name === "told");
    expect(server?.endpoints[0]).to.match(/^http:\/\/(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):80$/);
    const [outcome] = await lifecycle.status(["told"]);
    expect(outcome).to.have.nested.property("value.lastActivity").that.matches(/^\d{4}-/);
  });

  it("stop waits out a pod that takes its time, and force does not", async () => {
    // As it ignores SIGTERM, it has its whole grace period.
    await deploy({ name: "stubborn", graceSeconds: 300, command: ["node", "-e", "process.on('SIGTERM', () => console.log('not yet')); require('node:http').createServer((_, answer) => answer.end()).listen(8080)"] });
    well(await run(["start", "stubborn"]));
    const graceful = await run(["stop", "stubborn", "--wait", "--timeout", "3"]);
    expect(graceful.exitCode, graceful.stderr).to.equal(4);
    expect(await namespaceHasPods("stubborn")).to.equal(true);
    expect(await run(["stop", "stubborn", "--force"])).to.include({ exitCode: 0, stdout: "stubborn  stopped  0/0 ready, nothing to change\n" });
    expect(await namespaceHasPods("stubborn")).to.equal(false);
  });

  async function namespaceHasPods(name: string): Promise<boolean> {
    const { items } = (await namespace.api.ask({ path: namespace.path("Pod"), query: { labelSelector: `app.kubernetes.io/name=${name}` } })) as { readonly items: readonly unknown[] }; // The API server answers for a collection with a list.
    return items.length > 0;
  }

  it("a server whose image is not there is told so after its time", async () => {
    await deploy({ name: "imageless", replicas: 0 }, () => ({ spec: { template: { spec: { containers: [{ name: "server", image: "mcp-mesh-test/nowhere:1", imagePullPolicy: "Never" }] } } } }));
    const { exitCode, stderr } = await run(["start", "imageless", "--timeout", "5"]);
    expect(exitCode).to.equal(4);
    expect(stderr).to.match(/0 of 1 ready: pod imageless-\S+: container server: ErrImageNeverPull/);
  });

  it("what is not there, and what is no server, is not found", async () => {
    for (const object of mcpDeployment({ name: "unlabelled", image: cluster.image, replicas: 0 })) await namespace.apply(object);
    for (const name of ["nowhere", "unlabelled"]) expect(await run(["start", name])).to.include({ exitCode: 3 });
  });

  it("who has no rights is told so, with the API's status", async () => {
    await deploy({ name: "guarded", replicas: 0 });
    for (const args of [["list", "--kubernetes"], ["start", "guarded"], ["logs", "guarded"], ["watch"]]) {
      const { exitCode, stderr } = await run(args, nobodyConfig);
      expect({ args, exitCode }).to.deep.equal({ args, exitCode: 5 });
      expect(stderr).to.include("forbidden").and.to.include("the account lacks a right");
    }
    // Rights in one namespace are none in the others.
    expect(await run(["list", "--all-namespaces"])).to.include({ exitCode: 5 });
    expect(await run(["list", "--namespace", "kube-system"])).to.include({ exitCode: 5 });
  });

  it("an autoscaler's bounds count", async () => {
    await deploy({ name: "scaled", replicas: 1 });
    await namespace.apply({ kind: "HorizontalPodAutoscaler", metadata: { name: "scaled" }, spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "scaled" }, minReplicas: 1, maxReplicas: 2, metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }] } });
    const refused = await run(["scale", "scaled", "--replicas", "3"]);
    expect(refused.exitCode).to.equal(2);
    expect(refused.stderr).to.include('HorizontalPodAutoscaler "scaled", which would undo it');
    const warned = await run(["scale", "scaled", "--replicas", "2"]);
    expect(warned).to.include({ exitCode: 0 });
    expect(warned.stdout).to.include("warning");
  });

  it("scaling leaves the field to whoever sets it next", async () => {
    await deploy({ name: "owned", replicas: 0 });
    well(await run(["scale", "owned", "--replicas", "2"]));
    const { metadata, spec } = (await namespace.api.ask({ path: namespace.path("Deployment", "owned") })) as { readonly spec: { readonly replicas: number }; readonly metadata: { readonly managedFields: readonly { readonly manager: string; readonly subresource?: string }[] } }; // That is what a Deployment is.
    expect(spec.replicas).to.equal(2);
    expect(metadata.managedFields.filter(({ subresource }) => subresource === "scale").map(({ manager }) => manager)).to.deep.equal(["mcp-mesh"]);
    await namespace.scale("owned", 0);
  });

  it("watch tells of a start as it happens", async () => {
    await deploy({ name: "watched", replicas: 0 });
    const child = spawn(process.execPath, [join(projectRoot, "dist/xds-server/cli/mcp-mesh.js"), "servers", "watch", "--json"], { env: { ...process.env, MCP_MESH_KUBECONFIG: managerConfig }, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const seen: string[] = [];
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const { type, server } = JSON.parse(line) as { readonly type: string; readonly server?: { readonly name: string; readonly status: string } };
        if (server?.name !== "watched") continue;
        seen.push(`${type} ${server.status}`);
        if (seen.length === 1) await lifecycle.start(["watched"], { wait: false });
        if (server.status === "running") break;
      }
    } finally {
      child.kill("SIGTERM");
      await ended;
    }
    expect(seen[0]).to.equal("added stopped");
    expect(seen).to.include("changed pending");
    expect(seen.at(-1)).to.equal("changed running");
  });

  it("logs are those of every pod", async () => {
    await deploy({ name: "talking", replicas: 2 });
    await namespace.untilReady("talking", 2);
    const { exitCode, stdout } = await run(["logs", "talking"]);
    expect(exitCode).to.equal(0);
    const pods = (await namespace.pods("talking")).map(({ metadata }) => metadata.name);
    expect(stdout.trimEnd().split("\n").sort()).to.deep.equal(pods.map((pod) => `${pod}/server  ${pod} listens on 8080`).sort());
  });
});

/** One request after the other, for as long as it lasts. */
class Load {
  readonly #call: () => ReturnType<typeof callTool>;
  #pods = new Set<string>();
  #failures: string[] = [];
  #count = 0;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  constructor(call: () => ReturnType<typeof callTool>) {
    this.#call = call;
  }

  async isGood(): Promise<boolean> {
    return (await this.#call()).status === 200;
  }

  begin(): void {
    const runOne = async (): Promise<void> => {
      while (!this.#isOver) {
        const failures = this.#failures;
        const said = await this.#call().then((answer) => (answer.status === 200 ? { pod: toolText(answer) } : { why: `status ${answer.status}: ${answer.body}` }), (error: unknown) => ({ why: String(error) }));
        if ("pod" in said) this.#pods.add(said.pod);
        // A request counts for the time in which it began.
        else failures.push(said.why);
        this.#count += 1;
      }
    };
    this.#running = Promise.all([runOne(), runOne()]).then(() => undefined);
  }

  mayFail(): void {
    this.#failures = [];
  }

  mustNotFail(): void {
    this.#failures = [];
    this.#count = 0;
  }

  /** Each kind once. */
  failures(): readonly string[] {
    return [...new Set(this.#failures)];
  }

  answeredBy(): ReadonlySet<string> {
    return this.#pods;
  }

  count(): number {
    return this.#count;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }
}

function good(outcomes: Awaited<ReturnType<Lifecycle["scale"]>>): void {
  for (const outcome of outcomes) if (outcome.kind === "failed") throw outcome.error;
}

function well({ exitCode, stderr }: Ran): void {
  expect(exitCode, stderr).to.equal(0);
}

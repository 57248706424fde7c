/** End to end, on a real cluster: what the registry wants is made, changed, repaired and deleted, and nothing of anybody else's. */

import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../protos/project-root.js";
import { Child } from "../child.js";
import { callTool, toolText } from "../ask.js";
import { closedAfterwards } from "../life.js";
import { freePorts, startMesh, type Mesh } from "../mesh.js";
import { until } from "../until.js";
import { clusterOrSkip, isReady, mcpDeployment, TestNamespace, type Cluster } from "./cluster.js";
import { startLoad } from "./load.js";
import { ServiceAccount, type Rule } from "./service-account.js";

const allVerbs = ["get", "list", "watch", "create", "patch", "delete"];

/** As the README has them: of an xds-server that creates, in each namespace where it does, and where the Lease is. */
const rules: readonly Rule[] = [
  { apiGroups: [""], resources: ["services", "configmaps", "secrets", "serviceaccounts"], verbs: allVerbs },
  { apiGroups: ["apps"], resources: ["deployments"], verbs: allVerbs },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: allVerbs },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: allVerbs },
  { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
];

interface Deployment {
  readonly metadata: { readonly uid: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string; readonly env?: readonly { readonly name: string }[] }[] } } };
  readonly status?: { readonly updatedReplicas?: number; readonly replicas?: number; readonly readyReplicas?: number; readonly observedGeneration?: number };
}

describe("cluster: creation", function () {
  this.timeout(180_000);
  const opened = closedAfterwards();
  let cluster: Cluster;
  let namespace: TestNamespace;
  let mesh: Mesh;
  let atFirst: readonly string[];
  /** Quick pods: half of the grace passes before they are told to end. */
  let made: Readonly<Record<string, unknown>>;
  let env: Readonly<Record<string, string>>;

  before(async function () {
    this.timeout(600_000);
    cluster = await clusterOrSkip(this);
    namespace = await opened(new TestNamespace(cluster.api, "mcp-mesh-creation").start());
    await until("what a namespace has by itself", () => namespace.has("ConfigMap", "kube-root-ca.crt"));
    made = { image: cluster.image, namespace: namespace.name, health_check: "/healthz", grace_period: "4s" };
    const account = await opened(new ServiceAccount(namespace, "xds-server").start());
    await account.allow(...rules);
    atFirst = await namespace.everything();
    env = { MCP_MESH_KUBERNETES_CREATE: "on", MCP_MESH_NAME: namespace.name, MCP_MESH_KUBECONFIG: account.kubeconfigFile, MCP_MESH_CHARTS: join(projectRoot, "test/e2e/cluster/charts") };
    mesh = await opened(startMesh({ logLevel: "info", env }));
  });

  async function answers(id: string): Promise<string> {
    const answer = await callTool(mesh.gatewayUrl, `/${id}`, "whoami");
    return answer.status === 200 ? toolText(answer) : `status ${answer.status}`;
  }

  function untilAnswered(id: string): Promise<string> {
    return until(`a pod of ${id} to answer`, async () => {
      const answer = await answers(id);
      return answer.startsWith(`${id}-`) && answer;
    }, 90_000);
  }

  function deployment(id: string): Promise<Deployment> {
    return namespace.read<Deployment>("Deployment", id);
  }

  /** All pods are of the newest template, and the old ones are gone. */
  function untilRolledOut(id: string, replicas: number): Promise<unknown> {
    return until(`${id} to be rolled out`, async () => {
      const pods = (await namespace.pods(id)).filter(isReady);
      const { status, spec } = await deployment(id);
      return spec.replicas === replicas && status?.updatedReplicas === replicas && status.replicas === replicas && pods.length === replicas;
    }, 120_000);
  }

  function problemOf(id: string, part: string): Promise<string> {
    return until(`a problem of ${id} with "${part}"`, async () => (await mesh.status()).problems.filter(({ serverId }) => serverId === id).map(({ what, hint }) => `${what} (${hint ?? ""})`).find((text) => text.includes(part)), 90_000);
  }

  it("an entry becomes pods, and its first call is answered by one of them", async () => {
    await mesh.change({ github: { ...made, replicas: 2, env_vars: { LEVEL: "debug" }, secrets: { TOKEN: "s3cret" }, config_files: { "/etc/app.json": "{}" } } });
    const pod = await untilAnswered("github");
    expect((await namespace.pods("github")).map(({ metadata }) => metadata.name)).to.include(pod);
    await untilRolledOut("github", 2);
    const others = (await namespace.everything()).filter((name) => !atFirst.includes(name) && !/^(Pod|ReplicaSet|EndpointSlice|Lease) /.test(name));
    expect(others).to.deep.equal(["ConfigMap github", "Deployment github", "PodDisruptionBudget github", "Secret github", "Service github", "ServiceAccount github"]);
  });

  it("a change is rolled out without a failed request", async () => {
    const load = startLoad(mesh.gatewayUrl, "/github");
    const old = (await namespace.pods("github")).map(({ metadata }) => metadata.name);
    await mesh.change({ github: { ...made, replicas: 2, env_vars: { LEVEL: "info" } } });
    await until("pods of the new template to answer", async () => {
      const now = (await namespace.pods("github")).map(({ metadata }) => metadata.name);
      return now.length === 2 && now.every((name) => !old.includes(name) && load.answers.has(name));
    }, 120_000);
    await load.stop();
    expect(load.failures).to.deep.equal([]);
    // What it no longer asks for is gone.
    await until("the ConfigMap and the Secret to be gone", async () => !(await namespace.has("ConfigMap", "github")) && !(await namespace.has("Secret", "github")));
  });

  it("what somebody changes or deletes is put back, and how many pods there are is left to them", async () => {
    await namespace.scale("github", 3);
    await namespace.patch("Service", "github", { spec: { selector: { "app.kubernetes.io/name": "nobody" } } });
    await namespace.remove("ServiceAccount", "github");
    await namespace.remove("PodDisruptionBudget", "github");
    await until("all to be as it was", async () => {
      const { spec } = await namespace.read<{ readonly spec: { readonly selector: Readonly<Record<string, string>> } }>("Service", "github");
      return spec.selector["app.kubernetes.io/name"] === "github" && await namespace.has("ServiceAccount", "github") && await namespace.has("PodDisruptionBudget", "github");
    });
    expect((await deployment("github")).spec.replicas).to.equal(3);
    await mesh.change({ github: { ...made, replicas: 1, env_vars: { LEVEL: "info" } } });
    await until("the registry's new number to count", async () => (await deployment("github")).spec.replicas === 1);
  });

  it("a Deployment that somebody deletes is made again, with all that went with it", async () => {
    const { metadata } = await deployment("github");
    await namespace.remove("Deployment", "github");
    await until("another Deployment", async () => (await deployment("github")).metadata.uid !== metadata.uid);
    await untilAnswered("github");
  });

  it("a broken image and a quota are problems in the words of Kubernetes, and hold up nobody else", async () => {
    await namespace.apply({ kind: "ResourceQuota", metadata: { name: "memory" }, spec: { hard: { "requests.memory": "8Gi" } } });
    await mesh.change({
      "broken-image": { ...made, image: "no.such.registry.invalid/server:1" },
      "too-large": { ...made, resources: { requests: { memory: "1Ti" }, limits: { memory: "1Ti" } } },
      invalid: { ...made, image_pull_secrets: ["x"], node_selector: { "not a label!": "x" } },
      crashing: { ...made, command: ["node", "-e", "process.exit(3)"] },
      fine: made,
    });
    await untilAnswered("fine");
    expect(await problemOf("broken-image", "ImagePullBackOff")).to.include("no.such.registry.invalid/server:1");
    expect(await problemOf("too-large", "FailedCreate")).to.include("exceeded quota");
    expect(await problemOf("crashing", "CrashLoopBackOff")).to.include("exit code 3");
    await problemOf("invalid", "Invalid value");
    await mesh.change({ "broken-image": undefined, "too-large": undefined, invalid: undefined, crashing: undefined, fine: undefined });
    await until("their problems to be gone", async () => (await mesh.status()).problems.length === 0);
    await namespace.remove("ResourceQuota", "memory");
  });

  it("what is there by somebody else is left alone, until it is said to be adopted, and is not deleted then", async () => {
    for (const object of mcpDeployment({ name: "theirs", image: cluster.image })) await namespace.apply(object);
    await namespace.untilReady("theirs", 1);
    const found = await deployment("theirs");
    await mesh.change({ theirs: { ...made, env_vars: { OURS: "yes" } } });
    await problemOf("theirs", "was not made by the mesh");
    await untilAnswered("theirs");
    expect(await namespace.has("ServiceAccount", "theirs")).to.equal(false);
    expect(await deployment("theirs")).to.have.nested.property("metadata.labels").that.deep.equals(found.metadata.labels);

    await namespace.patch("Deployment", "theirs", { metadata: { annotations: { "mcp-mesh.io/adopt": "true" } } });
    await namespace.patch("Service", "theirs", { metadata: { annotations: { "mcp-mesh.io/adopt": "true" } } });
    await mesh.change({ theirs: { ...made, port: 80, env_vars: { OURS: "yes" } } });
    const conflict = await problemOf("theirs", "conflict");
    expect(conflict).to.include("mcp-mesh-test");
    expect(await namespace.has("ServiceAccount", "theirs")).to.equal(true);
    await mesh.change({ theirs: undefined });
    expect((await deployment("theirs")).metadata.uid).to.equal(found.metadata.uid);
    await namespace.remove("Deployment", "theirs");
    await namespace.remove("Service", "theirs");
  });

  it("what is adopted by force runs as the registry says, and stays when its entry goes", async () => {
    for (const { metadata, ...object } of mcpDeployment({ name: "adopted", image: cluster.image, replicas: 2 })) await namespace.apply({ ...object, metadata: { ...metadata, annotations: { "mcp-mesh.io/adopt": "force" } } });
    await namespace.untilReady("adopted", 2);
    const { metadata: { uid } } = await deployment("adopted");
    await mesh.change({ adopted: { ...made, grace_period: "2s", env_vars: { OURS: "yes" } } });
    await until("its pods to be replaced", async () => {
      const { status, spec } = await deployment("adopted");
      const [container, ...others] = spec.template.spec.containers;
      return container?.env?.some(({ name }) => name === "OURS") === true && others.length === 0 && status?.updatedReplicas === 2 && status.replicas === 2;
    }, 60_000);
    await untilAnswered("adopted");
    // Nobody has asked for a number.
    expect(await deployment("adopted")).to.have.nested.property("spec.replicas", 2);
    await mesh.change({ adopted: { ...made, grace_period: "2s", env_vars: { OURS: "yes" }, secrets: { TOKEN: "s3cret" }, replicas: 2 } });
    await until("more to be made beside it", () => namespace.has("PodDisruptionBudget", "adopted"));
    await mesh.change({ adopted: undefined });
    await until("what its pods do not need to be gone", async () => !(await namespace.has("PodDisruptionBudget", "adopted")), 30_000);
    expect((await deployment("adopted")).metadata.uid).to.equal(uid);
    for (const kind of ["ServiceAccount", "Secret"]) expect(await namespace.has(kind, "adopted"), kind).to.equal(true);
    for (const kind of ["Deployment", "Service"]) await namespace.remove(kind, "adopted");
    await until("the rest to follow it", async () => !(await namespace.has("ServiceAccount", "adopted")) && !(await namespace.has("Secret", "adopted")), 60_000);
  });

  it("an autoscaler decides how many pods there are, and prune: false keeps everything", async () => {
    await mesh.change({ scaled: { ...made, autoscaling: { min: 2, max: 4 }, prune: false } });
    await untilRolledOut("scaled", 2);
    await namespace.scale("scaled", 3);
    await mesh.change({ scaled: { ...made, autoscaling: { min: 2, max: 4 }, prune: false, env_vars: { A: "b" } } });
    await untilRolledOut("scaled", 3);
    await mesh.change({ scaled: undefined });
    expect(await answers("scaled")).to.equal("status 404");
    const kept = ["Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service", "ServiceAccount"];
    for (const kind of kept) expect(await namespace.has(kind, "scaled"), kind).to.equal(true);
    // Everything belongs to the Deployment.
    await namespace.remove("Deployment", "scaled");
    await until("the rest to follow it", async () => (await Promise.all(kept.map((kind) => namespace.has(kind, "scaled")))).every((isThere) => !isThere), 60_000);
  });

  it("a chart is rendered by Helm, with what the entry says", async () => {
    const [repository = "", tag = ""] = cluster.image.split(/:(?=[^:/]*$)/);
    await mesh.change({ seed: { type: "k8s", chart: "github-server", replicas: 2, namespace: namespace.name, image: `${repository}:${tag}` }, missing: { chart: "no-such-chart" } });
    await until("two pods of the chart", async () => (await deployment("seed")).status?.readyReplicas === 2, 60_000);
    await untilAnswered("seed");
    expect(await problemOf("missing", "there is no chart no-such-chart")).to.include("--charts");
    await mesh.change({ seed: undefined, missing: undefined });
    await until("the chart's objects to be gone", async () => !(await namespace.has("Deployment", "seed")) && !(await namespace.has("Service", "seed")), 30_000);
  });

  it("what has left the registry while nobody looked is deleted, but not because the registry cannot be read", async () => {
    await mesh.change({ stays: made, goes: made });
    await untilAnswered("goes");
    const { metadata: { uid } } = await deployment("stays");
    await mesh.kill("xds-server");
    const text = mesh.registryText({ stays: made });
    await mesh.writeRegistry(`${text}\n]: this is no YAML`);
    mesh.restart("xds-server");
    await until("the registry's problem", async () => (await mesh.status()).problems.length > 0);
    await until("this xds-server to lead", () => mesh.child("xds-server").log().includes("writes to Kubernetes now"), 30_000);
    await mesh.writeRegistry(text.replace("stays:", "stays:\n    imagee: x"));
    await until("the entry's problem", async () => (await mesh.status()).problems.some(({ serverId }) => serverId === "stays"));
    await until("what has gone to be deleted", async () => !(await namespace.has("Deployment", "goes")), 30_000);
    await mesh.writeRegistry(text);
    await mesh.untilInForce();
    await untilAnswered("stays");
    expect((await deployment("stays")).metadata.uid).to.equal(uid);
    await mesh.change({ goes: undefined });
  });

  it("of two xds-servers one writes, and the other goes on when it is killed", async () => {
    const [xdsPort = 0, adminPort = 0] = await freePorts(2);
    const second = await opened(new Child({
      name: "second",
      command: [process.execPath, join(projectRoot, "dist/xds-server/main.js")],
      env: { ...env, MCP_MESH_REGISTRY: mesh.registryPath, MCP_MESH_XDS_PORT: String(xdsPort), MCP_MESH_ADMIN_PORT: String(adminPort), MCP_MESH_EXIT_WITH_PARENT: "1" },
    }));
    await until("the second to be up", () => second.log().includes("xds-server listens"));
    await mesh.change({ stays: { ...made, env_vars: { A: "1" } } });
    await until("the change", async () => (await deployment("stays")).spec.template.spec.containers[0]?.env?.some(({ name }) => name === "A") === true);
    expect(second.log()).to.not.include("writes to Kubernetes now");
    await mesh.kill("xds-server");
    await mesh.writeRegistry(mesh.registryText({ stays: { ...made, env_vars: { B: "1" } } }));
    await until("the second to write", async () => (await deployment("stays")).spec.template.spec.containers[0]?.env?.some(({ name }) => name === "B") === true, 60_000);
    expect(second.log()).to.include("writes to Kubernetes now");
    mesh.restart("xds-server");
    await mesh.change({ stays: undefined });
    await until("the second to delete", async () => !(await namespace.has("Deployment", "stays")), 30_000);
    expect(mesh.child("xds-server").log()).to.not.include("writes to Kubernetes now");
    await second.stop();
  });

  it("an entry that is removed leaves Envoy first, and then nothing of it is left", async () => {
    await untilAnswered("github");
    await mesh.change({ github: undefined });
    expect(await answers("github")).to.equal("status 404");
    await until("nothing to be left of it", async () => {
      const now = (await namespace.everything()).filter((name) => !name.startsWith("Lease "));
      expect(now).to.deep.equal(atFirst);
      return true;
    }, 60_000);
  });
});


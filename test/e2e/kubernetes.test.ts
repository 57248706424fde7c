/** End to end, without a cluster: a small Kubernetes API that comes and goes, in front of a real xds-server and Envoy. */

import { expect } from "chai";
import { FakeKubernetes } from "../xds-server/kubernetes/fake-kubernetes.js";
import { rpc } from "./ask.js";
import { startReplicas, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

const services = "/api/v1/namespaces/own/services";
const slices = "/apis/discovery.k8s.io/v1/namespaces/own/endpointslices";

describe("e2e: Kubernetes whose API comes and goes", function () {
  this.timeout(90_000);
  const opened = closedAfterwards();
  let kubernetes: FakeKubernetes;
  let replicas: readonly Replica[];
  let mesh: Mesh;

  before(async () => {
    kubernetes = await opened(new FakeKubernetes().start());
    replicas = await Promise.all((await startReplicas(["a", "b"])).map((replica) => opened(replica)));
    const kubeconfigFile = await kubernetes.writeKubeconfig("own");
    await kubernetes.down();
    mesh = await opened(startMesh({ logLevel: "info", servers: { github: { service: "github" } }, env: { MCP_MESH_KUBECONFIG: kubeconfigFile } }));
  });

  function put(...these: readonly Replica[]): void {
    kubernetes.set(services, "github", { spec: { ports: [{ name: "mcp", port: 80 }] } });
    these.forEach(({ port }, index) => {
      kubernetes.set(slices, `github-${index}`, { metadata: { labels: { "kubernetes.io/service-name": "github" } }, addressType: "IPv4", ports: [{ name: "mcp", port }], endpoints: [{ addresses: ["127.0.0.1"] }] });
    });
  }

  async function who(): Promise<string> {
    const { status, message } = await rpc(mesh.gatewayUrl, "/github", "ping");
    return status === 200 ? String(message.result?.["from"]) : `status ${status}`;
  }

  async function kubernetesProblems(): Promise<readonly string[]> {
    return (await mesh.status()).problems.filter(({ where }) => where === "kubernetes").map(({ what }) => what.replace(/:.*/, ""));
  }

  it("servers elsewhere are served from the start, and one on Kubernetes says 503", async () => {
    // The mesh has started: what its harness waits for is a server of the registry.
    expect(await who()).to.equal("status 503");
    expect(await kubernetesProblems()).to.deep.equal(["the Kubernetes API does not answer"]);
  });

  it("it is served once the API answers, and nothing is said of it any more", async () => {
    put(...replicas.slice(0, 1));
    await kubernetes.start();
    await until("a to answer", async () => await who() === "a");
    expect(await kubernetesProblems()).to.deep.equal([]);
  });

  it("what was known is served on while the API is away, over a restart of the xds-server as well", async () => {
    await kubernetes.down();
    await until("the problem", async () => (await kubernetesProblems()).length === 1);
    expect(await who()).to.equal("a");
    await mesh.kill("xds-server");
    mesh.restart("xds-server");
    // By then it has spoken to Envoy, and knows nothing of the Service.
    await until("it to be settled", async () => (await mesh.status())["ready"] === true && (await kubernetesProblems()).length === 1, 30_000);
    await mesh.change({ other: { endpoint: replicas[1]?.url } });
    expect(await who()).to.equal("a");
    put(...replicas);
    await kubernetes.start();
    await until("b to answer, too", async () => await who() === "b", 30_000);
  });
});

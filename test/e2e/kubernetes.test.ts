/** End to end, without a cluster: a small Kubernetes API that comes and goes, in front of a real xds-server and Envoy. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { makeAuthority } from "../certificates.js";
import { FakeKubernetes } from "../xds-server/kubernetes/fake-kubernetes.js";
import { rpc } from "./ask.js";
import { DnsServer } from "./fixtures/dns-server.js";
import { startReplicas, type Replica } from "./fixtures/replica.js";
import { startTlsReplica } from "./fixtures/tls-replica.js";
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

describe("e2e: Kubernetes and TLS", function () {
  this.timeout(60_000);
  const opened = closedAfterwards();
  let folder: string;
  let mesh: Mesh;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    const authority = makeAuthority(folder, "ca");
    const pod = await opened(startTlsReplica({ certificate: authority.issue("pod", ["DNS:secure.own.svc"]) }));
    const outside = await opened(startTlsReplica({ certificate: authority.issue("outside", ["DNS:outside.test"]) }));
    const dns = await opened(DnsServer.start());
    dns.addresses.set("outside.test", ["127.0.0.1"]);
    const kubernetes = await opened(new FakeKubernetes().start());
    const slice = (service: string): object => ({ metadata: { labels: { "kubernetes.io/service-name": service } }, addressType: "IPv4", ports: [{ name: "mcp", port: pod.port }], endpoints: [{ addresses: ["127.0.0.1"] }] });
    for (const service of ["secure", "impostor"]) {
      kubernetes.set(services, service, { spec: { ports: [{ name: "mcp", port: 443 }] } });
      kubernetes.set(slices, service, slice(service));
    }
    kubernetes.set(services, "outside", { spec: { type: "ExternalName", externalName: "outside.test" } });
    const tls = { ca: authority.caFile };
    mesh = await opened(startMesh({
      logLevel: "info",
      dnsPort: dns.port,
      servers: {
        secure: { service: "secure", scheme: "https", tls },
        impostor: { service: "impostor", scheme: "https", tls },
        outside: { service: "outside", port: outside.port, scheme: "https", tls },
      },
      env: { MCP_MESH_KUBECONFIG: await kubernetes.writeKubeconfig("own") },
    }));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("a pod is asked for by its Service's name, and believed when its certificate is for that", async () => {
    await until("it to answer", async () => (await rpc(mesh.gatewayUrl, "/secure", "ping")).status === 200);
  });

  it("one whose certificate is for another Service is not believed", async () => {
    expect((await rpc(mesh.gatewayUrl, "/impostor", "ping")).status).to.equal(503);
  });

  it("a Service that is a name elsewhere is asked for by that name", async () => {
    await until("it to answer", async () => (await rpc(mesh.gatewayUrl, "/outside", "ping")).status === 200);
  });
});

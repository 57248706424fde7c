/** End to end, on a real cluster: pods of Services become endpoints of a real Envoy, and follow what happens to them. */

import { expect } from "chai";
import { callTool, openSession, rpc, toolText } from "../ask.js";
import { closedAfterwards } from "../life.js";
import { startMesh, type Mesh } from "../mesh.js";
import { until } from "../until.js";
import { clusterOrSkip, mcpDeployment, TestNamespace, type Cluster } from "./cluster.js";

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
    mesh = await opened(startMesh({ logLevel: "info" }));
  });

  async function deploy(deployment: Omit<Parameters<typeof mcpDeployment>[0], "image">): Promise<void> {
    for (const object of mcpDeployment({ image: cluster.image, ...deployment })) await namespace.apply(object);
  }

  /** The pod that answers a call, or why none does. */
  async function answers(id: string): Promise<string> {
    const answer = await callTool(mesh.gatewayUrl, `/${id}`, "whoami");
    return answer.status === 200 ? toolText(answer) : `status ${answer.status}`;
  }

  it("a Service of the registry is served as soon as a pod is ready", async () => {
    await deploy({ name: "one" });
    await mesh.change({ one: { service: "one", namespace: namespace.name } });
    const pod = await until("the pod to answer", async () => {
      const answer = await answers("one");
      return answer.startsWith("one-") && answer;
    }, 60_000);
    expect((await namespace.pods("one")).map(({ metadata }) => metadata.name)).to.deep.equal([pod]);
  });

  it("the reference server in a pod answers a client of the SDK's", async () => {
    await deploy({ name: "everything", command: ["node", "node_modules/@modelcontextprotocol/server-everything/dist/index.js", "streamableHttp"] });
    await mesh.change({ everything: { service: "everything", namespace: namespace.name } });
    const session = await until("a session", () => openSession(mesh.gatewayUrl, "/everything"), 60_000);
    const answer = await rpc(mesh.gatewayUrl, "/everything", "tools/call", { params: { name: "echo", arguments: { message: "from a pod" } }, headers: { "mcp-session-id": session } });
    expect(toolText(answer)).to.equal("Echo: from a pod");
  });
});

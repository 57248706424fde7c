/** End to end, on a real cluster: an image that speaks stdio runs as it is, once for each session, with the bridge beside it. */

import { expect } from "chai";
import { callTool, openSession, toolText } from "../ask.js";
import { closedAfterwards } from "../life.js";
import { startMesh, type Mesh } from "../mesh.js";
import { until } from "../until.js";
import { clusterOrSkip, isReady, TestNamespace, type Cluster } from "./cluster.js";
import { provideStdioImages } from "./stdio-images.js";

describe("cluster: creation of servers that speak stdio", function () {
  this.timeout(180_000);
  const opened = closedAfterwards();
  let cluster: Cluster;
  let namespace: TestNamespace;
  let mesh: Mesh;
  let images: { readonly server: string; readonly bridge: string };

  before(async function () {
    this.timeout(600_000);
    cluster = await clusterOrSkip(this);
    const provided = await provideStdioImages(cluster.api);
    if ("missing" in provided) {
      console.error(`\n  SKIPPED: ${provided.missing}\n`);
      return this.skip();
    }
    images = provided;
    namespace = await opened(new TestNamespace(cluster.api, "mcp-mesh-creation").start());
    mesh = await opened(startMesh({ logLevel: "info", env: { MCP_MESH_KUBERNETES_CREATE: "on", MCP_MESH_NAME: namespace.name, MCP_MESH_LEASE: `${namespace.name}/mesh`, MCP_MESH_BRIDGE_IMAGE: images.bridge, MCP_MESH_HELPER_IMAGE: images.server } }));
  });

  async function call(id: string, session: string, tool: string, args: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return toolText(await callTool(mesh.gatewayUrl, `/${id}`, tool, args, { headers: { "mcp-session-id": session } }));
  }

  it("an image without a shell, a library or Node gives each session a process of its own", async () => {
    await mesh.change({ mini: { image: images.server, namespace: namespace.name, transport: "stdio", command: ["/bin/mini-server"], user: 1000, grace_period: "4s", env_vars: { GREETING: "hello" } } });
    const one = await until("a session", () => openSession(mesh.gatewayUrl, "/mini"), 90_000);
    const other = await openSession(mesh.gatewayUrl, "/mini");
    const answers = [await call("mini", one, "count"), await call("mini", one, "count"), await call("mini", other, "count")].map((text) => text.split(" "));
    expect(answers.map(([greeting, , count]) => `${greeting ?? ""} ${count ?? ""}`)).to.deep.equal(["hello 1", "hello 2", "hello 1"]);
    const [pid, again, another] = answers.map(([, number]) => number);
    expect(pid).to.equal(again);
    expect(another).to.not.equal(pid);
  });

  it("where processes ignore the end of their input, their container is started again before they leave no room", async () => {
    await mesh.change({ stubborn: { image: images.server, namespace: namespace.name, transport: "stdio", command: ["/bin/mini-server"], user: 1000, grace_period: "4s", env_vars: { GREETING: "hello", OUTLIVE: "1" } } });
    await namespace.untilReady("stubborn", 1);
    await until("a session", () => openSession(mesh.gatewayUrl, "/stubborn"), 90_000);
    const sessions = await Promise.all(Array.from({ length: 31 }, () => openSession(mesh.gatewayUrl, "/stubborn")));
    const end = (session: string): Promise<Response> => fetch(`${mesh.gatewayUrl}/stubborn`, { method: "DELETE", headers: { "mcp-session-id": session } });
    for (const response of await Promise.all(sessions.map(end))) expect(response.status).to.be.lessThan(300);
    await end(await until("one more session", () => openSession(mesh.gatewayUrl, "/stubborn"), 60_000));
    const restarts = async (): Promise<Readonly<Record<string, number>>> => {
      const [pod] = await namespace.pods("stubborn");
      return Object.fromEntries((pod?.status?.containerStatuses ?? []).map(({ name, restartCount }) => [name, restartCount]));
    };
    await until("its container to be started again", async () => (await restarts())["mcp-server"] === 1, 90_000);
    expect(await restarts()).to.deep.equal({ "mcp-server": 1, "stdio-bridge": 0 });
    expect(await call("stubborn", await until("a session", () => openSession(mesh.gatewayUrl, "/stubborn"), 60_000), "count")).to.match(/^hello \d+ 1$/);
    await mesh.change({ stubborn: undefined });
  });

  it("the reference server runs unchanged, and its sessions stay at their pod", async () => {
    await mesh.change({ everything: { image: cluster.image, namespace: namespace.name, replicas: 2, transport: "stdio", grace_period: "4s", command: ["node", "/servers/node_modules/@modelcontextprotocol/server-everything/dist/index.js", "stdio"] } });
    await namespace.untilReady("everything", 2);
    const sessions = await until("sessions", () => Promise.all(Array.from({ length: 6 }, () => openSession(mesh.gatewayUrl, "/everything"))), 60_000);
    for (const [index, session] of sessions.entries()) {
      for (const message of [`${index} first`, `${index} again`]) expect(await call("everything", session, "echo", { message })).to.equal(`Echo: ${message}`);
    }
  });

  it("a command that is not in the image never makes its pods ready, and the bridge says why", async () => {
    await mesh.change({ wrong: { image: images.server, namespace: namespace.name, transport: "stdio", command: ["/no/such/program"], user: 1000 } });
    await until("the bridge to have tried", async () => {
      const [pod] = await namespace.pods("wrong");
      if (pod === undefined) return false;
      const log: string[] = [];
      for await (const line of cluster.api.lines({ path: `${namespace.path("Pod", pod.metadata.name)}/log`, query: { container: "stdio-bridge" } })) log.push(line);
      return log.some((line) => line.includes("closed its output"));
    }, 60_000);
    expect((await callTool(mesh.gatewayUrl, "/wrong", "count")).status).to.equal(503);
    expect((await namespace.pods("wrong")).some(isReady)).to.equal(false);
  });

  it("nothing of them is left when their entries go", async () => {
    await mesh.change({ mini: undefined, everything: undefined, wrong: undefined });
    await until("all to be gone", async () => (await namespace.everything()).every((name) => !/ (mini|stubborn|everything|wrong)/.test(name)), 60_000);
  });
});

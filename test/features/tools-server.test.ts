/** The port of the mesh's own tools, as Envoy speaks to it. */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect } from "chai";
import { pino } from "pino";
import { startToolsServer, ToolsServerError, type ToolsServer, type ToolsServerOptions } from "../../xds-server/admin/tools/tools-server.js";
import { connectKubernetes } from "../../xds-server/kubernetes/kubernetes-api.js";
import { KubernetesError } from "../../xds-server/kubernetes/kubernetes-error.js";
import { makeLifecycle } from "../../xds-server/lifecycle/lifecycle.js";
import { ask, callTool } from "../e2e/ask.js";
import { FakeCluster } from "../fake-cluster.js";

const key = "the-key-of-the-test";
const headers = { "x-mcp-mesh-tools-key": key };

describe("the port of the mesh's tools", () => {
  const cluster = new FakeCluster();
  const opened: ToolsServer[] = [];

  async function start(options: Partial<ToolsServerOptions> = {}): Promise<string> {
    const tools = await startToolsServer({
      host: "127.0.0.1", port: 0, key, version: "0.1.0", log: pino({ level: "silent" }),
      lifecycle: () => Promise.resolve(makeLifecycle({ api: connectKubernetes({ kubeconfigFile: cluster.kubeconfig }) })),
      ...options,
    });
    opened.push(tools);
    return `http://127.0.0.1:${tools.port}`;
  }

  before(() => cluster.start());
  beforeEach(() => {
    cluster.clear();
    cluster.addServer("notes", { replicas: 0 });
  });
  after(async () => {
    await Promise.all(opened.map((tools) => tools.stop()));
    await cluster.stop();
  });

  const waits: readonly (readonly [tool: string, replicas: number, input: object, status: string, message: string])[] = [
    ["start_mcp", 0, {}, "running", "waiting until it is ready"],
    ["scale_mcp", 0, { replicas: 2, wait_ready: true }, "running", "waiting until it is as wanted"],
    ["stop_mcp", 1, { force: true }, "stopped", "waiting until its pods are gone"],
  ];
  for (const [tool, replicas, input, status, message] of waits) {
    it(`tells a client that asks for it that ${tool} is still waited for`, async () => {
      cluster.clear();
      cluster.addServer("notes", { replicas });
      cluster.podsBecomeReady = false;
      cluster.controllersAreSlow = tool === "stop_mcp";
      cluster.refuse("DELETE", /pods/, 409);
      const url = await start({ progressMs: 10 });
      const client = new Client({ name: "ops", version: "1" });
      // The SDK's own class does not fit its own interface under exactOptionalPropertyTypes.
      await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", url), { requestInit: { headers } }) as Transport);
      const heard: (readonly [number, string | undefined])[] = [];
      const { structuredContent } = await client.callTool({ name: tool, arguments: { name: "notes", ...input } }, undefined, {
        timeout: 5_000,
        onprogress: (told) => {
          heard.push([told.progress, told.message]);
          if (heard.length === 3) cluster.makeReady();
        },
      });
      await client.close();
      expect(heard.slice(0, 3)).to.deep.equal([1, 2, 3].map((progress) => [progress, message]));
      expect(structuredContent).to.have.nested.property("results[0].server.status", status);
    });
  }

  it("says in each result where there is no cluster after all", async () => {
    const url = await start({ lifecycle: () => Promise.reject(new KubernetesError("no_cluster", "the kubeconfig cannot be read")) });
    for (const name of ["list_mcp_servers", "get_mcp_status"]) {
      const { message } = await callTool(url, "/mcp", name, name === "list_mcp_servers" ? {} : { name: "notes" }, { headers });
      expect(message.result).to.include({ isError: true }).and.to.have.nested.property("structuredContent.error.code", "api_error");
    }
  });

  const refused: readonly (readonly [what: string, path: string, asking: Parameters<typeof ask>[2], status: number])[] = [
    ["who has no key", "/mcp", { method: "POST", body: "{}" }, 403],
    ["who has another", "/mcp", { method: "POST", body: "{}", headers: { "x-mcp-mesh-tools-key": "other" } }, 403],
    ["another path", "/other", { method: "POST", body: "{}", headers }, 404],
    ["a stream, as nothing is told unasked", "/mcp", { headers: { ...headers, accept: "text/event-stream" } }, 405],
    ["a body that is too long", "/mcp", { method: "POST", body: " ".repeat(300_000), headers: { ...headers, "content-type": "application/json" } }, 413],
    ["what is no JSON", "/mcp", { method: "POST", body: "{", headers: { ...headers, "content-type": "application/json", accept: "application/json, text/event-stream" } }, 400],
  ];
  for (const [what, path, asking, status] of refused) {
    it(`refuses ${what} with ${status}`, async () => {
      expect((await ask(await start(), path, asking)).status).to.equal(status);
      expect(cluster.asked).to.deep.equal([]);
    });
  }

  it("does not start on a port that is in use", async () => {
    const url = await start();
    const failure = await start({ port: Number(new URL(url).port) }).then(() => undefined, (error: unknown) => error);
    expect(failure).to.be.instanceOf(ToolsServerError);
  });
});

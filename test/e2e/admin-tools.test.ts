/** End to end, with real Envoy and a Kubernetes API over HTTP: the mesh's own tools, for clients of both generations of the SDK and nobody without a key. */

import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect } from "chai";
import { FakeCluster } from "../fake-cluster.js";
import { ask, callTool, rpc } from "./ask.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";

const key = "ops-key-of-the-test";
const requestInit = { headers: { authorization: `Bearer ${key}` } };

interface Entry { readonly name: string; readonly server?: { readonly status: string; readonly replicas: number; readonly changed?: boolean }; readonly error?: { readonly code: string; readonly message: string; readonly status?: number } }
interface Called { readonly isError?: boolean; readonly structuredContent?: { readonly results?: readonly Entry[]; readonly servers?: readonly Entry["server"][]; readonly error?: Entry["error"] } }

/** What both generations have in common. */
interface ToolsClient {
  listTools(): Promise<{ readonly tools: readonly { readonly name: string; readonly annotations?: object; readonly outputSchema?: object; readonly inputSchema: object }[] }>;
  callTool(call: { readonly name: string; readonly arguments: Record<string, unknown> }): Promise<unknown>;
}

describe("the mesh's own tools", () => {
  const opened = closedAfterwards();
  const kubernetes = new FakeCluster();
  let mesh: Mesh;

  before(async () => {
    await kubernetes.start();
    await opened(Promise.resolve(kubernetes));
    mesh = await opened(startMesh({
      gateway: { admin: { id: "mesh-admin", auth: { api_keys: [{ client: "ops", key }] } } },
      env: { MCP_MESH_KUBERNETES: "on", MCP_MESH_KUBERNETES_DISCOVERY: "off", MCP_MESH_KUBECONFIG: kubernetes.kubeconfig },
      envoys: 2,
    }));
  });
  beforeEach(() => {
    kubernetes.clear();
    kubernetes.addServer("search");
    kubernetes.addServer("notes", { replicas: 0 });
  });

  const generations: readonly (readonly [string, () => Promise<{ readonly client: ToolsClient; stop(): Promise<void> }>])[] = [
    ["of the SDK's first generation", async () => {
      const client = new Client({ name: "ops", version: "1" });
      // The SDK's own class does not fit its own interface under exactOptionalPropertyTypes.
      await client.connect(new StreamableHTTPClientTransport(new URL("/mesh-admin", mesh.gatewayUrl), { requestInit }) as Transport);
      return { client: client as unknown as ToolsClient, stop: () => client.close() }; // Of each method only the part that both have is used.
    }],
    ["of its second, in 2026-07-28", async () => {
      const client = new NewClient({ name: "ops", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
      await client.connect(new NewTransport(new URL("/mesh-admin", mesh.gatewayUrl), { requestInit }));
      return { client: client as unknown as ToolsClient, stop: () => client.close() };
    }],
  ];
  for (const [generation, connect] of generations) {
    describe(`for a client ${generation}`, () => {
      let client: ToolsClient;
      before(async () => {
        client = (await opened(connect())).client;
      });
      const call = async (name: string, args: Record<string, unknown> = {}): Promise<Called> => (await client.callTool({ name, arguments: args })) as Called;
      const entries = ({ structuredContent }: Called): readonly string[] => (structuredContent?.results ?? []).map(({ name, server, error }) => `${name} ${server === undefined ? error?.code : `${server.status} ${server.replicas}`}`);

      it("are five, with schemas, and say what they do to the world", async () => {
        const { tools } = await client.listTools();
        expect(tools.map(({ name, annotations }) => [name, (annotations as { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean } | undefined)])).to.deep.equal([
          ["list_mcp_servers", { readOnlyHint: true, idempotentHint: true, destructiveHint: false, openWorldHint: false }],
          ["get_mcp_status", { readOnlyHint: true, idempotentHint: true, destructiveHint: false, openWorldHint: false }],
          ["start_mcp", { readOnlyHint: false, idempotentHint: true, destructiveHint: false, openWorldHint: false }],
          ["stop_mcp", { readOnlyHint: false, idempotentHint: true, destructiveHint: true, openWorldHint: false }],
          ["scale_mcp", { readOnlyHint: false, idempotentHint: true, destructiveHint: true, openWorldHint: false }],
        ]);
        expect(tools.every(({ inputSchema, outputSchema }) => "properties" in inputSchema && outputSchema !== undefined)).to.equal(true);
      });

      it("list, start, scale and stop", async () => {
        expect((await call("list_mcp_servers")).structuredContent?.servers?.map((server) => server?.status)).to.deep.equal(["stopped", "running"]);
        expect(entries(await call("start_mcp", { name: "notes" }))).to.deep.equal(["notes running 1"]);
        expect(entries(await call("scale_mcp", { name: ["notes", "search"], replicas: 3, wait_ready: true }))).to.deep.equal(["notes running 3", "search running 3"]);
        expect(entries(await call("get_mcp_status", { name: "notes" }))).to.deep.equal(["notes running 3"]);
        expect(entries(await call("stop_mcp", { name: "notes", force: true }))).to.deep.equal(["notes stopped 0"]);
      });

      it("tell their failures by type", async () => {
        kubernetes.podsBecomeReady = false;
        const failures: readonly (readonly [string, Record<string, unknown>, readonly string[]])[] = [
          ["get_mcp_status", { name: ["search", "nobody", "B_"] }, ["search running 1", "nobody not_found", "B_ invalid_input"]],
          ["start_mcp", { name: "notes", timeout: 0.2 }, ["notes timeout"]],
        ];
        for (const [name, args, expected] of failures) {
          const called = await call(name, args);
          expect(called.isError).to.equal(true);
          expect(entries(called)).to.deep.equal(expected);
        }
        expect((await call("scale_mcp", { name: "search", replicas: 11 })).structuredContent?.error?.code).to.equal("invalid_input");
        kubernetes.refuse("PATCH", /scale$/, 403);
        expect((await call("scale_mcp", { name: "search", replicas: 2 })).structuredContent?.results?.[0]?.error).to.include({ code: "api_error", status: 403 });
      });

      it("take no argument that they do not know", async () => {
        const refused = await call("stop_mcp", { name: "search", forced: true }).then(({ isError }) => isError === true, () => true);
        expect(refused).to.equal(true);
        expect(kubernetes.asked.filter(({ method }) => method !== "GET")).to.deep.equal([]);
      });
    });
  }

  it("are reached through every Envoy", async () => {
    for (const gatewayUrl of mesh.gatewayUrls) {
      const { status, message } = await rpc(gatewayUrl, "/mesh-admin", "tools/list", { headers: { authorization: `Bearer ${key}` } });
      expect({ status, tools: (message.result?.["tools"] as readonly unknown[]).length }).to.deep.equal({ status: 200, tools: 5 });
    }
  });

  it("stop waiting for a client that has hung up", async () => {
    kubernetes.podsBecomeReady = false;
    const calling = callTool(mesh.gatewayUrl, "/mesh-admin", "start_mcp", { name: "notes" }, { headers: { authorization: `Bearer ${key}` }, timeoutMs: 500 }).then(() => "answered", () => "hung up");
    await kubernetes.whenAsked((asked) => asked.some(({ path, query }) => path.endsWith("/deployments") && query.get("watch") === "true"));
    expect(await calling).to.equal("hung up");
    await kubernetes.whenNobodyWatches("deployments");
  });

  it("are for nobody without the key", async () => {
    for (const headers of [{}, { authorization: "Bearer other" }, { "x-mcp-mesh-tools-key": "guess" }]) expect((await rpc(mesh.gatewayUrl, "/mesh-admin", "tools/list", { headers })).status).to.equal(401);
    expect(kubernetes.asked.filter(({ query }) => query.get("labelSelector") !== null)).to.deep.equal([]);
  });

  it("are not to be had around the gateway", async () => {
    const { servers } = JSON.parse((await ask(mesh.adminUrl, "/status")).body) as { readonly servers: readonly { readonly id: string; readonly endpoints: readonly { readonly address: string }[] }[] };
    const address = servers.find(({ id }) => id === "mesh-admin")?.endpoints[0]?.address ?? "";
    for (const headers of [{}, { authorization: `Bearer ${key}` }, { "x-mcp-mesh-tools-key": "guess" }]) {
      expect((await ask(`http://${address}`, "/mcp", { method: "POST", headers: { "content-type": "application/json", ...headers }, body: "{}" })).status).to.equal(403);
    }
  });

  it("keep their key out of what is shown", async () => {
    const dump = (await ask(mesh.adminUrl, "/config_dump")).body;
    const [, value] = /"key":"x-mcp-mesh-tools-key","value":"([^"]*)"/.exec(dump) ?? [];
    expect(value).to.equal("[redacted]");
    expect(dump).not.to.include(key);
  });
});

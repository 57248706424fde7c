/** End to end: the older transports, through Envoy to two workers, spoken by the SDKs' clients. */

import { join } from "node:path";
import { Client as LaterClient, SSEClientTransport as LaterSse, StreamableHTTPClientTransport as LaterStreamable } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect } from "chai";
import { WebSocket } from "ws";
import { projectRoot } from "../../protos/project-root.js";
import { ask, open } from "./ask.js";
import { EventReader } from "./fixtures/streams.js";
import { closedAfterEach, closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";

describe("e2e: transports of stdio servers", () => {
  const opened = closedAfterwards();
  const openedHere = closedAfterEach();
  let mesh: Mesh;

  before(async function () {
    this.timeout(90_000);
    // The SDK's transport wants the browser's WebSocket, which Node has from version 22 on; ws has the same interface.
    Object.assign(globalThis, { WebSocket });
    mesh = await opened(startMesh({ workers: 2 }));
    await mesh.serve({ everything: { type: "stdio", cmd: [process.execPath, join(projectRoot, "node_modules/@modelcontextprotocol/server-everything/dist/index.js"), "stdio"], pool: { min: 1, max: 12 } } });
    await mesh.untilServed("everything");
  });

  const url = (path: string): URL => new URL(path, mesh.gatewayUrl);
  const socketUrl = (path: string): URL => new URL(path, mesh.gatewayUrl.replace("http", "ws"));

  async function connect(transport: Transport): Promise<Client> {
    const client = new Client({ name: "e2e", version: "1" });
    await client.connect(transport);
    await openedHere({ stop: () => client.close() });
    return client;
  }

  // The casts: the SDK's own classes do not fit its own interface under exactOptionalPropertyTypes.
  const transports: readonly (readonly [string, () => Transport])[] = [
    ["HTTP+SSE", () => new SSEClientTransport(url("/everything/sse")) as Transport],
    ["WebSocket", () => new WebSocketClientTransport(socketUrl("/everything")) as Transport],
    ["WebSocket at /ws", () => new WebSocketClientTransport(socketUrl("/everything/ws")) as Transport],
    ["Streamable HTTP", () => new StreamableHTTPClientTransport(url("/everything")) as Transport],
  ];
  for (const [name, makeTransport] of transports) {
    it(`${name}: many clients at once, each answered by its own session`, async function () {
      this.timeout(60_000);
      const clients = await Promise.all(Array.from({ length: 4 }, () => connect(makeTransport())));
      await Promise.all(clients.flatMap((client, who) => Array.from({ length: 5 }, async (_, index) => {
        const message = `${who}-${index}`;
        expect(JSON.stringify(await client.callTool({ name: "echo", arguments: { message } }))).to.include(`Echo: ${message}`);
      })));
      const steps: number[] = [];
      await clients[0]?.callTool({ name: "trigger-long-running-operation", arguments: { duration: 0.3, steps: 3 } }, undefined, { onprogress: ({ progress }) => steps.push(progress) });
      // The last comes together with the answer, and then the SDK may have forgotten the listener already.
      expect(steps).to.have.length.of.at.least(2);
      expect([1, 2, 3]).to.deep.equal([...steps, 3].slice(0, 3));
    });
  }

  it("the later SDK's clients speak HTTP+SSE and Streamable HTTP", async function () {
    this.timeout(60_000);
    for (const transport of [new LaterSse(url("/everything/sse")), new LaterStreamable(url("/everything"))]) {
      const client = new LaterClient({ name: "e2e", version: "1" });
      await client.connect(transport);
      expect(JSON.stringify(await client.callTool({ name: "echo", arguments: { message: "later" } }))).to.include("Echo: later");
      await client.close();
    }
  });

  it("HTTP+SSE: the endpoint is the gateway's path, and a session of a worker that is not there is not found", async () => {
    const stream = await open(mesh.gatewayUrl, "/everything/sse", { headers: { accept: "text/event-stream" } });
    const reader = new EventReader(stream);
    const data = await reader.next();
    expect(data).to.match(/^\/everything\/messages\?sessionId=/);
    stream.destroy();
    const gone = `${Buffer.from("127.0.0.1:1").toString("base64")};UV:${Buffer.from("x").toString("base64")}`;
    const message = { method: "POST", headers: { "content-type": "application/json" }, body: '{"jsonrpc":"2.0","id":"gone","method":"ping"}' };
    const unknown = await ask(mesh.gatewayUrl, `/everything/messages?sessionId=${gone}`, message);
    expect(unknown.status).to.equal(404);
    expect(JSON.parse(unknown.body)).to.include({ id: "gone" });
    expect((await ask(mesh.gatewayUrl, "/everything/messages", message)).status).to.equal(400);
  });
});

/** End to end: clients of 2026-07-28 at stdio servers of that revision and of older ones, over two workers behind Envoy. */

import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { eventsOf, type RpcMessage } from "../stdio-bridge/bridge.js";
import { ModernPeer } from "../stdio-bridge/modern-peer.js";
import { closedAfterEach, closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: stdio servers and clients of 2026-07-28", () => {
  const opened = closedAfterwards();
  const openedHere = closedAfterEach();
  let mesh: Mesh;
  const fixture = [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/two-era-server.mjs")];

  before(async function () {
    this.timeout(90_000);
    mesh = await opened(startMesh({ workers: 2 }));
    await mesh.serve({
      modern: { type: "stdio", cmd: [...fixture, "--modern-only", "--own-key"], pool: { max: 3 } },
      elder: { type: "stdio", cmd: [...fixture, "--legacy-only"], pool: { max: 8 } },
      one: { type: "stdio", cmd: fixture, isolation: "shared", pool: { min: 1, max: 1 } },
    });
    for (const id of ["modern", "elder", "one"]) await mesh.untilServed(id);
  });

  async function connect(id: string, name = "Ada"): Promise<Client> {
    const client = new Client({ name: "e2e", version: "1" }, { versionNegotiation: { mode: "auto" }, capabilities: { sampling: {}, elicitation: {} } });
    client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name } }));
    client.setRequestHandler("sampling/createMessage", () => ({ model: "none", role: "assistant", content: { type: "text", text: `sampled by ${name}` } }));
    await client.connect(new StreamableHTTPClientTransport(new URL(`${mesh.gatewayUrl}/${id}`)));
    await openedHere({ stop: () => client.close() });
    expect(client.getNegotiatedProtocolVersion()).to.equal("2026-07-28");
    return client;
  }

  const textOf = (result: unknown): string => (result as { readonly content: readonly { readonly text: string }[] }).content.map(({ text }) => text).join();
  const capabilities = { elicitation: {}, sampling: {} };
  const greet = (peer: ModernPeer, more: object = {}): Promise<RpcMessage> => peer.ask("tools/call", { name: "greet", arguments: {}, ...more }, { capabilities });
  const answersTo = ({ result }: RpcMessage): object => {
    const { requestState, inputRequests } = result as { readonly requestState: string; readonly inputRequests: object };
    return { requestState, inputResponses: Object.fromEntries(Object.keys(inputRequests).map((key) => [key, { action: "accept", content: { name: "Bob" } }])) };
  };

  for (const id of ["modern", "elder", "one"]) {
    it(`${id}: serves many clients at once, each what is its own`, async function () {
      this.timeout(60_000);
      const clients = await Promise.all(["Ann", "Bea", "Cyd", "Dot"].map(async (name) => ({ name, client: await connect(id, name) })));
      await Promise.all(clients.flatMap(({ name, client }) => Array.from({ length: 5 }, async (_, index) => {
        const steps: number[] = [];
        expect(textOf(await client.callTool({ name: "echo", arguments: { message: `${name} ${index}` } }))).to.equal(`${name} ${index}`);
        expect(textOf(await client.callTool({ name: "count", arguments: { to: index + 1 } }, { onprogress: ({ progress }) => steps.push(progress) }))).to.equal(String(index + 1));
        expect(steps).to.have.length(index + 1);
      })));
    });
  }

  for (const id of ["modern", "elder"]) {
    it(`${id}: a retry reaches the process that asked, over whichever worker it comes`, async function () {
      this.timeout(60_000);
      const peer = new ModernPeer(mesh.gatewayUrl, id);
      // Each retry is balanced by itself, so that half of them come to the other worker.
      for (let round = 0; round < 12; round++) {
        const asked = await greet(peer);
        const [, asker, answerer] = /^hello Bob, asked by (\d+), answered by (\d+)$/.exec(textOf((await greet(peer, answersTo(asked))).result)) ?? ["no greeting"];
        expect(asker).to.be.a("string").and.equal(answerer);
      }
      const client = await connect(id);
      expect(textOf(await client.callTool({ name: "greet" }))).to.match(/^hello Ada/);
      expect(textOf(await client.callTool({ name: "sample" }))).to.include("sampled by Ada");
    });

    it(`${id}: tells a listener what it asked for, and cancels what its client has hung up on`, async function () {
      this.timeout(60_000);
      const peer = new ModernPeer(mesh.gatewayUrl, id);
      const stop = new AbortController();
      const listening = await peer.post("subscriptions/listen", { notifications: { toolsListChanged: true } }, { signal: stop.signal, rawId: '"listening"' });
      const events = eventsOf(listening);
      expect((await events.next()).value).to.have.property("method", "notifications/subscriptions/acknowledged");
      const news = events.next();
      let isTold = false;
      void news.then(() => (isTold = true), () => undefined);
      // The change has to happen where it is listened to: at one of several processes.
      await until("the listener to be told", async () => {
        await peer.ask("tools/call", { name: "change", arguments: {} });
        return isTold;
      });
      expect((await news).value).to.deep.include({ method: "notifications/tools/list_changed", params: { _meta: { "io.modelcontextprotocol/subscriptionId": "listening" } } });
      stop.abort();

      const hangUp = new AbortController();
      await peer.post("tools/call", { name: "hang", arguments: { nonce: `${id} nonce` } }, { signal: hangUp.signal, meta: { progressToken: 1 } });
      hangUp.abort();
      await until("the process to hear that it is cancelled", async () => textOf((await peer.ask("tools/call", { name: "cancelled", arguments: {} })).result).includes(`${id} nonce`));
    });
  }

  it("sessions and requests without one take turns at a process that there is only one of", async function () {
    this.timeout(60_000);
    const elder = new Client({ name: "elder", version: "1" }, { versionNegotiation: { mode: "legacy" } });
    await elder.connect(new StreamableHTTPClientTransport(new URL(`${mesh.gatewayUrl}/one`)));
    await openedHere({ stop: () => elder.close() });
    const modern = await connect("one");
    for (let turn = 0; turn < 3; turn++) {
      expect(textOf(await elder.callTool({ name: "echo", arguments: { message: `elder ${turn}` } }))).to.equal(`elder ${turn}`);
      expect(textOf(await modern.callTool({ name: "echo", arguments: { message: `modern ${turn}` } }))).to.equal(`modern ${turn}`);
    }
  });

  it("says so when the worker that asked is gone, and serves on by the other", async function () {
    this.timeout(60_000);
    const peer = new ModernPeer(mesh.gatewayUrl, "modern");
    const asked = await Promise.all(Array.from({ length: 20 }, () => greet(peer)));
    await mesh.kill("bridge-2");
    const outcomes = await until("all retries to be answered by the other worker", async () => {
      const answers = await Promise.all(asked.map((message) => greet(peer, answersTo(message))));
      return answers.every(({ result, error }) => result !== undefined || error?.message.includes("begin it anew") === true) && answers;
    });
    expect(outcomes.some(({ error }) => error !== undefined)).to.equal(true);
    expect(textOf((await peer.ask("tools/call", { name: "echo", arguments: { message: "on" } })).result)).to.equal("on");
  });
});

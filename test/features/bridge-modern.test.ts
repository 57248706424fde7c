/** Clients and processes of 2026-07-28 over a running bridge: requests without sessions, on processes that they share. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { answerOf, Bridge, eventsOf, isAlive, until, type RpcMessage } from "../stdio-bridge/bridge.js";
import { Heard } from "../stdio-bridge/heard.js";
import { ModernPeer } from "../stdio-bridge/modern-peer.js";

const twoEraServer = [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/two-era-server.mjs")];

describe("bridge: 2026-07-28 to processes of 2026-07-28", () => {
  let bridge: Bridge;
  let peer: ModernPeer;
  const clients: Client[] = [];

  before(async () => {
    bridge = await Bridge.start();
    await bridge.serve("both", { command: twoEraServer, pool: { max: 4 } });
    await bridge.serve("modern", { command: [...twoEraServer, "--modern-only", "--own-key"], pool: { max: 4 }, shared: { concurrency: 2 } });
    await bridge.serve("single", { command: [...twoEraServer, "--own-key"], pool: { max: 1, queue_max: 2 }, shared: { concurrency: 2 } });
    peer = new ModernPeer(bridge.url, "both");
  });
  after(() => bridge.stop());
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });

  async function connect(server: string): Promise<Client> {
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } }, capabilities: { sampling: {}, elicitation: {} } });
    client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name: "Ada" } }));
    client.setRequestHandler("sampling/createMessage", () => ({ model: "none", role: "assistant", content: { type: "text", text: "sampled" } }));
    clients.push(client);
    await client.connect(new StreamableHTTPClientTransport(new URL(`${bridge.url}/${server}`)));
    return client;
  }

  const textOf = (result: unknown): string => (result as { readonly content: readonly { readonly text: string }[] }).content.map(({ text }) => text).join();

  for (const server of ["both", "modern"]) {
    it(`serves the SDK's client: ${server}`, async () => {
      const client = await connect(server);
      expect(client.getServerCapabilities()).to.have.property("tools");
      expect((await client.listTools()).tools.map(({ name }) => name)).to.include.members(["pid", "greet"]);
      expect(textOf(await client.callTool({ name: "echo", arguments: { message: "hällo" } }))).to.equal("hällo");
      expect((await client.readResource({ uri: "note://1" })).contents).to.have.length(1);
      expect((await client.getPrompt({ name: "ask", arguments: { about: "it" } })).messages).to.have.length(1);
    });
  }

  it("carries progress to the call that asked for it, and to no other", async () => {
    const client = await connect("both");
    const count = async (to: number): Promise<readonly number[]> => {
      const heard: number[] = [];
      await client.callTool({ name: "count", arguments: { to } }, { onprogress: ({ progress }) => heard.push(progress) });
      return heard;
    };
    expect(await Promise.all([count(3), count(1), count(2)])).to.deep.equal([[1, 2, 3], [1], [1, 2]]);
  });

  it("goes on with a call that asked for input at the very process that asked", async () => {
    const clients = await Promise.all([1, 2, 3, 4, 5, 6].map(() => connect("modern")));
    for (const said of await Promise.all(clients.map((client) => client.callTool({ name: "greet" })))) {
      const [, asked, answered] = /^hello Ada, asked by (\d+), answered by (\d+)$/.exec(textOf(said)) ?? [textOf(said)];
      expect(asked).to.be.a("string").and.equal(answered);
    }
  });

  it("restores the process' state to the byte, and refuses one that was tampered with", async () => {
    const first = await peer.ask("tools/call", { name: "greet", arguments: {} }, { capabilities: { elicitation: {} } });
    const { requestState, resultType } = first.result as { readonly requestState: string; readonly resultType: string };
    expect(resultType).to.equal("input_required");
    const inputResponses = { who: { action: "accept", content: { name: "Bob" } } };
    const again = await peer.ask("tools/call", { name: "greet", arguments: {}, requestState, inputResponses }, { capabilities: { elicitation: {} } });
    expect(textOf(again.result)).to.match(/^hello Bob/);
    const broken = `${requestState.slice(0, -8)}AAAAAAAA`;
    expect((await peer.ask("tools/call", { name: "greet", arguments: {}, requestState: broken, inputResponses })).error).to.include({ code: -32602 });
  });

  it("says so when the process that asked is gone, and runs nothing", async () => {
    const single = new ModernPeer(bridge.url, "single");
    const first = await single.ask("tools/call", { name: "greet", arguments: {} }, { capabilities: { elicitation: {} } });
    const { requestState } = first.result as { readonly requestState: string };
    expect((await single.ask("tools/call", { name: "die", arguments: {} })).error).to.include({ code: -32000 });
    const again = await single.ask("tools/call", { name: "greet", arguments: {}, requestState, inputResponses: { who: { action: "accept", content: { name: "Bob" } } } });
    expect(again.error?.message).to.include("is gone").and.include("begin it anew");
    expect((await single.ask("tools/call", { name: "pid", arguments: {} })).error).to.equal(undefined);
  });

  it("tells listeners what they asked for, under their own ids, until they leave", async () => {
    const heard = new Heard<string>();
    const client = await connect("single");
    client.setNotificationHandler("notifications/tools/list_changed", () => heard.hear("tools"));
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => heard.hear(params.uri));
    const subscription = await client.listen({ toolsListChanged: true, resourceSubscriptions: ["note://1"] });
    expect(subscription.honoredFilter).to.deep.equal({ toolsListChanged: true, resourceSubscriptions: ["note://1"] });
    const other = await connect("single");
    await other.callTool({ name: "change" });
    await heard.any((what) => what === "tools");
    await heard.any((what) => what === "note://1");
    await subscription.close();
    expect(await subscription.closed).to.equal("local");
  });

  it("keeps an id that is a string, or a large number, in all that it says of a subscription", async () => {
    const single = new ModernPeer(bridge.url, "single");
    for (const id of ['"listen:1"', "12345678901234567890"]) {
      const stop = new AbortController();
      const stream = await single.post("subscriptions/listen", { notifications: { toolsListChanged: true } }, { rawId: id, signal: stop.signal });
      expect(stream.headers.get("content-type")).to.equal("text/event-stream");
      const reader = stream.body?.getReader();
      const text = new TextDecoder().decode((await reader?.read())?.value);
      expect(text).to.include(`"io.modelcontextprotocol/subscriptionId":${id}`);
      stop.abort();
    }
  });

  it("gives log messages to the request that asked for them", async () => {
    const stream = await peer.post("tools/call", { name: "count", arguments: { to: 2 } }, { meta: { "io.modelcontextprotocol/logLevel": "debug" } });
    const messages: RpcMessage[] = [];
    for await (const message of eventsOf(stream)) messages.push(message);
    expect(messages.map(({ method, params }) => [method, params?.["data"]])).to.deep.equal([
      ["notifications/message", "counted to 1"], ["notifications/message", "counted to 2"], [undefined, undefined],
    ]);
    const without = await peer.post("tools/call", { name: "count", arguments: { to: 2 } });
    expect(without.headers.get("content-type")).to.equal("application/json");
  });

  it("cancels at the process what its client has hung up on", async () => {
    const single = new ModernPeer(bridge.url, "single");
    const stop = new AbortController();
    // Its answer begins with the progress that says that it runs.
    await single.post("tools/call", { name: "hang", arguments: { nonce: "n1" } }, { signal: stop.signal, meta: { progressToken: "t" } });
    stop.abort();
    await until(async () => textOf((await single.ask("tools/call", { name: "cancelled", arguments: {} })).result).includes("n1"), "the process has heard of it");
  });

  it("answers at once for all that a process had open when it dies, and serves on", async () => {
    const modern = new ModernPeer(bridge.url, "single");
    const pid = Number(textOf((await modern.ask("tools/call", { name: "pid", arguments: {} })).result));
    const listening = await modern.post("subscriptions/listen", { notifications: { toolsListChanged: true } });
    const events = eventsOf(listening);
    expect((await events.next()).value).to.have.property("method", "notifications/subscriptions/acknowledged");
    expect((await modern.ask("tools/call", { name: "die", arguments: {} })).error?.message).to.include("ended with exit code 7");
    expect((await events.next()).value).to.have.nested.property("error.code", -32000);
    expect((await events.next()).done).to.equal(true);
    await until(() => !isAlive(pid), "the process is gone");
    expect((await modern.ask("tools/call", { name: "pid", arguments: {} })).error).to.equal(undefined);
  });

  for (const flags of [[], ["--legacy-only"]]) {
    it(`goes on by a changed command: ends what listens, lets what is under way end, and begins anew there: ${flags.join() || "2026-07-28"}`, async () => {
      const command = [...twoEraServer, ...flags];
      const changing = new ModernPeer(bridge.url, "changing");
      await bridge.serve("changing", { command, pool: { max: 4 } });
      const pid = async (): Promise<string> => textOf((await changing.ask("tools/call", { name: "pid", arguments: {} })).result);
      const before = await pid();
      const events = eventsOf(await changing.post("subscriptions/listen", { notifications: { toolsListChanged: true } }, { rawId: '"l"' }));
      expect((await events.next()).value).to.have.property("method", "notifications/subscriptions/acknowledged");
      const asked = await changing.ask("tools/call", { name: "greet", arguments: {} }, { capabilities: { elicitation: {} } });
      const stop = new AbortController();
      await changing.post("tools/call", { name: "hang", arguments: { nonce: "n" } }, { signal: stop.signal, meta: { progressToken: "t" } });
      await bridge.serve("changing", { command: [...command, "--again"], pool: { max: 4 } });
      expect((await events.next()).value).to.deep.equal({ jsonrpc: "2.0", id: "l", result: { resultType: "complete", _meta: { "io.modelcontextprotocol/subscriptionId": "l" } } });
      expect((await events.next()).done).to.equal(true);
      expect(await pid()).to.not.equal(before);
      expect(isAlive(Number(before))).to.equal(true);
      const { requestState, inputRequests } = asked.result as { readonly requestState: string; readonly inputRequests: object };
      const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, { action: "accept", content: { name: "Bob" } }]));
      expect(textOf((await changing.ask("tools/call", { name: "greet", arguments: {}, requestState, inputResponses })).result)).to.match(/^hello Bob/);
      stop.abort();
      await until(() => !isAlive(Number(before)), "the process of the old command to go with its last request");
      const again = eventsOf(await changing.post("subscriptions/listen", { notifications: { toolsListChanged: true } }, { rawId: '"m"' }));
      await again.next();
      bridge.xds.remove("changing");
      expect((await again.next()).value).to.have.nested.property("result.resultType", "complete");
    });
  }

  it("answers with the status that the revision says", async () => {
    const statusOf = async (method: string, params: Readonly<Record<string, unknown>> = {}, more: Parameters<ModernPeer["post"]>[2] = {}): Promise<readonly [number, number | undefined]> => {
      const response = await peer.post(method, params, more);
      return [response.status, (await answerOf(response)).error?.code];
    };
    expect(await statusOf("tools/list")).to.deep.equal([200, undefined]);
    expect(await statusOf("no/such")).to.deep.equal([404, -32601]);
    expect(await statusOf("initialize")).to.deep.equal([404, -32601]);
    expect(await statusOf("ping")).to.deep.equal([404, -32601]);
    expect(await statusOf("tools/call", { name: "greet", arguments: {} }, { capabilities: {} })).to.deep.equal([400, -32021]);
    expect(await statusOf("tools/call", { name: "no such", arguments: {} })).to.deep.equal([200, -32602]);
    expect(await statusOf("tools/list", {}, { version: "2099-01-01" })).to.deep.equal([400, -32022]);
    expect(await statusOf("tools/list", {}, { headers: { "mcp-method": "tools/call" } })).to.deep.equal([400, -32020]);
    const gets = await Promise.all(["GET", "DELETE"].map((method) => fetch(`${bridge.url}/both`, { method, headers: { "mcp-protocol-version": "2026-07-28", accept: "text/event-stream" } })));
    expect(gets.map(({ status }) => status)).to.deep.equal([405, 405]);
    const told = await fetch(`${bridge.url}/both`, {
      method: "POST", body: '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}',
      headers: { "content-type": "application/json", "mcp-protocol-version": "2026-07-28" },
    });
    expect(told.status).to.equal(202);
  });

  it("compares the arguments that a tool wants in headers too", async () => {
    const fixture = join(projectRoot, "dist/test/conformance/fixture/stdio.js");
    await bridge.serve("headers", { command: [process.execPath, fixture], env: { CONFORMANCE_STATE_KEY: "a key of 32 bytes or more for states" }, pool: { max: 1 } });
    const asker = new ModernPeer(bridge.url, "headers");
    const statusOf = async (headers: Readonly<Record<string, string>>, region: unknown = "eu", tool = "test_custom_headers"): Promise<readonly [number, number | undefined]> => {
      const response = await asker.post("tools/call", { name: tool, arguments: { region } }, { headers });
      return [response.status, (await answerOf(response)).error?.code];
    };
    const answers = await Promise.all([statusOf({ "mcp-param-region": "eu" }), statusOf({}), statusOf({ "mcp-param-region": "us" }), statusOf({ "mcp-param-region": "=?base64?ZXU?=" }), statusOf({ "Mcp-Param-Region": "=?base64?ZXU=?=" })]);
    expect(answers).to.deep.equal([[200, undefined], [400, -32020], [400, -32020], [400, -32020], [200, undefined]]);
    expect(await statusOf({}, "eu", "test_simple_text")).to.deep.equal([200, undefined]);
  });

  it("gives a call that still waits to learn of the tools to the command that came into force in the meantime", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mcp-mesh-modern-"));
    const gate = join(folder, "gate");
    const lister = (version: string): string[] => [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/slow-lister.mjs"), gate, version];
    await bridge.serve("changing", { command: lister("old"), pool: { max: 2 } });
    const calling = new ModernPeer(bridge.url, "changing").ask("tools/call", { name: "version", arguments: {} });
    await bridge.logs.any((line) => JSON.stringify(line).includes("asked for the list"));
    await bridge.serve("changing", { command: lister("new"), pool: { max: 2 } });
    await writeFile(gate, "");
    expect(textOf((await calling).result)).to.equal("new");
    await rm(folder, { recursive: true });
  });
});

/** Clients of 2026-07-28 at stdio servers that know only sessions: what such a client can do elsewhere it can do here. */

import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { Bridge, eventsOf, oddServer, until, type RpcMessage } from "../stdio-bridge/bridge.js";
import { Heard } from "../stdio-bridge/heard.js";
import { ModernPeer } from "../stdio-bridge/modern-peer.js";

const elderServer = [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/two-era-server.mjs"), "--legacy-only"];
const everything = [process.execPath, join(projectRoot, "node_modules/@modelcontextprotocol/server-everything/dist/index.js"), "stdio"];

describe("bridge: 2026-07-28 to processes of older revisions", () => {
  let bridge: Bridge;
  const clients: Client[] = [];

  before(async () => {
    bridge = await Bridge.start();
    await bridge.serve("session", { command: elderServer, pool: { max: 4 } });
    await bridge.serve("shared", { command: elderServer, pool: { max: 1 }, shared: { concurrency: 8 } });
    await bridge.serve("everything", { command: everything, pool: { max: 2 } });
    await bridge.serve("odd", { command: oddServer, pool: { max: 1 }, shared: { concurrency: 8 } });
  });
  after(() => bridge.stop());
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });

  async function connect(server: string, name = "Ada"): Promise<Client> {
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } }, capabilities: { sampling: {}, elicitation: {} } });
    client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name } }));
    client.setRequestHandler("sampling/createMessage", () => ({ model: "none", role: "assistant", content: { type: "text", text: `sampled by ${name}` } }));
    clients.push(client);
    await client.connect(new StreamableHTTPClientTransport(new URL(`${bridge.url}/${server}`)));
    return client;
  }

  const textOf = (result: unknown): string => (result as { readonly content: readonly { readonly text: string }[] }).content.map(({ text }) => text).join();

  for (const server of ["session", "shared"]) {
    it(`serves the SDK's client: ${server}`, async () => {
      const client = await connect(server);
      expect(client.getServerVersion()).to.include({ name: "two-era" });
      expect(client.getInstructions()).to.equal("ask it for its pid");
      expect((await client.listTools()).tools.map(({ name }) => name)).to.include.members(["pid", "greet"]);
      expect(textOf(await client.callTool({ name: "echo", arguments: { message: "hällo" } }))).to.equal("hällo");
      expect((await client.listResources()).resources).to.have.length(1);
      expect((await client.listResourceTemplates()).resourceTemplates).to.deep.equal([]);
      expect((await client.readResource({ uri: "note://1" })).contents).to.have.length(1);
      expect((await client.listPrompts()).prompts).to.have.length(1);
      expect((await client.getPrompt({ name: "ask", arguments: { about: "it" } })).messages).to.have.length(1);
    });

    it(`carries progress to the call that asked for it: ${server}`, async () => {
      const client = await connect(server);
      const heard: number[] = [];
      await client.callTool({ name: "count", arguments: { to: 3 } }, { onprogress: ({ progress }) => heard.push(progress) });
      expect(heard).to.deep.equal([1, 2, 3]);
    });

    it(`asks the client by the answer, and goes on with the very call: ${server}`, async () => {
      const client = await connect(server);
      expect(textOf(await client.callTool({ name: "greet" }))).to.match(/^hello Ada/);
      expect(textOf(await client.callTool({ name: "sample" }))).to.include("sampled by Ada");
    });

    it(`tells listeners of lists and resources until they leave: ${server}`, async () => {
      const heard = new Heard<string>();
      const client = await connect(server);
      client.setNotificationHandler("notifications/tools/list_changed", () => heard.hear("tools"));
      client.setNotificationHandler("notifications/resources/updated", ({ params }) => heard.hear(params.uri));
      const subscription = await client.listen({ toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: ["note://1"] });
      expect(subscription.honoredFilter).to.deep.include({ toolsListChanged: true, resourceSubscriptions: ["note://1"] });
      await (await connect(server)).callTool({ name: "change" });
      await heard.any((what) => what === "tools");
      await heard.any((what) => what === "note://1");
      await subscription.close();
    });
  }

  it("serves the SDK's client that finds out by itself, and a real server", async () => {
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
    clients.push(client);
    await client.connect(new StreamableHTTPClientTransport(new URL(`${bridge.url}/everything`)));
    expect(client.getNegotiatedProtocolVersion()).to.equal("2026-07-28");
    expect(textOf(await client.callTool({ name: "echo", arguments: { message: "hello" } }))).to.include("hello");
    expect((await client.listTools()).tools.length).to.be.greaterThan(3);
    expect((await client.complete({ ref: { type: "ref/prompt", name: "completable-prompt" }, argument: { name: "department", value: "E" } })).completion.values).to.include("Engineering");
  });

  it("passes what the client sends to the byte, but for the id, and answers under the client's own", async () => {
    const odd = new ModernPeer(bridge.url, "odd");
    for (const id of ['"x\\u0041"', "12345678901234567890", "0", "-1"]) {
      const params = '{"a":12345678901234567890,"b":1.0,"c":1e400,"d":-0,"a":"twice","e":"\\ud800\\/\\u0041","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{ }}}';
      const answer = await (await odd.send(`{"jsonrpc":"2.0","id":${id},"method":"received","params":${params}}`, "received")).text();
      expect(answer.startsWith(`{"jsonrpc":"2.0","id":${id},`)).to.equal(true);
      const { result } = JSON.parse(answer) as { readonly result: { readonly line: string; readonly resultType: string } };
      expect(result.resultType).to.equal("complete");
      expect(Buffer.from(result.line, "base64").toString("utf8").replace(/"id":\d+/, '"id":N')).to.equal(`{"jsonrpc":"2.0","id":N,"method":"received","params":${params}}`);
    }
  });

  it("passes the codes of errors, and has statuses of its own only for the protocol's", async () => {
    const peer = new ModernPeer(bridge.url, "session");
    const statusOf = async (method: string, params: Readonly<Record<string, unknown>> = {}): Promise<readonly [number, number | undefined]> => {
      const response = await peer.post(method, params);
      return [response.status, (JSON.parse(await response.text()) as RpcMessage).error?.code];
    };
    expect(await statusOf("no/such")).to.deep.equal([404, -32601]);
    expect(await statusOf("tasks/get", { taskId: "t" })).to.deep.equal([400, -32020]);
    expect(await statusOf("resources/read", { uri: "note://none" })).to.deep.equal([200, -32602]);
    expect(await statusOf("resources/subscribe", { uri: "note://1" })).to.deep.equal([404, -32601]);
  });

  it("gives log messages to the request that asked for them, from its level on", async () => {
    const peer = new ModernPeer(bridge.url, "session");
    const count = async (level: string | undefined): Promise<readonly unknown[]> => {
      const messages: RpcMessage[] = [];
      const response = await peer.post("tools/call", { name: "count", arguments: { to: 2 } }, { meta: level === undefined ? {} : { "io.modelcontextprotocol/logLevel": level } });
      if (response.headers.get("content-type") !== "text/event-stream") return [];
      for await (const message of eventsOf(response)) messages.push(message);
      return messages.flatMap(({ params }) => (params === undefined ? [] : [params["data"]]));
    };
    expect(await count("debug")).to.deep.equal(["counted to 1", "counted to 2"]);
    expect(await count("error")).to.deep.equal([]);
    expect(await count(undefined)).to.deep.equal([]);
  });

  it("refuses the process what the client does not offer", async () => {
    const peer = new ModernPeer(bridge.url, "session");
    const answer = await peer.ask("tools/call", { name: "greet", arguments: {} }, { capabilities: { sampling: {} } });
    expect(JSON.stringify(answer)).to.include("does not offer elicitation");
  });

  it("goes on with a call once, by the state that it gave last, and for the same tool", async () => {
    const peer = new ModernPeer(bridge.url, "session");
    const capabilities = { elicitation: {} };
    const inputResponses = (asked: RpcMessage): object => {
      const { inputRequests } = asked.result as { readonly inputRequests: object };
      return Object.fromEntries(Object.keys(inputRequests).map((key) => [key, { action: "accept", content: { name: "Bob" } }]));
    };
    const asked = await peer.ask("tools/call", { name: "greet", arguments: {} }, { capabilities });
    const { requestState, resultType } = asked.result as { readonly requestState: string; readonly resultType: string };
    expect(resultType).to.equal("input_required");
    const retry = { arguments: {}, requestState, inputResponses: inputResponses(asked) };
    expect((await peer.ask("tools/call", { name: "echo", ...retry })).error).to.include({ code: -32602 });
    expect(textOf((await peer.ask("tools/call", { name: "greet", ...retry }, { rawId: '"another id"' })).result)).to.match(/^hello Bob/);
    expect((await peer.ask("tools/call", { name: "greet", ...retry })).error?.message).to.include("answered already");
  });

  it("leaves a process alone while a client is asked, so that another can be asked by the next", async () => {
    const peer = new ModernPeer(bridge.url, "session");
    const greet = (more: object = {}): Promise<RpcMessage> => peer.ask("tools/call", { name: "greet", arguments: {}, ...more }, { capabilities: { elicitation: {} } });
    const asked = [await greet(), await greet(), await greet()];
    const greetings = await Promise.all(asked.map(({ result }) => {
      const { requestState, inputRequests } = result as { readonly requestState: string; readonly inputRequests: object };
      return greet({ requestState, inputResponses: Object.fromEntries(Object.keys(inputRequests).map((key) => [key, { action: "accept", content: { name: "Eve" } }])) });
    }));
    expect(new Set(greetings.map(({ result }) => /asked by (\d+)/.exec(textOf(result))?.[1])).size).to.equal(3);
  });

  it("asks again for what the client has not answered", async () => {
    const peer = new ModernPeer(bridge.url, "session");
    const first = await peer.ask("tools/call", { name: "greet", arguments: {} }, { capabilities: { elicitation: {} } });
    const { requestState, inputRequests } = first.result as { readonly requestState: string; readonly inputRequests: object };
    const again = await peer.ask("tools/call", { name: "greet", arguments: {}, requestState, inputResponses: {} });
    expect(again.result).to.deep.include({ resultType: "input_required", inputRequests });
    expect((again.result as { readonly requestState: string }).requestState).to.not.equal(requestState);
  });

  it("cancels at the process what its client has hung up on", async () => {
    const peer = new ModernPeer(bridge.url, "shared");
    const stop = new AbortController();
    await peer.post("tools/call", { name: "hang", arguments: { nonce: "n1" } }, { signal: stop.signal, meta: { progressToken: "t" } });
    stop.abort();
    await until(async () => textOf((await peer.ask("tools/call", { name: "cancelled", arguments: {} })).result).includes("n1"), "the process has heard of it");
  });

  it("answers at once for all that a process had open when it dies, and keeps who listens", async () => {
    const peer = new ModernPeer(bridge.url, "shared");
    const listening = await peer.post("subscriptions/listen", { notifications: { toolsListChanged: true, resourceSubscriptions: ["note://1"] } }, { rawId: '"l"' });
    const events = eventsOf(listening);
    expect((await events.next()).value).to.have.property("method", "notifications/subscriptions/acknowledged");
    const hanging = peer.ask("tools/call", { name: "hang", arguments: { nonce: "n2" } });
    expect((await peer.ask("tools/call", { name: "die", arguments: {} })).error?.message).to.include("ended with exit code 7");
    expect((await hanging).error).to.include({ code: -32000 });
    await peer.ask("tools/call", { name: "change", arguments: {} });
    expect((await events.next()).value).to.deep.include({ method: "notifications/tools/list_changed", params: { _meta: { "io.modelcontextprotocol/subscriptionId": "l" } } });
  });
});

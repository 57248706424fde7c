/** Older clients of both SDKs at a stdio server that speaks only 2026-07-28: all that they can do with a server of their own revision. */

import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { elderClients, type ElderClient, type ElderOptions } from "../elder-clients.js";
import { Bridge } from "../stdio-bridge/bridge.js";

const modernServer = [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/modern-server.mjs")];

describe("bridge: older clients and a server of 2026-07-28", () => {
  let bridge: Bridge;
  const connected: ElderClient[] = [];

  before(async () => {
    bridge = await Bridge.start();
    await bridge.serve("own", { command: modernServer, pool: { min: 1, max: 20 } });
    await bridge.serve("shared", { command: modernServer, pool: { min: 1, max: 2 }, shared: { concurrency: 16 } });
  });
  after(() => bridge.stop());
  afterEach(async () => {
    for (const { stop } of connected.splice(0)) await stop();
  });

  const kinds = Object.keys(elderClients) as (keyof typeof elderClients)[];
  const cases = [...kinds.map((kind) => ({ kind, server: "own" })), { kind: "the first SDK over Streamable HTTP", server: "shared" }, { kind: "the first SDK over WebSocket", server: "shared" }] as const;
  for (const { kind, server } of cases) {
    const open = async (options?: ElderOptions): Promise<ElderClient> => {
      const elder = await elderClients[kind](`${bridge.url}/${server}`, options);
      connected.push(elder);
      return elder;
    };

    describe(server === "own" ? kind : `${kind}, at processes that are shared`, () => {
      it("learns what the server is", async () => {
        const { client } = await open();
        expect(client.getServerVersion()).to.deep.include({ name: "modern", version: "1.0.0" });
        expect(client.getServerCapabilities()).to.deep.include({ resources: { subscribe: true, listChanged: true }, logging: {} });
        expect(client.getInstructions()).to.equal("be kind");
        await client.ping();
      });

      it("lists, calls, reads, prompts and completes", async () => {
        const { client, call, read, prompt, complete } = await open();
        expect((await client.listTools()).tools.map(({ name }) => name)).to.include("echo");
        expect((await client.listResources()).resources.map(({ uri }) => uri)).to.include("notes://all");
        expect((await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate)).to.deep.equal(["notes://{name}"]);
        expect((await client.listPrompts()).prompts.map(({ name }) => name)).to.deep.equal(["ask"]);
        expect(await call("echo", { message: "hello" })).to.equal("hello");
        expect(await read("notes://first")).to.equal("note first");
        expect(await prompt("ask", { topic: "whales" })).to.equal("tell me of whales");
        expect(await complete("ask", "topic", "wh")).to.deep.equal(["whales"]);
      });

      it("says with each call who it is and what it can do", async () => {
        const { call } = await open({ name: "somebody", capabilities: { roots: { listChanged: true }, tasks: { list: {} } } });
        expect(JSON.parse(await call("meta"))).to.deep.equal({
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "somebody", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": { roots: { listChanged: true } },
        });
      });

      it("hears of progress", async () => {
        const { call } = await open();
        const steps: number[] = [];
        await call("steps", { count: 5 }, { onprogress: ({ progress }) => steps.push(progress) });
        expect(steps).to.deep.equal([1, 2, 3, 4, 5]);
      });

      it("hears log messages from the level that it has set on, and none before", async () => {
        const { call, setLevel, heard } = await open();
        await call("log", { message: "unheard" });
        await setLevel("error");
        await call("log", { message: "heard" });
        await heard.any((what) => what === "heard");
        await setLevel("debug");
        await call("log", { message: "again" });
        await heard.any((what) => what === "again in detail");
        await heard.any((what) => what === "again");
        expect(heard.all).to.deep.equal(["heard", "again in detail", "again"]);
      });

      it("hears of changed lists, and of the resources that it has subscribed to", async () => {
        const { call, subscribe, unsubscribe, heard } = await open();
        await subscribe("notes://first");
        await subscribe("notes://second");
        await unsubscribe("notes://second");
        await call("change", { uri: "notes://first" });
        await heard.any((what) => what === "notes://first");
        await subscribe("notes://third");
        for (const name of ["second", "first", "third"]) await call("change", { uri: `notes://${name}` });
        await heard.any((what) => what === "notes://third");
        await call("change");
        await heard.any((what) => what === "notifications/tools/list_changed");
        await heard.any((what) => what === "notifications/prompts/list_changed");
        await heard.any((what) => what === "notifications/resources/list_changed");
        expect(heard.all.filter((what) => what.startsWith("notes:"))).to.deep.equal(["notes://first", "notes://first", "notes://third"]);
        expect(heard.all).to.have.length(6);
      });

      it("is asked what the server wants to know, round after round", async () => {
        const { call, read } = await open({ name: "ada" });
        expect(await call("greet")).to.equal("hello ada");
        expect(await call("visit")).to.equal("visited: accept");
        expect(await call("travel")).to.equal("from file:///ada to the sea");
        expect(await read("notes://secret")).to.equal("the secret of ada");
      });

      it("may decline, or not answer at all", async () => {
        expect(await (await open({ elicits: "decline" })).call("greet")).to.equal("no name: decline");
        expect(await (await open({ elicits: "refuses" })).call("greet")).to.equal("no name: cancel");
      });

      it("is not asked for what it does not offer", async () => {
        const { call } = await open({ capabilities: {} });
        const error: unknown = await call("greet").then(() => undefined, (reason: unknown) => reason);
        expect(String(error)).to.include("capabilit");
      });

      it("cancels a call", async () => {
        const { call } = await open();
        const stop = new AbortController();
        const error: unknown = await call("silence", {}, { signal: stop.signal, onprogress: () => stop.abort("no longer wanted") }).then(() => undefined, (reason: unknown) => reason);
        expect(String(error)).to.include("no longer wanted");
        const { cancelled, open: left } = JSON.parse(await call("cancelled")) as { cancelled: readonly string[]; open: number };
        expect(cancelled.at(-1)).to.equal("no longer wanted");
        expect(left).to.equal(0);
      });
    });
  }
});

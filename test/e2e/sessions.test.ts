/** End to end: a session stays with the replica that made it, through two Envoys that share one xds-server. */

import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { expect } from "chai";
import { ask, callTool, openSession, rpc, toolText } from "./ask.js";
import { connectClient } from "./clients.js";
import { startMcpReplica, type McpReplica } from "./fixtures/mcp-http-server.js";
import { modernRequest, startModernReplica } from "./fixtures/modern-mcp-server.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: sessions, through two Envoys", () => {
  const opened = closedAfterwards();
  let mesh: Mesh;
  let replicas: McpReplica[];
  let modern: Replica[];
  let plain: Replica[];
  const names = ["a", "b", "c"];

  before(async function () {
    this.timeout(60_000);
    replicas = [];
    modern = [];
    plain = [];
    for (const name of names) {
      replicas.push(await opened(startMcpReplica(name)));
      modern.push(await opened(startModernReplica(name)));
      plain.push(await opened(startReplica({ name })));
    }
    mesh = await opened(startMesh({
      envoys: 2,
      servers: {
        legacy: { type: "http", instances: at(replicas), load_balancing: "round_robin" },
        modern: { type: "http", instances: at(modern), load_balancing: "round_robin" },
        unpinned: { type: "http", instances: at(plain), load_balancing: "round_robin", session_affinity: "off" },
        "by-header": { type: "http", instances: at(plain), session_affinity: { by: "header", name: "x-user" } },
        "by-cookie": { type: "http", instances: at(plain), session_affinity: { by: "cookie", name: "home" } },
        "by-source": { type: "http", instances: at(plain), session_affinity: { by: "source_ip" } },
      },
    }));
  });

  const at = (some: readonly Replica[]): readonly object[] => some.map(({ url }) => ({ endpoint: url }));
  const gateway = (index: number): string => mesh.gatewayUrls[index % 2] ?? "";

  it("new sessions are balanced, each stays where it was made, whichever Envoy it comes through", async () => {
    const homes: Record<string, number> = {};
    for (let session = 0; session < 12; session++) {
      const id = await openSession(gateway(session), "/legacy");
      const homesOfThis = new Set<string>();
      for (let call = 0; call < 6; call++) {
        const answer = await callTool(gateway(call), "/legacy", "whoami", {}, { headers: { "mcp-session-id": id } });
        homesOfThis.add(toolText(answer));
      }
      expect([...homesOfThis]).to.have.length(1);
      const [home = ""] = homesOfThis;
      homes[home] = (homes[home] ?? 0) + 1;
      expect(toolText(await callTool(gateway(1), "/legacy", "counter", {}, { headers: { "mcp-session-id": id } }))).to.equal("1");
      expect(toolText(await callTool(gateway(0), "/legacy", "counter", {}, { headers: { "mcp-session-id": id } }))).to.equal("2");
    }
    expect(homes).to.have.all.keys(names);
  });

  it("the GET stream and DELETE follow the session", async () => {
    const id = await openSession(gateway(0), "/legacy");
    const answer = await ask(gateway(1), "/legacy", { method: "DELETE", headers: { "mcp-session-id": id } });
    expect(answer.status, answer.body).to.equal(200);
    const gone = await rpc(gateway(0), "/legacy", "tools/list", { id: 9, headers: { "mcp-session-id": id } });
    expect(gone.status).to.equal(404);
  });

  it("an SDK client works through each Envoy, with sampling and elicitation answered by the client", async () => {
    for (const url of mesh.gatewayUrls) {
      const client = await opened(connectClient(url, "/legacy", "through"));
      expect(await client.text("sampling", { prompt: "hi" })).to.equal("sampled by through");
      expect(await client.text("elicit")).to.equal("accept through");
      const steps: number[] = [];
      await client.client.callTool({ name: "progress", arguments: { steps: 3 } }, undefined, { onprogress: ({ progress }) => steps.push(progress) });
      expect(steps).to.deep.equal([1, 2, 3]);
    }
  });

  it("a session id that nobody made is answered by a server, or with 404, never by a crash", async () => {
    for (const id of ["garbage", "%%%", "MTI3LjAuMC4xOjE=;UV:Zm9v", "a".repeat(4_000), "127.0.0.1:9901"]) {
      const answer = await rpc(gateway(0), "/legacy", "tools/list", { headers: { "mcp-session-id": id } });
      expect(answer.status, id).to.be.oneOf([400, 404]);
    }
  });

  it("a forged pin cannot leave the server's own replicas", async () => {
    const before = plain.map(({ requests }) => requests.length);
    const pin = Buffer.from(`127.0.0.1:${plain[0]?.port}`).toString("base64");
    const answer = await rpc(gateway(0), "/legacy", "tools/list", { headers: { "mcp-session-id": `${pin};UV:${Buffer.from("x").toString("base64")}` } });
    expect(answer.status).to.be.oneOf([400, 404]);
    expect(plain.map(({ requests }) => requests.length)).to.deep.equal(before);
  });

  it("requests without a session are balanced (2026-07-28)", async () => {
    const counts: Record<string, number> = {};
    for (let index = 0; index < 30; index++) {
      const answer = await modernRequest(gateway(0), "/modern", "tools/call", { name: "whoami", arguments: {} });
      const who = toolText(answer);
      counts[who] = (counts[who] ?? 0) + 1;
    }
    expect(counts).to.deep.equal({ a: 10, b: 10, c: 10 });
  });

  it("a 2026-07-28 SDK client works and is balanced", async () => {
    const client = new ModernClient({ name: "modern", version: "1.0.0" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
    await client.connect(new ModernTransport(new URL("/modern", gateway(1))));
    const seen = new Set<string>();
    for (let index = 0; index < 6; index++) {
      const { content } = await client.callTool({ name: "whoami", arguments: {} });
      for (const part of content) if (part.type === "text") seen.add(part.text);
    }
    await client.close();
    expect([...seen].sort()).to.deep.equal(names);
  });

  it("session_affinity: off balances even what carries a session id", async () => {
    const seen = new Set<string>();
    for (let index = 0; index < 6; index++) {
      const answer = await rpc(gateway(0), "/unpinned", "ping", { headers: { "mcp-session-id": "same" } });
      seen.add(String(answer.headers["x-replica"]));
    }
    expect(seen.size).to.equal(3);
  });

  it("by header: the same through both Envoys", async () => {
    const homes = new Set<string>();
    for (let user = 0; user < 20; user++) {
      const seen = new Set<string>();
      for (let call = 0; call < 4; call++) {
        const answer = await rpc(gateway(call), "/by-header", "ping", { headers: { "x-user": `user ${user}` } });
        seen.add(String(answer.headers["x-replica"]));
      }
      expect([...seen]).to.have.length(1);
      homes.add([...seen][0] ?? "");
    }
    expect(homes.size).to.be.greaterThan(1);
  });

  it("by cookie: the first answer gives one, and it leads home through both Envoys", async () => {
    const first = await rpc(gateway(0), "/by-cookie", "ping");
    const cookie = first.headers["set-cookie"]?.[0]?.split(";")[0];
    expect(cookie).to.match(/^home=/);
    for (let call = 0; call < 6; call++) {
      const answer = await rpc(gateway(call), "/by-cookie", "ping", { headers: { cookie: cookie ?? "" } });
      expect(answer.headers["x-replica"]).to.equal(first.headers["x-replica"]);
    }
  });

  it("by source address: one client has one home", async () => {
    const seen = new Set<string>();
    for (let call = 0; call < 8; call++) seen.add(String((await rpc(gateway(call), "/by-source", "ping")).headers["x-replica"]));
    expect(seen.size).to.equal(1);
  });

  it("a replica taken out of the registry: its sessions get 404, the others go on", async () => {
    const sessions = await Promise.all(Array.from({ length: 9 }, (_, index) => openSession(gateway(index), "/legacy")));
    const homes = new Map<string, string>();
    for (const id of sessions) homes.set(id, toolText(await callTool(gateway(0), "/legacy", "whoami", {}, { headers: { "mcp-session-id": id } })));
    expect(new Set(homes.values()).size).to.equal(3);

    await mesh.change({ legacy: { type: "http", instances: at(replicas.slice(0, 2)), load_balancing: "round_robin" } });
    for (const [id, home] of homes) {
      for (const url of mesh.gatewayUrls) {
        const answer = await callTool(url, "/legacy", "whoami", {}, { id: "mine", headers: { "mcp-session-id": id } });
        if (home !== "c") {
          expect(toolText(answer)).to.equal(home);
          continue;
        }
        expect(answer.status, answer.body).to.equal(404);
        expect(answer.message).to.include({ jsonrpc: "2.0", id: "mine" });
        expect(answer.message.error?.message).to.match(/session/);
      }
    }
    await mesh.change({ legacy: { type: "http", instances: at(replicas), load_balancing: "round_robin" } });
  });

  it("a replica that health checks find dead: its sessions get 404, the others go on", async function () {
    this.timeout(30_000);
    const check = { type: "tcp", interval: "100ms", timeout: "100ms", unhealthy_threshold: 1, healthy_threshold: 1 };
    await mesh.change({ checked: { type: "http", instances: at(replicas), load_balancing: "round_robin", health_check: check } });
    const homes = new Map<string, string>();
    await until("sessions on all three", async () => {
      const id = await openSession(gateway(0), "/checked");
      homes.set(id, toolText(await callTool(gateway(0), "/checked", "whoami", {}, { headers: { "mcp-session-id": id } })));
      return new Set(homes.values()).size === 3;
    });
    const dead = replicas[1];
    await dead?.stop();
    for (const [id, home] of homes) {
      const call = () => callTool(gateway(1), "/checked", "whoami", {}, { id: 4, headers: { "mcp-session-id": id } });
      if (home === "b") await until("404 for its sessions", async () => (await call()).status === 404);
      else expect(toolText(await call())).to.equal(home);
    }
    await dead?.start();
  });
});

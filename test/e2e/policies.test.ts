/** End to end: API keys, rate limits and CORS, beyond what a hostile client tries. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ask, rpc, type RpcAnswer } from "./ask.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

const page = "https://app.example.com";

describe("e2e: policies", () => {
  const opened = closedAfterwards();
  let folder: string;
  let keyFile: string;
  let replica: Replica;
  let mesh: Mesh;

  before(async function () {
    this.timeout(60_000);
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    keyFile = join(folder, "alice-key");
    writeFileSync(keyFile, "alice-1\n");
    replica = await opened(startReplica({ name: "replica" }));
    const at = { endpoint: replica.url };
    mesh = await opened(startMesh({
      gateway: { auth: { api_keys: [{ client: "everybody", key: "shared-key" }] } },
      servers: {
        plain: at,
        open: { ...at, auth: "off" },
        own: { ...at, auth: { api_keys: [{ client: "alice", key: `\${file:${keyFile}}` }, { client: "bob", key: "bob-1" }] } },
        "own-header": { ...at, auth: { api_keys: [{ client: "alice", key: "plain-key" }], header: "X-Api-Key" } },
        limited: { ...at, auth: "off", rate_limit: { requests: 1, per: "300ms", burst: 2 } },
        "limited-by-key": { ...at, auth: { api_keys: [{ client: "a", key: "k" }] }, rate_limit: { requests: 1, per: "1h" } },
        web: { ...at, auth: { api_keys: [{ client: "page", key: "page-key" }] }, cors: { allow_origins: [page], allow_credentials: true, max_age: "1h" }, rate_limit: { requests: 3, per: "1h" } },
        anybody: { ...at, auth: "off", cors: ["*"] },
      },
    }));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
  const lastHeaders = () => replica.requests.at(-1)?.headers ?? {};

  function expectRefusal(answer: RpcAnswer, status: number, code: number, id: unknown): void {
    expect(answer.status, answer.body).to.equal(status);
    expect(answer.headers["content-type"]).to.match(/^application\/json/);
    expect(answer.message).to.include({ jsonrpc: "2.0", id });
    expect(answer.message.error?.code).to.equal(code);
  }

  describe("API keys", () => {
    it("the gateway's hold where an entry says nothing, an entry's own instead of them, and off for nobody", async () => {
      expectRefusal(await rpc(mesh.gatewayUrl, "/plain", "ping", { id: 1 }), 401, -32002, 1);
      expect((await rpc(mesh.gatewayUrl, "/plain", "ping", { headers: bearer("shared-key") })).status).to.equal(200);
      expectRefusal(await rpc(mesh.gatewayUrl, "/own", "ping", { id: 2, headers: bearer("shared-key") }), 401, -32002, 2);
      expect((await rpc(mesh.gatewayUrl, "/open", "ping")).status).to.equal(200);
    });

    it("the server learns who came, and never the key", async () => {
      for (const [key, client] of [["alice-1", "alice"], ["bob-1", "bob"]] as const) {
        await rpc(mesh.gatewayUrl, "/own", "ping", { headers: { ...bearer(key), "x-mcp-mesh-client": "root" } });
        expect(lastHeaders()["x-mcp-mesh-client"]).to.equal(client);
        expect(JSON.stringify(lastHeaders())).not.to.contain(key);
      }
    });

    it("a header of one's own carries the key as it is, and the usual one goes through to the server", async () => {
      expectRefusal(await rpc(mesh.gatewayUrl, "/own-header", "ping", { id: "h", headers: bearer("plain-key") }), 401, -32002, "h");
      const answer = await rpc(mesh.gatewayUrl, "/own-header", "ping", { headers: { "x-api-key": "plain-key", authorization: "Bearer for-the-server" } });
      expect(answer.status).to.equal(200);
      expect(lastHeaders()).to.include({ authorization: "Bearer for-the-server" }).and.not.to.have.property("x-api-key");
    });

    it("every method and path of the server asks for it", async () => {
      for (const [method, path] of [["GET", "/own"], ["DELETE", "/own"], ["GET", "/own/files/1"], ["GET", "/own/.well-known/x"]] as const) expect((await ask(mesh.gatewayUrl, path, { method })).status, `${method} ${path}`).to.equal(401);
      const upgrade = { upgrade: "websocket", connection: "upgrade", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" };
      expect((await ask(mesh.gatewayUrl, "/own", { headers: upgrade })).status).to.equal(401);
    });

    it("a key whose file changes is in force at once, and the old one no more", async () => {
      writeFileSync(keyFile, "alice-2\n");
      await until("the new key to be taken", async () => (await rpc(mesh.gatewayUrl, "/own", "ping", { headers: bearer("alice-2") })).status === 200);
      expect((await rpc(mesh.gatewayUrl, "/own", "ping", { headers: bearer("alice-1") })).status).to.equal(401);
      expect((await rpc(mesh.gatewayUrl, "/own", "ping", { headers: bearer("bob-1") })).status).to.equal(200);
    });
  });

  describe("rate limits", () => {
    it("beyond it 429 with retry-after, the id and nothing sent on; a moment later it goes on", async () => {
      const before = replica.requests.length;
      const answers: RpcAnswer[] = [];
      await until("a request to be too much", async () => {
        answers.push(await rpc(mesh.gatewayUrl, "/limited", "ping", { id: answers.length }));
        return answers.at(-1)?.status === 429;
      });
      const refused = answers.at(-1);
      if (refused === undefined) throw new Error("no answer");
      expectRefusal(refused, 429, -32005, answers.length - 1);
      expect(Number(refused.headers["retry-after"])).to.be.within(0, 1);
      expect(answers.length).to.be.greaterThan(2);
      expect(replica.requests.length - before).to.equal(answers.length - 1);
      await until("it to go on", async () => (await rpc(mesh.gatewayUrl, "/limited", "ping")).status === 200);
    });

    it("who has no key does not use it up", async () => {
      for (let request = 0; request < 5; request++) expect((await rpc(mesh.gatewayUrl, "/limited-by-key", "ping")).status).to.equal(401);
      expect((await rpc(mesh.gatewayUrl, "/limited-by-key", "ping", { headers: bearer("k") })).status).to.equal(200);
      expectRefusal(await rpc(mesh.gatewayUrl, "/limited-by-key", "ping", { id: "r", headers: bearer("k") }), 429, -32005, "r");
    });

    it("other servers are not touched", async () => {
      expect((await rpc(mesh.gatewayUrl, "/open", "ping")).status).to.equal(200);
    });
  });

  describe("CORS", () => {
    const preflight = (path: string, origin: string): ReturnType<typeof ask> => ask(mesh.gatewayUrl, path, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type,mcp-session-id,mcp-protocol-version" },
    });

    it("a preflight needs no key and uses up no limit, and is told what may be sent", async () => {
      for (let asked = 0; asked < 5; asked++) {
        const { status, headers } = await preflight("/web", page);
        expect(status).to.be.oneOf([200, 204]);
        expect(headers).to.include({ "access-control-allow-origin": page, "access-control-allow-credentials": "true", "access-control-max-age": "3600" });
        expect(headers["access-control-allow-methods"]).to.contain("POST").and.to.contain("DELETE");
        for (const name of ["authorization", "mcp-session-id", "mcp-protocol-version", "last-event-id"]) expect(headers["access-control-allow-headers"]).to.contain(name);
      }
    });

    it("the page can read answers and errors alike", async () => {
      const headers = { origin: page };
      const refused = await rpc(mesh.gatewayUrl, "/web", "ping", { id: "c", headers });
      expectRefusal(refused, 401, -32002, "c");
      const taken = await rpc(mesh.gatewayUrl, "/web", "ping", { headers: { ...headers, ...bearer("page-key") } });
      expect(taken.status).to.equal(200);
      let limited = taken;
      await until("the limit", async () => (limited = await rpc(mesh.gatewayUrl, "/web", "ping", { headers: { ...headers, ...bearer("page-key") } })).status === 429);
      for (const answer of [refused, taken, limited]) {
        expect(answer.headers, `${answer.status}`).to.include({ "access-control-allow-origin": page, "access-control-allow-credentials": "true" });
        expect(answer.headers["access-control-expose-headers"]).to.contain("mcp-session-id");
      }
    });

    it("another page may not, not even ask", async () => {
      const { status, headers } = await preflight("/web", "https://other.example.com");
      expect(status).to.equal(403);
      expect(headers).not.to.have.property("access-control-allow-origin");
    });

    it("* lets every page in, without credentials", async () => {
      for (const origin of ["https://one.example", "http://two.example:81"]) {
        const answer = await rpc(mesh.gatewayUrl, "/anybody", "ping", { headers: { origin } });
        expect(answer.status).to.equal(200);
        expect(answer.headers["access-control-allow-origin"]).to.be.oneOf([origin, "*"]);
        expect(answer.headers).not.to.have.property("access-control-allow-credentials");
      }
    });
  });
});

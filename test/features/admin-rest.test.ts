/** The REST of the admin port over real HTTP, before a Kubernetes API over real HTTP: answers, streams, refusals, and the OpenAPI document held against them. */

import { expect } from "chai";
import { pino } from "pino";
import { z } from "zod";
import { startAdmin, type Admin, type AdminOptions } from "../../xds-server/admin/admin-server.js";
import { connectKubernetes } from "../../xds-server/kubernetes/kubernetes-api.js";
import { makeLifecycle } from "../../xds-server/lifecycle/lifecycle.js";
import { ask, open, type Answer, type Asking } from "../e2e/ask.js";
import { FakeCluster } from "../fake-cluster.js";

describe("the admin port's REST", () => {
  const kubernetes = new FakeCluster();
  const opened: Admin[] = [];
  const lifecycle = (): Promise<ReturnType<typeof makeLifecycle>> => Promise.resolve(makeLifecycle({ api: connectKubernetes({ kubeconfigFile: kubernetes.kubeconfig }) }));
  let url: string;

  async function start(options: Partial<AdminOptions> = {}): Promise<string> {
    const admin = await startAdmin({
      host: "127.0.0.1",
      port: 0,
      log: pino({ level: "silent" }),
      now: () => performance.now(),
      isServing: () => true,
      isReady: () => ({ ready: true, reasons: [] }),
      statusInput: () => ({ version: "0.1.0", startedAtMs: 0, model: undefined, problems: [], registry: { files: [], reloads: { ok: 0, failed: 0 }, lastReadAtMs: undefined }, snapshots: { published: 0, lastPublishedAtMs: undefined }, clients: [], refusals: new Map(), bridges: [] }),
      configDump: () => ({}),
      lifecycle,
      ...options,
    });
    opened.push(admin);
    return `http://127.0.0.1:${admin.port}`;
  }
  const get = async (path: string, base = url): Promise<{ readonly status: number; readonly body: unknown }> => toBody(await ask(base, path));
  const post = async (path: string, body: unknown, asking: Asking = {}, base = url): Promise<{ readonly status: number; readonly body: unknown }> =>
    toBody(await ask(base, path, { method: "POST", body: JSON.stringify(body), ...asking, headers: { "content-type": "application/json", ...asking.headers } }));

  before(async () => {
    await kubernetes.start();
    url = await start();
  });
  beforeEach(() => {
    kubernetes.clear();
    kubernetes.addServer("search", { replicas: 2 });
    kubernetes.addServer("notes", { replicas: 0 });
  });
  after(async () => {
    await Promise.all(opened.map(async (admin) => admin.stop()));
    await kubernetes.stop();
  });

  it("lists", async () => {
    expect(await get("/api/v1/servers")).to.deep.equal({ status: 200, body: { servers: [
      { name: "notes", namespace: "mcp", kind: "Deployment", status: "stopped", replicas: 0, ready_replicas: 0, endpoints: [] },
      { name: "search", namespace: "mcp", kind: "Deployment", status: "running", replicas: 2, ready_replicas: 2, endpoints: [] },
    ] } });
    expect((await get("/api/v1/servers?namespace=other")).body).to.deep.equal({ servers: [] });
    expect((await get("/api/v1/servers?label_selector=app%3Dother")).body).to.deep.equal({ servers: [] });
  });

  it("tells the state of one, and of several", async () => {
    expect((await get("/api/v1/servers/search")).body).to.include({ name: "search", status: "running", available_replicas: 2, last_activity: null, reason: null });
    expect(await get("/api/v1/servers/search,nobody")).to.satisfy(({ status, body }: { status: number; body: { results: readonly { name: string; server?: object; error?: { code: string } }[] } }) =>
      status === 207 && body.results.map(({ name, error }) => `${name} ${error?.code ?? "ok"}`).join() === "search ok,nobody not_found");
    expect((await get("/api/v1/servers/search,notes")).status).to.equal(200);
  });

  it("starts, scales and stops", async () => {
    expect((await post("/api/v1/servers/notes/start", {})).body).to.include({ status: "running", replicas: 1, changed: true });
    expect((await post("/api/v1/servers/notes/scale?namespace=mcp", { replicas: 3, wait_ready: true, timeout: 20 })).body).to.include({ status: "running", replicas: 3 });
    expect((await post("/api/v1/servers/notes/stop", { force: true })).body).to.include({ status: "stopped", replicas: 0 });
    expect((await post("/api/v1/servers/notes/stop", undefined)).body).to.include({ changed: false });
  });

  it("streams events, and each change of them", async () => {
    const stream = await open(url, "/api/v1/events");
    expect(stream.headers["content-type"]).to.equal("text/event-stream");
    let seen = "";
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const isFirst = seen === "";
      seen += chunk.toString("utf8");
      if (isFirst) await post("/api/v1/servers/notes/start", {});
      if (seen.includes('"running","replicas":1')) break;
    }
    expect(seen).to.match(/^event: added\ndata: \{"type":"added","server":\{"name":"search"/).and.to.include("event: changed\ndata: ");
  });

  it("streams logs", async () => {
    for (const pod of kubernetes.namesOf("pods")) kubernetes.logLines.set(`${pod}/main`, ["one", "two"]);
    const { status, headers, body } = await ask(url, "/api/v1/servers/search/logs?tail=1");
    expect({ status, type: headers["content-type"] }).to.deep.equal({ status: 200, type: "application/x-ndjson" });
    expect(body.trimEnd().split("\n").map((line) => JSON.parse(line) as unknown)).to.deep.equal(kubernetes.namesOf("pods").map((pod) => ({ pod, container: "main", line: "two" })));
  });

  const refused: readonly (readonly [what: string, method: "GET" | "POST", path: string, body: unknown, status: number, code: string])[] = [
    ["a name against the rules", "GET", "/api/v1/servers/Search", undefined, 400, "invalid_input"],
    ["a name that climbs", "GET", "/api/v1/servers/..%2f..%2fsecrets", undefined, 400, "invalid_input"],
    ["a name with a broken escape", "GET", "/api/v1/servers/%zz", undefined, 400, "invalid_input"],
    ["a server that is not there", "GET", "/api/v1/servers/nobody", undefined, 404, "not_found"],
    ["a namespace against the rules", "GET", "/api/v1/servers?namespace=A", undefined, 400, "invalid_input"],
    ["a selector that is none", "GET", "/api/v1/servers?label_selector=%26", undefined, 400, "invalid_input"],
    ["an unknown parameter", "GET", "/api/v1/servers?namespaces=mcp", undefined, 400, "invalid_input"],
    ["a parameter by a name that every object has", "GET", "/api/v1/servers?constructor=1", undefined, 400, "invalid_input"],
    ["a parameter named __proto__", "GET", "/api/v1/servers?__proto__=1", undefined, 400, "invalid_input"],
    ["a parameter twice", "GET", "/api/v1/servers?namespace=a&namespace=b", undefined, 400, "invalid_input"],
    ["too many replicas", "POST", "/api/v1/servers/search/scale", { replicas: 11 }, 400, "invalid_input"],
    ["half a replica", "POST", "/api/v1/servers/search/scale", { replicas: 1.5 }, 400, "invalid_input"],
    ["no replicas given", "POST", "/api/v1/servers/search/scale", {}, 400, "invalid_input"],
    ["replicas as text", "POST", "/api/v1/servers/search/scale", { replicas: "2" }, 400, "invalid_input"],
    ["an unknown field", "POST", "/api/v1/servers/search/stop", { forced: true }, 400, "invalid_input"],
    ["a body that is a list", "POST", "/api/v1/servers/search/stop", [], 400, "invalid_input"],
    ["a time out of bounds", "POST", "/api/v1/servers/search/start", { timeout: 0 }, 400, "invalid_input"],
    ["a long body", "POST", "/api/v1/servers/search/start", { filler: "x".repeat(70_000) }, 413, "refused"],
    ["logs of a container that is not there", "GET", "/api/v1/servers/search/logs?container=other", undefined, 404, "not_found"],
    ["another path", "GET", "/api/v1/server", undefined, 404, "refused"],
    ["another version", "GET", "/api/v2/servers", undefined, 404, "refused"],
    ["a change by GET", "GET", "/api/v1/servers/search/stop", undefined, 405, "refused"],
    ["a list by POST", "POST", "/api/v1/servers", {}, 405, "refused"],
  ];
  for (const [what, method, path, body, status, code] of refused) {
    it(`refuses ${what} with ${status} ${code}, and changes nothing`, async () => {
      const answer = method === "GET" ? await get(path) : await post(path, body);
      expect(answer.status).to.equal(status);
      expect(answer.body).to.have.nested.property("error.code", code);
      expect(kubernetes.asked.filter((one) => one.method !== "GET")).to.deep.equal([]);
    });
  }

  it("passes on what the Kubernetes API refuses, with its status", async () => {
    kubernetes.refuse("PATCH", /scale$/, 403);
    const { status, body } = await post("/api/v1/servers/search/scale", { replicas: 1 });
    expect(status).to.equal(502);
    expect(body).to.have.nested.property("error.status", 403);
  });

  it("says what was not ready in time", async () => {
    kubernetes.podsBecomeReady = false;
    const { status, body } = await post("/api/v1/servers/notes/start", { timeout: 0.2 });
    expect(status).to.equal(504);
    expect(body).to.have.nested.property("error.message").that.includes("ImagePullBackOff");
  });

  it("stops waiting when the client has gone", async () => {
    kubernetes.podsBecomeReady = false;
    const asking = ask(url, "/api/v1/servers/notes/start", { method: "POST", headers: { "content-type": "application/json" }, body: "{}", timeoutMs: 300 }).then(() => "answered", () => "gone");
    await kubernetes.whenAsked((asked) => asked.some(({ query }) => query.get("watch") === "true"));
    expect(await asking).to.equal("gone");
    await kubernetes.whenNobodyWatches("deployments");
  });

  describe("refuses who may not ask", () => {
    const cases: readonly (readonly [string, Asking["headers"], number])[] = [
      ["a page of another site", { origin: "https://evil.example", "content-type": "application/json" }, 403],
      ["a name that was pointed at this machine", { host: "evil.example", "content-type": "application/json" }, 403],
      ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
      ["plain text, which a page may send without asking", { "content-type": "text/plain" }, 415],
    ];
    for (const [what, headers, status] of cases) {
      it(`${what}, with ${status}`, async () => {
        const answer = await post("/api/v1/servers/search/stop", {}, headers === undefined ? {} : { headers });
        expect(answer.status).to.equal(status);
        expect(kubernetes.asked).to.deep.equal([]);
      });
    }

    it("anybody, where the port is open beyond this machine and has no token", async () => {
      const beyond = await start({ host: "0.0.0.0" });
      expect((await get("/api/v1/servers", beyond)).status).to.equal(403);
      expect((await post("/api/v1/servers/search/stop", {}, {}, beyond)).body).to.have.nested.property("error.message").that.includes("--admin-token-file");
      expect((await ask(beyond, "/healthz")).status).to.equal(200);
    });

    it("whoever lacks the token where there is one, and takes a new one at once", async () => {
      let token = "first";
      const guarded = await start({ host: "0.0.0.0", readToken: () => Promise.resolve(token) });
      const status = async (authorization?: string): Promise<number> => (await ask(guarded, "/api/v1/servers", authorization === undefined ? {} : { headers: { authorization } })).status;
      expect([await status(), await status("Bearer other"), await status("Basic first"), await status("Bearer first")]).to.deep.equal([401, 401, 401, 200]);
      token = "second";
      expect([await status("Bearer first"), await status("Bearer second")]).to.deep.equal([401, 200]);
    });

    it("all, where there is no Kubernetes", async () => {
      const without = await start({ lifecycle: undefined });
      expect((await get("/api/v1/servers", without)).status).to.equal(503);
    });
  });

  describe("its OpenAPI document", () => {
    interface Media { readonly schema: object }
    interface PathItem { readonly operationId: string; readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }; readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, Media>> }>> }
    interface Document { readonly openapi: string; readonly paths: Readonly<Record<string, Readonly<Record<string, PathItem>>>>; readonly components: { readonly schemas: Readonly<Record<string, object>> } }
    let document: Document;
    before(async () => {
      document = JSON.parse((await ask(url, "/openapi.json")).body) as Document;
    });

    it("is of version 3.1, and all that it refers to is there", () => {
      expect(document.openapi).to.match(/^3\.1\./);
      const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = ""]) => to.replace("#/components/schemas/", ""));
      expect(references).not.to.have.length(0);
      expect(references.filter((name) => document.components.schemas[name] === undefined)).to.deep.equal([]);
    });

    /** A call of each operation; the log is that of a server without lines. */
    const calls: Readonly<Record<string, readonly (readonly [path: string, body: unknown])[]>> = {
      listServers: [["/api/v1/servers", undefined], ["/api/v1/servers?namespace=B_", undefined]],
      getServers: [["/api/v1/servers/search", undefined], ["/api/v1/servers/search,notes", undefined], ["/api/v1/servers/search,nobody", undefined], ["/api/v1/servers/nobody", undefined]],
      startServers: [["/api/v1/servers/notes/start", {}], ["/api/v1/servers/notes,nobody/start", {}]],
      stopServers: [["/api/v1/servers/search/stop", { force: true }], ["/api/v1/servers/search/stop", { now: 1 }]],
      scaleServers: [["/api/v1/servers/search/scale", { replicas: 3 }], ["/api/v1/servers/search/scale", { replicas: 30 }]],
      readLogs: [["/api/v1/servers/search/logs", undefined]],
    };

    it("has every operation, and each is tried here", () => {
      const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
      // Events have no end; above they are read until one is seen.
      expect(ids.filter((id) => id !== "watchServers").sort()).to.deep.equal(Object.keys(calls).sort());
    });

    for (const [id, tried] of Object.entries(calls)) {
      for (const [path, body] of tried) {
        it(`says what ${id} answers to ${path}${body === undefined ? "" : ` with ${JSON.stringify(body)}`}`, async () => {
          for (const pod of kubernetes.namesOf("pods")) kubernetes.logLines.set(`${pod}/main`, ["one"]);
          const [method = "", item] = Object.values(document.paths).flatMap((methods) => Object.entries(methods)).find(([, { operationId }]) => operationId === id) ?? [];
          const answer = await ask(url, path, { method: method.toUpperCase(), ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
          const content = item?.responses[String(answer.status)]?.content ?? {};
          const [mediaType = ""] = (answer.headers["content-type"] ?? "").split(";");
          expect(Object.keys(content)).to.deep.equal([mediaType]);
          const schema = z.fromJSONSchema(resolved(content[mediaType]?.schema, document.components.schemas) as Parameters<typeof z.fromJSONSchema>[0]); // What is resolved is a schema again.
          const values = mediaType === "application/json" ? [answer.body] : answer.body.trimEnd().split("\n");
          for (const value of values) expect(schema.safeParse(JSON.parse(value)).error?.issues ?? []).to.deep.equal([]);
        });
      }
    }
  });
});

function toBody({ status, body }: Answer): { readonly status: number; readonly body: unknown } {
  return { status, body: JSON.parse(body) };
}

function resolved(value: unknown, schemas: Readonly<Record<string, object>>): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, schemas));
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value && typeof value.$ref === "string") return resolved(schemas[value.$ref.replace("#/components/schemas/", "")], schemas);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolved(member, schemas)]));
}

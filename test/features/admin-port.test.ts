/** The admin port over real HTTP: every path, and every request that it refuses. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { pino } from "pino";
import { AdminServerError, startAdmin, type Admin, type AdminOptions } from "../../xds-server/admin/admin-server.js";
import type { Readiness } from "../../xds-server/admin/readiness.js";
import type { Status } from "../../xds-server/admin/status.js";
import { dumpSnapshot } from "../../xds-server/snapshot/dump.js";
import { makeSnapshot } from "../../xds-server/snapshot/make-snapshot.js";
import { makeTranslation } from "../../xds-server/translate/translate.js";
import { ask } from "../e2e/ask.js";
import { toModel } from "../xds-server/translate/model-defaults.js";

const secret = "do-not-show";
const model = toModel({
  servers: {
    memory: { stdio: { env: { TOKEN: secret } }, policy: { auth: { kind: "api_keys", keys: [{ client: "me", key: secret }] } } },
    search: { http: { requestHeaders: [{ name: "authorization", value: secret }], endpoints: [{ host: "127.0.0.1", port: 3001 }] } },
  },
  workers: { memory: [{ worker: "w1", host: "127.0.0.1", port: 9001, health: "healthy" }] },
});
const snapshot = makeSnapshot(makeTranslation({ systemCaFile: "/ca.pem" })(model)).value;
const report = {
  worker: "w1",
  host: "127.0.0.1",
  port: 9001,
  draining: false,
  adminPort: 9101,
  servers: [{ name: "memory", version: "1", state: "READY", reason: "", lastStderrLines: [], warnings: [], processes: 3, sessions: 2, openRequests: 1, queueLength: 0 }],
} as const;

describe("the admin port", () => {
  const opened: Admin[] = [];
  const readiness: { now: Readiness } = { now: { ready: false, reasons: ["no Envoy is connected"] } };
  const serving = { now: false };
  let url: string;

  async function start(options: Partial<AdminOptions> = {}): Promise<string> {
    const admin = await startAdmin({
      host: "127.0.0.1",
      port: 0,
      log: pino({ level: "silent" }),
      now: () => performance.now(),
      isReady: () => readiness.now,
      isServing: () => serving.now,
      statusInput: () => ({
        version: "0.1.0",
        startedAtMs: 0,
        model,
        problems: [{ severity: "warning", where: "registry.yaml:1:1", what: "a warning", hint: "what to do" }],
        registry: { files: ["registry.yaml"], reloads: { ok: 4, failed: 1 }, lastReadAtMs: 2_000 },
        snapshots: { published: 3, lastPublishedAtMs: 3_000 },
        clients: [], refusals: new Map(),
        bridges: [report],
      }),
      configDump: () => dumpSnapshot(snapshot),
      ...options,
    });
    opened.push(admin);
    return `http://127.0.0.1:${admin.port}`;
  }

  before(async () => {
    url = await start();
  });

  after(async () => {
    await Promise.all(opened.map(async (admin) => admin.stop()));
  });

  it("/ names the paths", async () => {
    const answer = await ask(url, "/");
    expect(Object.keys((JSON.parse(answer.body) as { endpoints: object }).endpoints)).to.include.members(["/healthz", "/readyz", "/status", "/metrics", "/config_dump"]);
  });

  it("/metrics/targets names the metrics of each bridge, as Prometheus wants it", async () => {
    const answer = await ask(url, "/metrics/targets");
    expect(JSON.parse(answer.body)).to.deep.equal([{ targets: ["127.0.0.1:9101"], labels: { role: "bridge", worker: "w1" } }]);
  });

  it("/healthz is 200 as long as there is an answer", async () => {
    expect(await ask(url, "/healthz")).to.include({ status: 200, body: '{"healthy":true}\n' });
  });

  it("/readyz/serving is 503, and 200 once there is something to serve", async () => {
    expect(await ask(url, "/readyz/serving")).to.include({ status: 503, body: '{"serving":false}\n' });
    serving.now = true;
    expect(await ask(url, "/readyz/serving")).to.include({ status: 200, body: '{"serving":true}\n' });
  });

  it("/readyz is 503 with the reasons, and then 200", async () => {
    expect(await ask(url, "/readyz")).to.include({ status: 503, body: '{"ready":false,"reasons":["no Envoy is connected"]}\n' });
    readiness.now = { ready: true, reasons: [] };
    expect(await ask(url, "/readyz")).to.include({ status: 200 });
  });

  it("/status tells of servers and bridges", async () => {
    const { servers, bridges } = JSON.parse((await ask(url, "/status")).body) as Status;
    expect(servers.map(({ id, kind, state }) => `${id} ${kind} ${state}`)).to.deep.equal(["memory stdio serving", "search http serving"]);
    expect(bridges).to.deep.equal([{ ...report, xds: null }]);
  });

  it("/metrics tells the same in numbers", async () => {
    const answer = await ask(url, "/metrics");
    expect(answer.headers["content-type"]).to.match(/^text\/plain/);
    const lines = answer.body.split("\n");
    expect(lines).to.include.members([
      'mcp_mesh_servers{kind="stdio",state="serving"} 1',
      'mcp_mesh_servers{kind="http",state="serving"} 1',
      'mcp_mesh_endpoints{health="healthy"} 1',
      'mcp_mesh_endpoints{health="unknown"} 1',
      'mcp_mesh_problems{severity="error"} 0',
      'mcp_mesh_problems{severity="warning"} 1',
      'mcp_mesh_registry_reloads_total{result="ok"} 4',
      'mcp_mesh_registry_reloads_total{result="failed"} 1',
      "mcp_mesh_registry_last_read_timestamp_seconds 2",
      "mcp_mesh_snapshots_published_total 3",
      "mcp_mesh_bridges 1",
      'mcp_mesh_worker_processes{worker="w1"} 3',
      'mcp_mesh_stdio_server_sessions{server="memory"} 2',
      'mcp_mesh_xds_refusals{type="Cluster"} 0',
    ]);
    expect(answer.body).to.match(/^process_cpu_seconds_total /m);
  });

  it("/metrics twice gives the same numbers, not their sum", async () => {
    await ask(url, "/metrics");
    expect((await ask(url, "/metrics")).body).to.include('mcp_mesh_registry_reloads_total{result="ok"} 4\n');
  });

  it("/config_dump shows what is served", async () => {
    const dump = JSON.parse((await ask(url, "/config_dump")).body) as { clusters: readonly { name: string }[] };
    expect(dump.clusters.map(({ name }) => name).sort()).to.deep.equal(["mcp/memory", "mcp/search", "sessions/memory"]);
  });

  for (const path of ["/status", "/config_dump", "/metrics"]) {
    it(`${path} shows no secret`, async () => {
      expect((await ask(url, path)).body).not.to.include(secret);
    });
  }

  it("HEAD is GET without the body", async () => {
    const answer = await ask(url, "/status", { method: "HEAD" });
    expect(answer).to.include({ status: 200, body: "" });
    expect(Number(answer.headers["content-length"])).to.be.greaterThan(100);
  });

  const refused: readonly (readonly [string, string, Parameters<typeof ask>[2], number])[] = [
    ["a path that is not there", "/sttaus", {}, 404],
    ["a path that climbs", "/../status", {}, 404],
    ["a POST", "/status", { method: "POST", body: "{}" }, 405],
    ["a preflight", "/status", { method: "OPTIONS", headers: { origin: "http://localhost:3000" } }, 405],
    ["a name that was pointed at this machine", "/status", { headers: { host: "evil.example:8001" } }, 403],
    ["a page of another site", "/status", { headers: { origin: "https://evil.example" } }, 403],
  ];
  for (const [name, path, asking, status] of refused) {
    it(`refuses ${name} with ${status}, and allows no page to read it`, async () => {
      const answer = await ask(url, path, asking);
      expect(answer.status).to.equal(status);
      expect((JSON.parse(answer.body) as { error: unknown }).error).to.be.a("string");
      expect(answer.headers).not.to.have.property("access-control-allow-origin");
    });
  }

  it("/envoy/config_dump says when no Envoy's admin is known", async () => {
    expect((await ask(url, "/envoy/config_dump")).status).to.equal(404);
  });

  it("/envoy/config_dump says when Envoy's admin does not answer, and /status goes on", async () => {
    const alone = await start({ envoyAdmin: "/nowhere/envoy.sock" });
    const answer = await ask(alone, "/envoy/config_dump");
    expect(answer.status).to.equal(502);
    expect(answer.body).to.include("/nowhere/envoy.sock does not answer");
    expect((await ask(alone, "/status")).status).to.equal(200);
  });

  it("does not start on a port that is in use, and says what to do", async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    try {
      // A server that listens on TCP has an address with a port.
      const { port } = other.address() as AddressInfo;
      const failure = await start({ port }).then(() => undefined, (error: unknown) => error);
      expect(failure).to.be.instanceOf(AdminServerError);
      expect(String(failure)).to.include(`127.0.0.1:${port}`).and.to.include("--admin-port");
    } finally {
      other.close();
    }
  });
});

/** End to end: a real Prometheus finds and reads a real mesh under load, and the dashboard's queries all have something to show. */

import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../envoy/run-program.js";
import { projectRoot } from "../../protos/project-root.js";
import { orSkip } from "../fetched.js";
import { ask, callTool, openSession, rpc, toolText } from "./ask.js";
import { expectData, labelValuesOf, queriesOf, readDashboard } from "./dashboard.js";
import { startReplica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { freePorts, startMesh, type Mesh } from "./mesh.js";
import { findPrometheus, Prometheus, type PrometheusPrograms } from "./prometheus.js";
import { until } from "./until.js";

const rateInterval = "8s";

describe("e2e: observability", function () {
  this.timeout(300_000);
  const opened = closedAfterwards();
  const dashboard = readDashboard();
  const queries = queriesOf(dashboard, { rateInterval });
  const misbehaving = [process.execPath, join(projectRoot, "dist/test/e2e/fixtures/stdio-server.js")];
  let programs: PrometheusPrograms;
  let mesh: Mesh;
  let prometheus: Prometheus;

  before(async function () {
    programs = await orSkip(this, findPrometheus());
    const good = await opened(startReplica({ name: "good" }));
    const broken = await opened(startReplica({ name: "broken", respond: (_, response) => void response.writeHead(500, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"broken"}}') }));
    const [nobody = 0, port = 0] = await freePorts(2);
    mesh = await opened(startMesh({
      metrics: true,
      workers: 2,
      logLevel: "info",
      servers: {
        good: { endpoint: good.url },
        "with.dots": { endpoint: good.url },
        // One endpoint that nobody listens at, which retries hide, and one that outlier detection takes out.
        dying: { instances: [good.url, broken.url, `http://127.0.0.1:${nobody}`], health_check: "off", outlier_detection: { consecutive_errors: 3, interval: "100ms", max_ejection: "50%" } },
        checked: { instances: [good.url, `http://127.0.0.1:${nobody}`], health_check: { type: "tcp", interval: "500ms" } },
        limited: { endpoint: good.url, rate_limit: { requests: 1, per: "1m" } },
        keyed: { endpoint: good.url, auth: { api_keys: [{ client: "alice", key: "al1ce-s3cret" }] } },
        stdio: { cmd: misbehaving, pool: { min: 1, max: 2, queue: { max: 1, timeout: "500ms" } } },
        shared: { cmd: misbehaving, isolation: "shared", concurrency: 1, pool: { min: 1, max: 1, queue: { max: 1, timeout: "500ms" } } },
        hopeless: { cmd: [process.execPath, "--eval", "process.exit(1)"] },
      },
    }));
    await mesh.untilServed("stdio");
    await mesh.untilServed("shared");
    const folder = mkdtempSync(join(tmpdir(), "mcp-mesh-prometheus-"));
    await opened({ stop: () => { rmSync(folder, { recursive: true, force: true }); return Promise.resolve(); } });
    const config = readmeConfig().replaceAll("127.0.0.1:8001", new URL(mesh.adminUrl).host).replace("refresh_interval: 10s", "refresh_interval: 1s");
    prometheus = await opened(Prometheus.start({ programs, folder, port, config: `global: {scrape_interval: 1s}\n${config}` }));
    await opened(startLoad(mesh));
  });

  it("finds all parts by the two lines of the README", async () => {
    const parts = async (): Promise<readonly string[]> => (await prometheus.targets()).filter(({ health }) => health === "up").map(({ labels }) => [labels["job"], labels["role"] ?? "xds-server"].join(" ")).sort();
    await until("all targets to be up", async () => (await parts()).length === 4, 30_000).catch(async (error: unknown) => {
      throw new Error(JSON.stringify(await prometheus.targets(), undefined, 1), { cause: error });
    });
    expect(await parts()).to.deep.equal(["mcp-mesh xds-server", "mcp-mesh-parts bridge", "mcp-mesh-parts bridge", "mcp-mesh-parts envoy"]);
  });

  it("has data for every query of the dashboard", async () => {
    await expectData(prometheus, queries, 120_000);
  });

  it("lets the servers be chosen by their ids", async () => {
    const [variable] = dashboard.templating.list.filter(({ type }) => type === "query");
    expect(variable?.name).to.equal("server");
    if (variable === undefined) return;
    const { label, selector } = labelValuesOf(variable);
    expect(await prometheus.labelValues(label, selector)).to.include.members(["good", "with.dots", "dying", "checked", "limited", "keyed", "stdio", "shared"]);
  });

  for (const servers of [["with.dots"], ["good", "with.dots"]]) {
    it(`shows only ${servers.join(" and ")} where only that is chosen`, async () => {
      const [requests] = queriesOf(dashboard, { rateInterval, servers }).filter(({ what }) => what === "Requests by server: {{server}}");
      const shown = await prometheus.query(requests?.expression ?? "");
      expect(shown.map(({ metric }) => metric["server"]).sort()).to.deep.equal(servers);
      for (const { value } of shown) expect(value).to.be.greaterThan(0);
    });
  }

  it("tells the quantiles of one server apart", async () => {
    const [p50 = NaN, p95 = NaN, p99 = NaN] = await Promise.all(["p50", "p95", "p99"].map(async (name) => {
      const [query] = queries.filter(({ what }) => what === `${name} by server: {{server}}`);
      return (await prometheus.query(query?.expression ?? "")).find(({ metric }) => metric["server"] === "good")?.value;
    }));
    expect([p50, p95, p99]).to.satisfy((all: readonly number[]) => all.every(Number.isFinite));
    expect(p50).to.be.at.most(p95);
    expect(p95).to.be.at.most(p99);
  });

  it("counts a stdio server's requests once, though they go through two clusters", async () => {
    const total = "sum by (server) (envoy_cluster_upstream_rq_completed{server=\"stdio\"})";
    const clusters = await prometheus.query("count by (server) (envoy_cluster_upstream_rq_completed{server=\"stdio\"})");
    expect(clusters[0]?.value).to.equal(2);
    const served = await mesh.envoyStats("^cluster.(mcp|sessions)/stdio.upstream_rq_completed$");
    const sum = [...served.values()].reduce((all, one) => all + one, 0);
    // The load goes on while we look.
    await until("Prometheus to have read that many", async () => ((await prometheus.query(total))[0]?.value ?? 0) >= sum, 30_000);
  });

  it("has rules that Prometheus takes, each tested", async () => {
    const rules = join(projectRoot, "charts/mcp-mesh/dashboards/mcp-mesh-rules.yaml");
    expect(await runProgram(programs.promtool, ["check", "rules", rules], { env: process.env, timeoutMs: 30_000 })).to.include({ exitCode: 0 });
    const ran = await runProgram(programs.promtool, ["test", "rules", join(projectRoot, "test/charts/mcp-mesh-rules.test.yaml")], { env: process.env, timeoutMs: 60_000 });
    expect(ran.exitCode, ran.stdout + ran.stderr).to.equal(0);
  });
});

/** What the README tells a user to write. */
function readmeConfig(): string {
  const [, config] = /^```yaml prometheus\n([^]*?)^```$/m.exec(readFileSync(join(projectRoot, "README.md"), "utf8")) ?? [];
  if (config === undefined) throw new Error("the README has no configuration for Prometheus");
  return config;
}

/** Everything that the dashboard shows happens again and again, the bad things too, until it is stopped. */
async function startLoad(mesh: Mesh): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController();
  const url = mesh.gatewayUrl;
  const session = await until("a session", () => openSession(url, "/stdio"));
  const shared = await until("a session", () => openSession(url, "/shared"));
  const inSession = (id: string): { readonly headers: Readonly<Record<string, string>> } => ({ headers: { "mcp-session-id": id } });
  // A session whose bridge dies comes back at the other.
  const bridge = Number(toolText(await callTool(url, "/stdio", "worker", {}, inSession(session)))) === mesh.child("bridge-1").pid ? "bridge-1" : "bridge-2";
  await mesh.kill(bridge);
  await until("the session to be back", async () => (await callTool(url, "/stdio", "pid", {}, inSession(session))).status === 200, 30_000);
  mesh.restart(bridge);

  const round = async (): Promise<void> => {
    for (const id of ["good", "with.dots", "dying", "checked", "limited", "keyed"]) await rpc(url, `/${id}`, "ping");
    await ask(url, "/no-such-server");
    await rpc(url, "/good", "ping", { headers: { host: "evil.example" } });
    // More sessions than there are processes, and more requests than the shared process takes.
    const sessions = await Promise.all(Array.from({ length: 6 }, () => rpc(url, "/stdio", "initialize", { params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "load", version: "1" } } })));
    // The process has room for one request, and one may wait for it.
    const hold = callTool(url, "/shared", "toil", {}, { ...inSession(shared), id: "held", timeoutMs: 1_000 }).catch(() => undefined);
    await Promise.all(Array.from({ length: 6 }, (_, id) => callTool(url, "/shared", "pid", {}, { ...inSession(shared), id })));
    await hold;
    await callTool(url, "/stdio", "pid", {}, inSession(session));
    for (const { headers } of sessions) {
      const id = headers["mcp-session-id"];
      if (typeof id !== "string") continue;
      await callTool(url, "/stdio", "pid", {}, inSession(id));
      await callTool(url, "/stdio", "die", {}, inSession(id));
      await callTool(url, "/stdio", "pid", {}, inSession(id));
      await ask(url, "/stdio", { method: "DELETE", ...inSession(id) });
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) await round();
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** The admin port beside a real Envoy: readiness, the health of endpoints and Envoy's own configuration, without secrets. */

import { createServer, type Server } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { pino } from "pino";
import { makeBootstrap } from "../../envoy/bootstrap.js";
import { findEnvoy } from "../../envoy/find-envoy.js";
import { startAdmin, type Admin } from "../../xds-server/admin/admin-server.js";
import { toReadiness, type Readiness } from "../../xds-server/admin/readiness.js";
import type { Status } from "../../xds-server/admin/status.js";
import { startXdsServer, type XdsServer } from "../../xds-server/serve/ads-server.js";
import { dumpSnapshot } from "../../xds-server/snapshot/dump.js";
import { makeSnapshot } from "../../xds-server/snapshot/make-snapshot.js";
import { SnapshotStore } from "../../xds-server/snapshot/snapshot-store.js";
import { makeTranslation } from "../../xds-server/translate/translate.js";
import { ask } from "../e2e/ask.js";
import { Child } from "../e2e/child.js";
import { freePorts } from "../e2e/mesh.js";
import { until } from "../e2e/until.js";
import { toModel } from "../xds-server/translate/model-defaults.js";

const secret = "do-not-show";

describe("the admin port beside an Envoy", function () {
  this.timeout(60_000);
  const log = pino({ level: "silent" });
  const now = (): number => performance.now();
  let folder: string;
  let upstream: Server;
  let xdsServer: XdsServer;
  let admin: Admin;
  let envoy: Child;
  let url: string;
  let readyBefore: Readiness;
  let model: ReturnType<typeof toModel>;

  before(async function () {
    this.timeout(300_000);
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    upstream = createServer((_request, response) => response.writeHead(405).end());
    await new Promise<void>((resolve) => void upstream.listen(0, "127.0.0.1", resolve));
    // A server that listens on TCP has an address with a port.
    const { port } = upstream.address() as AddressInfo;
    const [gatewayPort = 0, deadPort = 0] = await freePorts(2);
    const times = { intervalMs: 200, timeoutMs: 200, healthyThreshold: 1, unhealthyThreshold: 1 };
    model = toModel({
      gateway: { port: gatewayPort },
      servers: {
        checked: { http: { healthCheck: { type: "mcp", ...times }, endpoints: [{ host: "127.0.0.1", port }, { host: "127.0.0.1", port: deadPort }] } },
        named: { http: { endpoints: [{ host: "localhost", port }] } },
        secretive: { http: { endpoints: [{ host: "127.0.0.1", port }], requestHeaders: [{ name: "x-key", value: secret }] }, policy: { auth: { kind: "api_keys", keys: [{ client: "me", key: secret }] } } },
      },
    });
    const store = new SnapshotStore();
    xdsServer = await startXdsServer({ host: "127.0.0.1", port: 0, store, log, now });
    const envoyAdmin = join(folder, "envoy.sock");
    const isReady = (): Readiness => toReadiness(xdsServer.clients(), store.current !== undefined);
    admin = await startAdmin({
      host: "127.0.0.1",
      port: 0,
      log,
      now,
      isReady,
      isServing: () => true,
      envoyAdmin,
      statusInput: () => ({
        version: "0.1.0",
        startedAtMs: 0,
        model,
        problems: [],
        registry: { files: [], reloads: { ok: 1, failed: 0 }, lastReadAtMs: 0 },
        snapshots: { published: 1, lastPublishedAtMs: 0 },
        clients: xdsServer.clients(),
        refusals: xdsServer.refusals(),
        bridges: [],
      }),
      configDump: () => (store.current === undefined ? {} : dumpSnapshot(store.current)),
    });
    url = `http://127.0.0.1:${admin.port}`;
    readyBefore = isReady();
    store.publish(makeSnapshot(makeTranslation({ systemCaFile: "/etc/ssl/certs/ca-certificates.crt" })(model)).value);

    const bootstrap = join(folder, "bootstrap.json");
    const input = { nodeId: "gateway-1", cluster: "test", xdsHost: "127.0.0.1", xdsPort: xdsServer.port, admin: { path: envoyAdmin }, maxDownstreamConnections: 100 };
    writeFileSync(bootstrap, JSON.stringify(makeBootstrap(input)));
    const { path } = await findEnvoy({ env: process.env });
    envoy = new Child({ name: "envoy", command: [path, "-c", bootstrap, "--use-dynamic-base-id", "--concurrency", "1"], env: {} });
    await until("the mesh to be ready", async () => (await ask(url, "/readyz")).status === 200, 30_000).catch((error: unknown) => {
      throw new Error(envoy.log(), { cause: error });
    });
  });

  after(async () => {
    await envoy?.stop();
    await admin?.stop();
    await xdsServer?.stop(0);
    upstream?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is not ready before an Envoy has taken the first snapshot", () => {
    expect(readyBefore).to.deep.equal({ ready: false, reasons: ["nothing is served yet: the registry is being read, or the bridges have not reported", "no Envoy is connected"] });
  });

  it("shows the Envoy, and that it is in sync", async () => {
    const { proxies } = await readStatus();
    expect(proxies.map(({ nodeId, role, inSync }) => ({ nodeId, role, inSync }))).to.deep.equal([{ nodeId: "gateway-1", role: "envoy", inSync: true }]);
    expect(proxies[0]?.types.map(({ type, nack }) => `${type} ${nack?.message ?? "ok"}`)).to.include.members(["Cluster ok", "Listener ok"]);
  });

  it("shows endpoints as Envoy sees them", async () => {
    const checked = await until("the dead endpoint to be seen", async () => {
      const { servers } = await readStatus();
      const found = servers.find(({ id }) => id === "checked");
      return found?.endpoints.some(({ health }) => health === "unhealthy") === true ? found : undefined;
    });
    expect(checked.endpoints.map(({ health, reason }) => ({ health, reason }))).to.deep.equal([{ health: "healthy", reason: undefined }, { health: "unhealthy", reason: "health check failed" }]);
    expect(checked.state).to.equal("serving");
  });

  it("shows the addresses that a name has", async () => {
    const { servers } = await readStatus();
    const [endpoint] = servers.find(({ id }) => id === "named")?.endpoints ?? [];
    expect(endpoint?.health).to.equal("unchecked");
    expect(endpoint?.resolved?.map(({ address }) => address.replace(/:\d+$/, ""))).to.deep.equal(["127.0.0.1"]);
  });

  it("shows Envoy's own configuration, without secrets", async () => {
    const answer = await ask(url, "/envoy/config_dump");
    expect(answer.status).to.equal(200);
    expect(answer.body).to.include("mcp/secretive").and.to.include("x-key").and.to.include("[redacted]");
    expect(answer.body).not.to.include(secret);
  });

  it("shows Envoy's statistics, and tells Prometheus that they are here", async () => {
    const answer = await ask(url, "/envoy/metrics");
    expect(answer.status).to.equal(200);
    expect(answer.headers["content-type"]).to.match(/^text\/plain; version=0\.0\.4/);
    expect(answer.body).to.match(/^# TYPE envoy_server_live gauge\nenvoy_server_live\{\} 1$/m);
    expect(JSON.parse((await ask(url, "/metrics/targets")).body)).to.deep.equal([{ targets: [url.slice("http://".length)], labels: { role: "envoy", __metrics_path__: "/envoy/metrics" } }]);
  });

  async function readStatus(): Promise<Status> {
    return JSON.parse((await ask(url, "/status")).body) as Status;
  }
});

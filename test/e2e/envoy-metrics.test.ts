/** Envoy's metrics listener: what Prometheus and a health check need, and nothing else of the admin. */

import { expect } from "chai";
import { ask } from "./ask.js";
import { closedAfterwards } from "./life.js";
import { startReplica } from "./fixtures/replica.js";
import { startMesh, type Mesh } from "./mesh.js";

describe("envoy's metrics", function () {
  this.timeout(120_000);
  const opened = closedAfterwards();
  let mesh: Mesh;
  before(async () => {
    const replica = await opened(startReplica({ name: "a" }));
    mesh = await opened(startMesh({ metrics: true, servers: { "a.dotted-id": { endpoint: replica.url } } }));
    await ask(mesh.gatewayUrl, "/a.dotted-id");
  });

  it("tell of a server's requests, under its id", async () => {
    const { status, body } = await ask(mesh.metricsUrl, "/stats/prometheus?usedonly");
    expect(status).to.equal(200);
    expect(body).to.match(/^envoy_cluster_upstream_rq_total\{.*server="a\.dotted-id".*\} 1$/m);
  });

  it("are found by Prometheus", async () => {
    const [, host = ""] = mesh.metricsUrl.split("//");
    const labels = { role: "envoy", envoy: "envoy-1", __metrics_path__: "/stats/prometheus", __param_usedonly: "true" };
    expect(JSON.parse((await ask(mesh.adminUrl, "/metrics/targets")).body)).to.deep.equal([{ targets: [host], labels }]);
  });

  it("say that Envoy is ready", async () => {
    expect(await ask(mesh.metricsUrl, "/ready")).to.deep.include({ status: 200, body: "LIVE\n" });
  });

  for (const path of ["/", "/config_dump", "/stats", "/clusters", "/certs", "/listeners", "/stats/prometheus/", "/stats/prometheus/../../config_dump", "/ready/../quitquitquit", "//config_dump"]) {
    it(`have no ${path}`, async () => {
      expect((await ask(mesh.metricsUrl, path)).status).to.equal(404);
    });
  }

  for (const path of ["/quitquitquit", "/healthcheck/fail", "/logging?level=trace", "/reset_counters", "/stats/prometheus", "/ready"]) {
    it(`take no POST to ${path}`, async () => {
      expect((await ask(mesh.metricsUrl, path, { method: "POST" })).status).to.equal(404);
    });
  }

  it("answer no page in a browser that has made a name of its own point here", async () => {
    expect((await ask(mesh.metricsUrl, "/stats/prometheus", { headers: { host: "attacker.example" } })).status).to.equal(404);
  });
});

/** Where the metrics of Envoys and bridges are, as Prometheus' service discovery wants it. */

import { expect } from "chai";
import { toTargets } from "../../../xds-server/admin/metrics-targets.js";

describe("metrics targets", () => {
  const admin = { host: "127.0.0.1:8001", hasEnvoyMetrics: false };
  const bridge = { worker: "w1", host: "10.0.0.1", port: 1, draining: false, servers: [], xds: null };

  it("are those of the bridges that serve any, each under its worker's name", () => {
    const bridges = [{ ...bridge, adminPort: 9101 }, { ...bridge, worker: "w2" }, { ...bridge, worker: "w3", host: "fd00::1", adminPort: 9103 }];
    expect(toTargets({ proxies: [], bridges, admin })).to.deep.equal([
      { targets: ["10.0.0.1:9101"], labels: { role: "bridge", worker: "w1" } },
      { targets: ["[fd00::1]:9103"], labels: { role: "bridge", worker: "w3" } },
    ]);
  });

  it("are those of the Envoys that have said where they serve them, on the address that they connect from", () => {
    const proxy = { nodeId: "e1", role: "envoy" as const, userAgent: "envoy", peer: "10.0.0.2:40000", connectedAt: "", protocol: "delta", inSync: true, types: [] };
    const proxies = [{ ...proxy, metricsPort: 9902 }, { ...proxy, nodeId: "e2" }, { ...proxy, nodeId: "e3", peer: "::ffff:10.0.0.3:40000", metricsPort: 9902 }, { ...proxy, nodeId: "e4", peer: "fd00::4:40000", metricsPort: 9902 }];
    const page = { __metrics_path__: "/stats/prometheus", __param_usedonly: "true" };
    expect(toTargets({ proxies, bridges: [], admin: { ...admin, hasEnvoyMetrics: true } })).to.deep.equal([
      { targets: ["10.0.0.2:9902"], labels: { role: "envoy", envoy: "e1", ...page } },
      { targets: ["10.0.0.3:9902"], labels: { role: "envoy", envoy: "e3", ...page } },
      { targets: ["[fd00::4]:9902"], labels: { role: "envoy", envoy: "e4", ...page } },
    ]);
  });

  it("are the admin port itself where only that can ask the Envoy", () => {
    expect(toTargets({ proxies: [], bridges: [], admin: { host: "localhost:8001", hasEnvoyMetrics: true } })).to.deep.equal([
      { targets: ["localhost:8001"], labels: { role: "envoy", __metrics_path__: "/envoy/metrics" } },
    ]);
  });
});

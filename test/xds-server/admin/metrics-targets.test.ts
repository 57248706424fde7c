/** Where the bridges' metrics are, as Prometheus' service discovery wants it. */

import { expect } from "chai";
import { toTargets } from "../../../xds-server/admin/metrics-targets.js";

describe("metrics targets", () => {
  const bridge = { worker: "w1", host: "10.0.0.1", port: 1, draining: false, servers: [], xds: null };

  it("are those of the bridges that serve any, each under its worker's name", () => {
    const bridges = [{ ...bridge, adminPort: 9101 }, { ...bridge, worker: "w2" }, { ...bridge, worker: "w3", host: "fd00::1", adminPort: 9103 }];
    expect(toTargets({ bridges })).to.deep.equal([
      { targets: ["10.0.0.1:9101"], labels: { worker: "w1" } },
      { targets: ["[fd00::1]:9103"], labels: { worker: "w3" } },
    ]);
  });
});

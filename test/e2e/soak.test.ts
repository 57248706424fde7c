/** End to end, in short: what `npm run bench:soak` does for ten minutes. */

import { expect } from "chai";
import { faultsOf, runSoak, type SoakReport } from "../bench/soak/soak.js";

describe("e2e: soak", () => {
  let report: SoakReport;

  before(async function () {
    this.timeout(240_000);
    report = await runSoak(
      { seconds: 10, sessions: 60, sessionsAtOnce: 16, pauseMs: 200, workers: 2, killProcessEveryMs: 200, killWorkerEveryMs: 2_500, changeRegistryEveryMs: 300, warmUpSeconds: 0 },
      () => undefined,
    );
  });

  it("had something to survive", () => {
    const { counts, incidents } = report;
    for (const happened of [incidents.processesKilled, incidents.workersKilled, incidents.registries, counts.abandoned, counts.right]) expect(happened).to.be.greaterThan(0);
  });

  it("gives every request its own answer or a clear error, goes on with every session, and leaves no process behind", () => {
    expect(faultsOf(report)).to.deep.equal([]);
  });
});

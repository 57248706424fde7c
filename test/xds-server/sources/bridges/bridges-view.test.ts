/** What stays the same object from one view to the next. */

import { expect } from "chai";
import { noReports, takeReport, toBridgesView } from "../../../../xds-server/sources/bridges/reports.js";

describe("the next view of the bridges", () => {
  it("keeps the endpoints of the servers that did not change", () => {
    const counters = { version: "1", reason: "", lastStderrLines: [], warnings: [], processes: 0, sessions: 0, openRequests: 0, queueLength: 0 };
    const first = { worker: "w1", host: "127.0.0.1", port: 9000, draining: false, servers: [{ ...counters, name: "a", state: "READY" as const }, { ...counters, name: "b", state: "READY" as const }] };
    const second = { ...first, servers: [{ ...counters, name: "a", state: "READY" as const }, { ...counters, name: "b", state: "UNHEALTHY" as const }] };

    const { reports } = takeReport(noReports, first, 0);
    const before = toBridgesView(reports, true);
    const after = toBridgesView(takeReport(reports, second, 1).reports, true, before);
    expect(after.workers.get("a")).to.equal(before.workers.get("a"));
    expect(after.workers.get("b")).not.to.equal(before.workers.get("b"));
  });
});

/** What the bridges' reports say together, event by event. */

import { dropExpired, endStream, keepTakenUp, nextExpiryMs, noReports, takeReport, toBridgesView } from "../../../../xds-server/sources/bridges/reports.js";
import type { BridgeReport, StdioServerReport } from "../../../../xds-server/sources/bridges/report.js";
import type { BridgesView } from "../../../../xds-server/model/model.js";
import { golden } from "../../../golden.js";

interface Case {
  readonly events: readonly Event[];
}

/** One thing that happens at a time; with none of them, time just passes. */
interface Event {
  readonly at: number;
  readonly report?: Partial<Omit<BridgeReport, "servers">> & { readonly worker: string; readonly servers?: Readonly<Record<string, Partial<StdioServerReport>>> };
  readonly streamEnded?: string;
  readonly registryHas?: readonly string[];
}

const leases = { leaseMs: 6_000, reconnectMs: 2_000 };

golden<Case>("test/testdata/bridge-reports", ({ events }) => {
  let reports = noReports;
  return events.map((event) => {
    reports = dropExpired(reports, leases, event.at);
    const said: Record<string, unknown> = {};
    if (event.report !== undefined) {
      const taken = takeReport(reports, toReport(event.report), event.at);
      reports = taken.reports;
      if (!taken.isNews) said["heartbeat"] = true;
      if (taken.displaced.length > 0) said["displaced"] = taken.displaced;
    }
    if (event.streamEnded !== undefined) reports = endStream(reports, event.streamEnded, event.at);
    if (event.registryHas !== undefined) reports = keepTakenUp(reports, new Set(event.registryHas));
    return { at: event.at, ...said, ...toPlain(toBridgesView(reports, true)), nextExpiry: nextExpiryMs(reports, leases) ?? "never" };
  });
});

function toReport({ servers = {}, ...said }: NonNullable<Event["report"]>): BridgeReport {
  return { host: "10.0.0.1", port: 9000, draining: false, ...said, servers: Object.entries(servers).map(([name, server]) => toServer(name, server)) };
}

function toServer(name: string, said: Partial<StdioServerReport>): StdioServerReport {
  const counters = { processes: 0, sessions: 0, openRequests: 0, queueLength: 0 };
  return { name, version: "v1", state: "READY", reason: "", lastStderrLines: [], warnings: [], ...counters, ...said };
}

function toPlain({ workers, problems }: BridgesView): object {
  return { workers: Object.fromEntries(workers), problems };
}

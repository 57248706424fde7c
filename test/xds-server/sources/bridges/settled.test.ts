/** When the bridges have said enough for Envoy to be told. */

import { expect } from "chai";
import { noReports, takeReport, type Reports } from "../../../../xds-server/sources/bridges/reports.js";
import { isSettled, type SettledInput } from "../../../../xds-server/sources/bridges/settled.js";
import type { StdioServerState } from "../../../../xds-server/sources/bridges/report.js";

type Said = Readonly<Record<string, StdioServerState>>;

const cases: readonly (readonly [string, Partial<SettledInput>, readonly Said[], boolean])[] = [
  ["is not settled before the registry has been read", { stdioServerIds: undefined }, [{ a: "READY" }], false],
  ["is settled without stdio servers", { stdioServerIds: new Set(), expectedBridges: undefined }, [], true],
  ["does not wait for bridges when there is nothing to run", { stdioServerIds: new Set() }, [], true],
  ["waits for the expected bridges", { expectedBridges: 2 }, [{ a: "READY", b: "READY" }], false],
  ["waits for servers that are starting", {}, [{ a: "READY", b: "STARTING" }], false],
  ["waits for a bridge that has not got its configuration", {}, [{}], false],
  ["waits for a server that no bridge names", {}, [{ a: "READY" }], false],
  ["is settled when every server is ready or known to fail", {}, [{ a: "READY", b: "UNHEALTHY" }], true],
  ["is settled when several bridges cover all servers between them", { expectedBridges: 2 }, [{ a: "READY" }, { b: "READY" }], true],
  ["lets time pass when nobody knows how many bridges there are", { expectedBridges: undefined }, [{ a: "READY", b: "READY" }], false],
  ["is settled in the end whatever is missing", { sinceStartMs: 3_000, stdioServerIds: undefined }, [], true],
];

describe("the bridges' view", () => {
  for (const [name, input, said, expected] of cases) {
    it(name, () => {
      const usual = { expectedBridges: 1, stdioServerIds: new Set(["a", "b"]), sinceStartMs: 0, settleMs: 3_000 };
      expect(isSettled({ ...usual, ...input, reports: toReports(said) })).to.equal(expected);
    });
  }
});

function toReports(said: readonly Said[]): Reports {
  return said.reduce((reports, states, index) => {
    const counters = { processes: 0, sessions: 0, openRequests: 0, queueLength: 0 };
    const servers = Object.entries(states).map(([name, state]) => ({ name, version: "1", state, reason: "", lastStderrLines: [], warnings: [], ...counters }));
    return takeReport(reports, { worker: `w${index}`, host: "127.0.0.1", port: 9000 + index, draining: false, servers }, 0).reports;
  }, noReports);
}

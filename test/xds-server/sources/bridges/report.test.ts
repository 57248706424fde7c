/** What of a bridge's report is refused, and what is cut. */

import { expect } from "chai";
import fc from "fast-check";
import type { BridgeReport__Output } from "../../../../protos/gen/mcp_mesh/v1/BridgeReport.js";
import type { StdioServerReport__Output } from "../../../../protos/gen/mcp_mesh/v1/StdioServerReport.js";
import { readBridgeReport } from "../../../../xds-server/sources/bridges/report.js";

const server: StdioServerReport__Output = { name: "memory", version: "1", state: "READY", last_stderr_lines: [], warnings: [], processes: 1 };
const wire: BridgeReport__Output = { worker: "w1", host: "127.0.0.1", port: 9000, servers: [server] };

const refusals: readonly (readonly [string, Partial<BridgeReport__Output>, RegExp])[] = [
  ["no worker name", { worker: "" }, /worker "" is not a name/],
  ["a name with a line break", { worker: "a\nb" }, /worker "a b" is not a name/],
  ["a host name", { host: "bridge.local" }, /host "bridge.local" of worker "w1" is not an IP address/],
  ["the address that means all", { host: "0.0.0.0" }, /means every address/],
  ["port 0", { port: 0 }, /port 0 of worker "w1" is not in 1..65535/],
  ["a port out of range", { port: 70_000 }, /port 70000/],
  ["an admin port out of range", { admin_port: 70_000 }, /admin port 70000 of worker "w1" is not in 1..65535/],
  ["a server twice", { servers: [server, server] }, /reports server "memory" twice/],
  ["a server without name", { servers: [{ ...server, name: "" }] }, /server "" of worker "w1"/],
  ["more servers than anybody has", { servers: Array.from({ length: 10_001 }, (_, index) => ({ ...server, name: `s${index}` })) }, /reports 10001 servers/],
];

describe("a bridge's report", () => {
  for (const [name, change, why] of refusals) {
    it(`with ${name} is refused`, () => {
      const read = readBridgeReport({ ...wire, ...change });
      expect(read.kind === "refused" ? read.why : read).to.match(why);
    });
  }

  it("is taken as it is when nothing is wrong, with zeros where the wire has nothing", () => {
    const counters = { processes: 1, sessions: 0, openRequests: 0, queueLength: 0 };
    const taken = { name: "memory", version: "1", state: "READY", reason: "", lastStderrLines: [], warnings: [], ...counters };
    expect(readBridgeReport(wire)).to.deep.equal({ kind: "report", report: { ...wire, draining: false, servers: [taken] } });
  });

  it("in a state that only a newer bridge knows counts as starting", () => {
    const read = readBridgeReport({ ...wire, servers: [{ ...server, state: "STATE_UNSPECIFIED" }] });
    expect(read.kind === "report" && read.report.servers[0]?.state).to.equal("STARTING");
  });

  it("keeps the last lines of stderr only, without what a terminal would obey", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `\u001b[31mline\u0007 ${index}\u001b[0m`);
    const read = readBridgeReport({ ...wire, servers: [{ ...server, last_stderr_lines: lines }] });
    const kept = read.kind === "report" ? read.report.servers[0]?.lastStderrLines : [];
    expect(kept).to.have.length(20);
    expect(kept?.[19]).to.equal("line  29");
  });

  it("never shows a control character, nor more than 500 characters of a line", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 1_000 }), (text) => {
      const read = readBridgeReport({ ...wire, servers: [{ ...server, reason: text, last_stderr_lines: [text] }] });
      const shown = read.kind === "report" ? [read.report.servers[0]?.reason, read.report.servers[0]?.lastStderrLines[0]] : [];
      expect(shown.every((line) => line !== undefined && line.length <= 500 && !/\p{Cc}/u.test(line))).to.equal(true);
    }));
  });
});

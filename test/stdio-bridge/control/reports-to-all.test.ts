/** A worker reports to every xds-server behind a name, to those that come later too, and to none that has gone. */

import { expect } from "chai";
import { credentials } from "@grpc/grpc-js";
import { pino } from "pino";
import { oneEach, ReportsToAll } from "../../../stdio-bridge/control/reports-to-all.js";
import { FakeXdsServer } from "../fake-xds-server.js";

describe("reports to all xds-servers", () => {
  const first = "127.0.0.1", second = "127.0.0.2";
  let reports: ReportsToAll | undefined;
  const xdsServers: FakeXdsServer[] = [];

  before(function () {
    if (process.platform === "linux") return;
    console.log(`    passed over: ${second} is an address of this machine only on Linux`);
    this.skip();
  });

  afterEach(() => {
    reports?.stop();
    for (const xdsServer of xdsServers.splice(0)) xdsServer.stop();
  });

  async function start(host: string, port?: number): Promise<FakeXdsServer> {
    const xdsServer = await new FakeXdsServer(host).start(port);
    xdsServers.push(xdsServer);
    return xdsServer;
  }

  function report(port: number, lookUp: (name: string) => Promise<readonly string[]>): ReportsToAll {
    return (reports = new ReportsToAll({
      address: `xds.mesh.svc:${port}`,
      credentials: credentials.createInsecure(),
      log: pino({ level: "silent" }),
      heartbeatMs: 20,
      calmMs: 1,
      lookUpMs: 20,
      lookUp,
      makeReport: () => ({ worker: "worker-1", host: "127.0.0.1", port: 9_001, servers: [] }),
    }));
  }

  it("tells each of them, also one that comes later, and stops when one has gone", async () => {
    const one = await start(first);
    const addresses = [first];
    report(one.port, async (name) => (name === "xds.mesh.svc" ? [...addresses] : []));
    await one.reports.any(() => true);
    const other = await start(second, one.port);
    addresses.push(second);
    await other.reports.any(() => true);
    addresses.splice(0, 1);
    await one.reportsEnded.any(() => true);
    const before = other.reports.all.length;
    await other.reports.any((latest) => other.reports.all.indexOf(latest) > before);
  });

  it("goes on with those it knows while the name cannot be looked up", async () => {
    const one = await start(first);
    let isFailing = false, failures = 0;
    report(one.port, async () => {
      if (!isFailing) return [first];
      failures++;
      throw new Error("SERVFAIL");
    });
    await one.reports.any(() => true);
    isFailing = true;
    await one.reports.any(() => failures >= 3);
    const before = one.reports.all.length;
    await one.reports.any((latest) => one.reports.all.indexOf(latest) > before);
    expect(one.reportsEnded.all).to.deep.equal([]);
  });

  it("ends all of them", async () => {
    const one = await start(first);
    const other = await start(second, one.port);
    const all = report(one.port, async () => [first, second]);
    await Promise.all([one, other].map(({ reports }) => reports.any(() => true)));
    all.stop();
    await Promise.all([one, other].map(({ reportsEnded }) => reportsEnded.any(() => true)));
  });
});

describe("the addresses behind a name", () => {
  const cases: readonly { readonly what: string; readonly found: readonly string[]; readonly taken: readonly string[] }[] = [
    { what: "are all reported to", found: ["10.0.0.1", "10.0.0.2"], taken: ["10.0.0.1", "10.0.0.2"] },
    { what: "count once each", found: ["10.0.0.1", "10.0.0.1"], taken: ["10.0.0.1"] },
    { what: "are those of IPv4, where pods have both", found: ["fd00::1", "10.0.0.1", "fd00::2", "10.0.0.2"], taken: ["10.0.0.1", "10.0.0.2"] },
    { what: "may be of IPv6", found: ["fd00::1", "fd00::2"], taken: ["fd00::1", "fd00::2"] },
    { what: "are left to gRPC for a name of this machine", found: ["::1", "127.0.0.1"], taken: ["localhost"] },
  ];
  for (const { what, found, taken } of cases) it(what, () => expect(oneEach(found, "localhost")).to.deep.equal(taken));
});

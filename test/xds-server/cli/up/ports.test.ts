/** Tests of how ports are picked and checked, on real sockets. */

import { expect } from "chai";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { readListeningInodes } from "../../../../xds-server/cli/up/port-holder.js";
import { settlePorts } from "../../../../xds-server/cli/up/ports.js";

describe("ports", () => {
  const host = "127.0.0.1";
  let taken: Server;
  let takenPort: number;
  before(async () => {
    taken = createServer().listen(0, host);
    await once(taken, "listening");
    takenPort = (taken.address() as AddressInfo).port;
  });
  after(() => { taken.close(); });

  it("picks free ports that differ, and lets them go", async () => {
    const wanted = { host, port: 0, what: "a", flag: "--a" };
    const { ports, problems } = await settlePorts([wanted, wanted, wanted]);
    expect(problems).to.deep.equal([]);
    expect(new Set(ports).size).to.equal(3);
    const again = await settlePorts(ports.map((port) => ({ ...wanted, port })));
    expect(again).to.deep.equal({ ports, problems: [] });
  });

  it("names a port that is in use, who holds it, and the flag", async () => {
    const { problems } = await settlePorts([{ host, port: takenPort, what: "the gateway", flag: "--port" }]);
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include(`port ${takenPort} for the gateway is in use`).and.to.include("--port (0 picks a free one)");
    if (process.platform === "linux") expect(problems[0]).to.include(`(process ${process.pid})`);
  });

  it("finds the same port wanted twice", async () => {
    const { ports: [port = 0] } = await settlePorts([{ host, port: 0, what: "a", flag: "--a" }]);
    const { problems } = await settlePorts([{ host, port, what: "a", flag: "--a" }, { host, port, what: "b", flag: "--b" }]);
    expect(problems).to.deep.equal([`port ${port} is wanted for a and for b: choose another with --b (0 picks a free one)`]);
  });

  it("says so of an address that is not this machine's", async () => {
    const { problems } = await settlePorts([{ host: "192.0.2.1", port: 0, what: "the gateway", flag: "--port" }]);
    expect(problems).to.deep.equal(["address 192.0.2.1 for the gateway is not one of this machine's: use 127.0.0.1, 0.0.0.0 or an address of a network card"]);
  });

  it("reads who listens out of the kernel's table", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0",
      "   1: 0100007F:1F40 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1",
      "   2: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0",
    ].join("\n");
    expect(readListeningInodes(table, 8000)).to.deep.equal(["4711"]);
  });
});

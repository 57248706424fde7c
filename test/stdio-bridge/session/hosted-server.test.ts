/** How many sessions a worker keeps of one server when they come back by their ids, and which it has seen the end of. */

import { expect } from "chai";
import { pino } from "pino";
import { poolTimes } from "../../../stdio-bridge/pool/pool.js";
import { startCustody, type Custody } from "../../../stdio-bridge/process/custody.js";
import { Tally } from "../../../stdio-bridge/process/tally.js";
import { EraMemory } from "../../../stdio-bridge/session/era.js";
import { HostedServer } from "../../../stdio-bridge/session/hosted-server.js";
import { sealId } from "../../../stdio-bridge/session/sealed-id.js";
import { sessionLimits } from "../../../stdio-bridge/session/session.js";
import { oddServer } from "../bridge.js";

const issuedAtMs = Date.now();
const key = { id: 1, key: Buffer.alloc(32) };
const params = Buffer.from('{"protocolVersion":"2025-11-25","capabilities":{}}');

/** The id of a session of some other worker. */
function idOf(number: number): string {
  const uid = Buffer.alloc(16), nonce = Buffer.alloc(12);
  uid.writeUInt32BE(number);
  nonce.writeUInt32BE(number);
  return sealId({ uid, issuedAtMs, revision: "2025-11-25", params }, key, "odd", nonce).id;
}

for (const shared of [undefined, { concurrency: 4, maxRequests: 0 }]) {
  describe(`hosted server, ${shared === undefined ? "a process for each session" : "shared processes"}`, function () {
    this.timeout(30_000);
    const log = pino({ level: "silent" });
    let custody: Custody, server: HostedServer;

    beforeEach(() => {
      custody = startCustody(log, new Tally());
      const [program = "", ...args] = oddServer;
      server = new HostedServer(
        {
          name: "odd", version: "1", idleTimeoutMs: 60_000, shared,
          command: { argv: [program, ...args], workingDir: undefined, env: { PATH: process.env["PATH"] ?? "" }, secretNames: [], maxMessageBytes: 1_000_000, limits: { memoryBytes: undefined, cpus: undefined }, user: undefined },
          pool: { min: 0, max: 4, queueMax: 4, queueTimeoutMs: 5_000 },
          sessions: { keys: [key], endOnLoss: false, maxAgeMs: 3_600_000 },
        },
        { times: { pool: poolTimes, drainMs: 1_000, leftMs: 1_000, removeMs: 1_000 }, limits: sessionLimits, surroundings: { custody, log }, eras: new EraMemory(), worker: { address: () => "127.0.0.1:1", life: "a life" }, onState: () => undefined },
      );
    });
    afterEach(async () => {
      await server.stop({ closeMs: 500, termMs: 500 }, "the test is over");
      custody.stop();
    });

    it("has room for 20,000 without a process, not for one more, and again when one is forgotten", () => {
      for (let number = 0; number < 20_000; number++) expect(server.find(idOf(number)).kind).to.equal("live");
      expect(server.status()).to.include({ sessions: 20_000, processes: 0 });
      const tooMany = server.find(idOf(20_000));
      expect(tooMany).to.deep.equal({ kind: "no_room", what: "20000 sessions are open already" });
      const first = server.find(idOf(0));
      if (first.kind === "live") first.session.forget("the test wants it");
      expect(server.find(idOf(20_000)).kind).to.equal("live");
    });

    it("brings back what was forgotten, not what has ended, as long as it remembers the end", () => {
      const find = (number: number): string => {
        const found = server.find(idOf(number));
        if (found.kind === "live") found.session.end("the client has ended it");
        return found.kind;
      };
      expect([find(0), find(0)]).to.deep.equal(["live", "unknown"]);
      for (let number = 1; number < 10_000; number++) find(number);
      expect(find(0)).to.equal("unknown");
      expect([find(10_000), find(0)]).to.deep.equal(["live", "live"]);
      const forgotten = server.find(idOf(20_001));
      if (forgotten.kind === "live") forgotten.session.forget("it was idle");
      expect(server.find(idOf(20_001)).kind).to.equal("live");
    });

    it("has one session for one id, and none without", () => {
      const [one, other] = [server.find(idOf(1)), server.find(idOf(1))];
      expect(one).to.deep.equal(other);
      expect(server.find(undefined).kind).to.equal("absent");
    });
  });
}

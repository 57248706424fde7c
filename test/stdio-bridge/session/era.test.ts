/** Which revisions a command's processes speak: asked of real processes, well-behaved and odd ones. */

import { expect } from "chai";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { projectRoot } from "../../../protos/project-root.js";
import { Pool, poolTimes } from "../../../stdio-bridge/pool/pool.js";
import { startCustody, type Custody } from "../../../stdio-bridge/process/custody.js";
import { Tally } from "../../../stdio-bridge/process/tally.js";
import type { ProcessCommand } from "../../../stdio-bridge/process/process-command.js";
import { EraMemory, EraProbe, type EraTimes } from "../../../stdio-bridge/session/era.js";
import { oddServer } from "../bridge.js";

const twoEraServer = [process.execPath, join(projectRoot, "test/stdio-bridge/fixtures/two-era-server.mjs")];
const times: EraTimes = { discoverMs: 300, answerMs: 10_000 };
const never = new AbortController().signal;

describe("era", () => {
  const log = pino({ level: "silent" });
  let custody: Custody, folder: string, pools: Pool[] = [];

  before(() => {
    custody = startCustody(log, new Tally());
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-era-"));
  });
  afterEach(async () => {
    await Promise.all(pools.map((pool) => pool.stop({ closeMs: 200, termMs: 200 })));
    pools = [];
  });
  after(() => {
    custody.stop();
    rmSync(folder, { recursive: true });
  });

  /** `starts`: a file that gets a line with each process. */
  function probe(argv: readonly string[], memory = new EraMemory(), starts?: string): { readonly probe: EraProbe; readonly pool: Pool } {
    const counted = starts === undefined ? argv : ["/bin/sh", "-c", `echo started >> '${starts}'; exec "$0" "$@"`, ...argv];
    const [program = "", ...args] = counted;
    const command: ProcessCommand = { argv: [program, ...args], workingDir: undefined, env: { PATH: process.env["PATH"] ?? "" }, secretNames: [], maxMessageBytes: 1_000_000, limits: { memoryBytes: undefined, cpus: undefined }, user: undefined };
    const pool = new Pool(command, { min: 0, max: 2, queueMax: 4, queueTimeoutMs: 10_000 }, poolTimes, { custody, log, tally: new Tally() }, { onState: () => undefined });
    pools.push(pool);
    return { probe: new EraProbe(command, pool, memory, times), pool };
  }

  it("finds a server of both eras modern, with the very bytes of what it says of itself, and older too", async () => {
    const { probe: both } = probe(twoEraServer);
    const era = await both.eraOf(never);
    if (era.kind !== "modern") throw new Error(`it is ${era.kind}`);
    expect(era.discovered.supportedVersions).to.include("2026-07-28");
    expect(JSON.parse(era.discovered.result.toString("utf8"))).to.have.nested.property("capabilities.tools");
    expect(await both.legacyOf(never)).to.deep.equal({ kind: "spoken" });
  });

  it("finds one that refuses initialize modern, and not older", async () => {
    const { probe: modern } = probe([...twoEraServer, "--modern-only"]);
    expect(await modern.eraOf(never)).to.have.property("kind", "modern");
    expect(await modern.legacyOf(never)).to.deep.equal({ kind: "not_spoken" });
  });

  for (const [what, argv] of [
    ["answers with an error", [...twoEraServer, "--legacy-only"]],
    ["answers with a result that is none", oddServer],
    ["says nothing to it", [...oddServer, "--silent-on-discover"]],
    ["ends at it", [...oddServer, "--exit-on-discover"]],
  ] as const) {
    it(`finds one that ${what} legacy, and its pool in good health`, async () => {
      const { probe: legacy, pool } = probe(argv);
      expect(await legacy.eraOf(never)).to.deep.equal({ kind: "legacy" });
      expect(pool.state).to.deep.equal({ kind: "ready" });
    });
  }

  it("gives no verdict about a command that does not run, and asks again", async () => {
    const flag = join(folder, "may-run");
    const { probe: broken } = probe(["/bin/sh", "-c", `[ -e '${flag}' ] || exit 9; exec "$0" "$@"`, ...twoEraServer]);
    expect(await broken.eraOf(never)).to.include({ kind: "refused", why: "cannot_start" });
    appendFileSync(flag, "");
    expect(await broken.eraOf(never)).to.have.property("kind", "modern");
  });

  it("asks once for all who want to know, and never again", async () => {
    const starts = join(folder, "once");
    const memory = new EraMemory();
    const { probe: first } = probe(twoEraServer, memory, starts);
    expect((await Promise.all([first.eraOf(never), first.eraOf(never)])).map(({ kind }) => kind)).to.deep.equal(["modern", "modern"]);
    const { probe: second } = probe(twoEraServer, memory, starts);
    expect(second.knownEra).to.have.property("kind", "modern");
    expect(await second.eraOf(never)).to.have.property("kind", "modern");
    expect(readFileSync(starts, "utf8")).to.equal("started\n");
  });

  it("lets one go who does not wait any more, and tells the others", async () => {
    const { probe: slow } = probe([...oddServer, "--silent-on-discover"]);
    const stop = new AbortController();
    const [left, stayed] = [slow.eraOf(stop.signal), slow.eraOf(never)];
    stop.abort();
    expect(await left).to.include({ kind: "refused", why: "abandoned" });
    expect(await stayed).to.deep.equal({ kind: "legacy" });
  });

  it("forgets the verdict that was not needed for longest", async () => {
    const memory = new EraMemory(2);
    const ask = (key: string) => memory.find(key, () => Promise.resolve({ kind: "legacy" as const }));
    for (const key of ["a", "b", "a", "c"]) await ask(key);
    expect(["a", "b", "c"].map((key) => memory.known(key)?.kind)).to.deep.equal(["legacy", undefined, "legacy"]);
  });
});

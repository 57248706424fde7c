/** End to end: the official MCP conformance suite finds through the mesh what it finds at the server itself, check by check. */

import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { fetchSuite, runs, runSuite, type Check, type Suite } from "../conformance/suite.js";
import { orSkip } from "../fetched.js";
import { Child } from "./child.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

interface Way {
  readonly id: string;
  readonly title: string;
  /** Checks that the way itself, and not the mesh, lets end otherwise, but not fail. */
  readonly differing: RegExp;
  /** Checks that fail as the server behind it is of another revision. */
  readonly failing?: RegExp;
  /** Default: all. */
  readonly runs?: readonly string[];
}

// A stdio server has no HTTP stream that it could close before it answers.
const noStreamToClose = /^server-sse-polling: (incoming-sse-event|stream-closed|outgoing-request|incoming-response|server-sse-disconnect-resume) /;
// A subscription is in the memory of the replica, or of the worker, that took it, and another one was told of the change: SHOULD, and a warning.
const otherReplica = /^server-stateless: sep-2575-server-sends-(prompts|tools)-list-changed-on-subscription /;
const ofStdio = new RegExp(`${noStreamToClose.source}|${otherReplica.source}`);

/**
 * A server of older revisions gives its questions no names, so the bridge does; it has no arguments in headers; it runs what
 * needs a capability before it finds that the client has none; and roots of one client are not for a process of several.
 */
const ofOlderServer = /^(http-custom-header-server-validation: |input-required-result-(basic-elicitation|basic-list-roots|multiple-input-requests): |server-stateless: sep-2575-(server-rejects-undeclared-capability|missing-capability-http-400) )/;

const ways: readonly Way[] = [
  { id: "own", title: "stdio, a process a session", differing: ofStdio },
  { id: "shared", title: "stdio, shared processes", differing: ofStdio },
  { id: "modern", title: "stdio, a server of 2026-07-28 alone", runs: ["2025-11-25", "the older suite"], differing: ofStdio },
  { id: "legacy", title: "stdio, a server of older revisions alone", runs: ["2026-07-28"], differing: ofStdio, failing: ofOlderServer },
  { id: "replicas", title: "HTTP, three replicas", differing: otherReplica },
];

describe("e2e: MCP conformance", function () {
  this.timeout(150_000);
  const opened = closedAfterwards();
  const direct = new Map<string, readonly Check[]>();
  let suite: Suite;
  let mesh: Mesh;
  let url: string;

  before(async function () {
    this.timeout(300_000);
    suite = await orSkip(this, fetchSuite());
    const env = { CONFORMANCE_STATE_KEY: "one key for all of them, 32 bytes or more" };
    const fixture = (name: string): string => join(projectRoot, "dist/test/conformance/fixture", name);
    const urls: string[] = [];
    for (const name of ["direct", "a", "b", "c"]) {
      const child = await opened(new Child({ name, command: [process.execPath, fixture("http.js")], env }));
      const port = await until(`the port of ${name}`, () => /^port (\d+)$/m.exec(child.log())?.[1]);
      urls.push(`http://127.0.0.1:${port}/mcp`);
    }
    url = urls[0] ?? "";
    mesh = await opened(startMesh({ workers: 2 }));
    const stdio = { type: "stdio", cmd: [process.execPath, fixture("stdio.js")], env };
    await mesh.serve({
      own: { ...stdio, pool: { min: 1, max: 20 } },
      modern: { ...stdio, cmd: [...stdio.cmd, "modern"], pool: { min: 1, max: 20 } },
      legacy: { ...stdio, cmd: [...stdio.cmd, "legacy"], pool: { min: 1, max: 20 } },
      shared: { ...stdio, isolation: "shared", pool: { min: 1, max: 2 } },
      replicas: { type: "http", instances: urls.slice(1).map((endpoint) => ({ endpoint })), load_balancing: "round_robin" },
    });
    for (const { id } of ways) await mesh.untilServed(id);
  });

  for (const run of runs) {
    describe(run.name, () => {
      before(async () => {
        direct.set(run.name, await runSuite(suite, run, url));
      });

      it("the server itself passes what is required", () => {
        const checks = direct.get(run.name) ?? [];
        expect(checks.filter(({ status }) => status === "SUCCESS").length).to.be.greaterThan(40);
        expect(checks.filter(({ name, status }) => status === "FAILURE" && !isExtension(name))).to.deep.equal([]);
        console.log(`        ${toCounts(checks)}`);
      });

      for (const { id, title, differing, failing } of ways.filter((way) => way.runs?.includes(run.name) ?? true)) {
        it(`${title}: the same${failing === undefined ? "" : ", but for what it cannot know"}`, async () => {
          const through = await runSuite(suite, run, `${mesh.gatewayUrl}/${id}`);
          const worse = compare(direct.get(run.name) ?? [], through).filter((difference) => !isBetter(difference));
          const unexpected = worse.filter(({ name, statuses }) => !(failing?.test(name) ?? false) && (statuses.includes("FAILURE") || !differing.test(name)));
          expect(unexpected.map(toSentence)).to.deep.equal([]);
          console.log(`        ${toCounts(through)}`);
        });
      }
    });
  }
});

/** Tasks are an extension that the SDK's server does not have. */
function isExtension(check: string): boolean {
  return check.startsWith("tasks-");
}

interface Difference {
  readonly name: string;
  readonly directly: readonly string[];
  readonly statuses: readonly string[];
  readonly why: readonly string[];
}

function compare(direct: readonly Check[], through: readonly Check[]): readonly Difference[] {
  const names = new Set([...direct, ...through].map(({ name }) => name));
  const of = (name: string, checks: readonly Check[]): readonly Check[] => checks.filter((check) => check.name === name);
  const statuses = (checks: readonly Check[]): readonly string[] => checks.map(({ status }) => status).sort();
  return [...names].map((name) => ({
    name,
    directly: statuses(of(name, direct)),
    statuses: statuses(of(name, through)),
    why: of(name, through).flatMap(({ message }) => (message === "" ? [] : [message])),
  })).filter(({ directly, statuses: found }) => directly.join() !== found.join());
}

/** As where the suite finds streams that may be there, but need not. */
function isBetter({ directly, statuses }: Difference): boolean {
  return directly.length === statuses.length && statuses.every((status) => status === "SUCCESS");
}

function toSentence({ name, directly, statuses, why }: Difference): string {
  const told = (found: readonly string[]): string => found.join(" ") || "not made";
  return `${name}: directly ${told(directly)}, through the mesh ${told(statuses)} ${why.join("; ")}`.trimEnd();
}

function toCounts(checks: readonly Check[]): string {
  const count = (wanted: Check["status"]): number => checks.filter(({ status }) => status === wanted).length;
  return `${count("SUCCESS")} passed, ${count("FAILURE")} failed, ${count("WARNING")} warnings`;
}

/** Tests of when a child is started again, and when not. */

import { expect } from "chai";
import { afterExit, type Decision, type Exit } from "../../../../xds-server/cli/up/restart-policy.js";

describe("restart-policy", () => {
  const exit: Exit = { ranMs: 1_000, failuresBefore: 0, hasBeenReady: true, attemptsAtStart: 3 };
  const cases: ReadonlyArray<readonly [what: string, exit: Partial<Exit>, decision: Decision]> = [
    ["starts it again soon the first time", {}, { kind: "restart", afterMs: 100, failures: 1 }],
    ["waits twice as long each time that it fails soon", { failuresBefore: 3 }, { kind: "restart", afterMs: 800, failures: 4 }],
    ["never waits longer than ten seconds", { failuresBefore: 1_000 }, { kind: "restart", afterMs: 10_000, failures: 1_001 }],
    ["begins anew after it ran steadily", { failuresBefore: 9, ranMs: 30_000 }, { kind: "restart", afterMs: 100, failures: 1 }],
    ["tries again while the mesh starts", { hasBeenReady: false, failuresBefore: 1 }, { kind: "restart", afterMs: 200, failures: 2 }],
    ["gives up when it never came up", { hasBeenReady: false, failuresBefore: 2 }, { kind: "give_up" }],
    ["gives up at once where one attempt must do", { hasBeenReady: false, attemptsAtStart: 1 }, { kind: "give_up" }],
    ["never gives up once the mesh has been ready", { attemptsAtStart: 1, failuresBefore: 99 }, { kind: "restart", afterMs: 10_000, failures: 100 }],
  ];
  for (const [what, more, decision] of cases) {
    it(what, () => expect(afterExit({ ...exit, ...more })).to.deep.equal(decision));
  }
});

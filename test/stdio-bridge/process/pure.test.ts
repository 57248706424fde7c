/** Backoff, rate of log lines, and what is said of an end: values in, values out. */

import { expect } from "chai";
import { backoffMs } from "../../../stdio-bridge/process/backoff.js";
import { LineRate } from "../../../stdio-bridge/process/line-rate.js";
import { makeMask } from "../../../stdio-bridge/process/mask.js";
import { describeExit, toProcessError } from "../../../stdio-bridge/process/process-exit.js";

describe("backoff", () => {
  const limits = { firstMs: 100, maxMs: 5_000 };

  it("doubles up to the limit", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => backoffMs(failures, limits, 1))).to.deep.equal([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it("is spread over half to whole of the time", () => {
    expect([0, 0.5, 1].map((random) => backoffMs(2, limits, random))).to.deep.equal([100, 150, 200]);
  });
});

describe("line rate", () => {
  it("lets a burst pass, then so many a second, and counts the rest", () => {
    const rate = new LineRate({ burst: 2, perSecond: 1 }, 0);
    const taken = [0, 0, 0, 0, 900, 1_000, 1_100, 10_000, 10_000, 10_000].map((nowMs) => rate.take(nowMs)?.suppressed);
    expect(taken).to.deep.equal([0, 0, undefined, undefined, undefined, 3, undefined, 1, 0, undefined]);
  });
});

describe("mask", () => {
  const env = { TOKEN: "abc-def-ghi", LONGER: "abc-def-ghi-jkl", FLAG: "1", PEM: "-----BEGIN-----\nMIIEvAIBADANBg\n-----END-----", PATH: "/usr/bin" };
  const mask = makeMask({ env, secretNames: ["TOKEN", "LONGER", "FLAG", "PEM"] });
  const cases: readonly (readonly [what: string, line: string, masked: string])[] = [
    ["a value by its name", "login failed: bad token abc-def-ghi!", "login failed: bad token ${TOKEN}!"],
    ["the longer of two first", "abc-def-ghi-jkl, abc-def-ghi", "${LONGER}, ${TOKEN}"],
    ["a line of a value of several", "key MIIEvAIBADANBg", "key ${PEM}"],
    ["neither what is short nor what is not the server's own", "1 program in /usr/bin", "1 program in /usr/bin"],
  ];
  for (const [what, line, masked] of cases) it(`replaces ${what}`, () => expect(mask(line)).to.equal(masked));
});

describe("process exit", () => {
  const command = { argv: ["program"] as const, workingDir: undefined, env: {}, secretNames: [], maxMessageBytes: 1, limits: { memoryBytes: undefined, cpus: undefined }, user: undefined };
  const error = (code: string): Error => Object.assign(new Error(`spawn program ${code}`), { code });

  for (const { code, workingDir, expected } of [
    { code: "ENOENT", workingDir: undefined, expected: 'could not be started: command "program" not found: install it on the bridge\'s machine, or give its full path' },
    { code: "ENOENT", workingDir: "/nowhere", expected: 'could not be started: working directory "/nowhere" is not a directory that the bridge can enter' },
    { code: "EACCES", workingDir: undefined, expected: 'could not be started: command "program" may not be executed: check its permissions' },
    { code: "EAGAIN", workingDir: undefined, expected: 'could not be started: command "program" cannot be started: spawn program EAGAIN' },
  ]) {
    it(`says what ${code} means${workingDir === undefined ? "" : " with a working directory that is not there"}`, () => {
      expect(describeExit({ kind: "not_started", error: toProcessError({ ...command, workingDir }, error(code)) })).to.equal(expected);
    });
  }

  it("says how a process ended", () => {
    expect(describeExit({ kind: "exited", code: 3 })).to.equal("ended with exit code 3");
    expect(describeExit({ kind: "killed", signal: "SIGSEGV" })).to.equal("was ended by SIGSEGV");
    expect(describeExit({ kind: "closed_output" })).to.equal("closed its output");
  });
});

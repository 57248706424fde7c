/** Marks are read as they were written, and only those of ours; families hold whom they should. */

import { expect } from "chai";
import fc from "fast-check";
import { familyOf } from "../../../stdio-bridge/process/family.js";
import type { ListedProcess } from "../../../stdio-bridge/process/process-list.js";
import { findProcessMark, markVariable, readWorkerMark, writeProcessMark, writeWorkerMark, type ProcessMark } from "../../../stdio-bridge/process/process-mark.js";

const mark: ProcessMark = { worker: { namespace: "4026531836", pid: 12, startTicks: "998877", nonce: "0123456789abcdef" }, number: 7 };
const marks = fc.record({
  worker: fc.record({
    namespace: fc.nat().map(String), pid: fc.nat(), startTicks: fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String),
    nonce: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("hex")),
  }),
  number: fc.nat(),
});

describe("process mark", () => {
  it("is found in an environment wherever it stands", () => {
    fc.assert(fc.property(marks, fc.array(fc.stringMatching(/^[A-Z]{1,8}=[a-z.=]{0,20}$/)), fc.nat(), (given, others, place) => {
      const variables = [...others];
      variables.splice(place % (others.length + 1), 0, `${markVariable}=${writeProcessMark(given)}`);
      expect(findProcessMark(Buffer.from(variables.map((variable) => `${variable}\0`).join("")))).to.deep.equal(given);
      expect(readWorkerMark(writeWorkerMark(given.worker))).to.deep.equal(given.worker);
    }));
  });

  for (const { what, environ } of [
    { what: "an empty environment", environ: "" },
    { what: "a variable whose name only ends alike", environ: `X${markVariable}=${writeProcessMark(mark)}\0` },
    { what: "a value that holds it", environ: `NOTE=${markVariable}=${writeProcessMark(mark)}\0` },
    { what: "a value that nobody wrote", environ: `${markVariable}=1\0` },
    { what: "one without a number", environ: `${markVariable}=${writeWorkerMark(mark.worker)}\0` },
  ]) {
    it(`is not found in ${what}`, () => expect(findProcessMark(Buffer.from(environ))).to.equal(undefined));
  }

  it("never throws, whatever an environment holds", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => {
      findProcessMark(Buffer.concat([Buffer.from(`${markVariable}=`), Buffer.from(bytes)]));
    }));
  });
});

describe("family", () => {
  const one = (pid: number, { parent = 1, group = pid, session = pid }: Partial<ListedProcess> = {}): ListedProcess => ({ pid, parent, group, session, startTicks: "1", mark: undefined });
  const bridge = one(10);
  const cases: readonly { what: string; others: readonly ListedProcess[]; expected: readonly number[] }[] = [
    { what: "those who belong by themselves", others: [one(30)], expected: [20] },
    { what: "what they have started, and what that has started", others: [one(30, { parent: 20 }), one(31, { parent: 30 })], expected: [20, 30, 31] },
    { what: "who is in a group of theirs", others: [one(30, { group: 20 })], expected: [20, 30] },
    { what: "who is in a session of theirs, with his own children", others: [one(30, { session: 20 }), one(31, { parent: 30 })], expected: [20, 30, 31] },
    { what: "nobody of the bridge's own group or session", others: [one(30, { parent: 20, group: 10, session: 10 }), one(31, { group: 10, session: 10 })], expected: [20, 30] },
  ];
  for (const { what, others, expected } of cases) {
    it(`has ${what}`, () => {
      const kin = one(20);
      expect(familyOf([bridge, kin, ...others], [kin], bridge).map(({ pid }) => pid).sort()).to.deep.equal(expected);
    });
  }

  it("is nobody where nobody belongs by himself", () => {
    expect(familyOf([bridge, one(30)], [], bridge)).to.deep.equal([]);
  });
});

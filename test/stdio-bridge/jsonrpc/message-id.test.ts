/** Ids as they are compared, and ids put back as they were written. */

import { expect } from "chai";
import fc from "fast-check";
import { readEnvelope } from "../../../stdio-bridge/jsonrpc/envelope.js";
import { toErrorMessage } from "../../../stdio-bridge/jsonrpc/error-message.js";
import { idKey, withId } from "../../../stdio-bridge/jsonrpc/message-id.js";

const key = (raw: string): string => idKey(Buffer.from(raw));

describe("message ids", () => {
  for (const { what, same } of [
    { what: "ways to write one", same: ["1", "1.0", "1e0", "10e-1"] },
    { what: "integers that are one double", same: ["12345678901234567890", "12345678901234567000"] },
    { what: "zeros", same: ["0", "-0", "0.0"] },
    { what: "escapes", same: ['"a/b"', '"\\u0061\\/b"'] },
    { what: "letters beyond ASCII", same: ['"é"', '"\\u00e9"', '"\\u00E9"'] },
    { what: "lone surrogates", same: ['"\\ud800"', '"\\uD800"'] },
  ]) {
    it(`takes ${what} for the same`, () => expect(new Set(same.map(key)).size).to.equal(1));
  }

  it("tells numbers from strings, and others apart", () => {
    const different = ["1", '"1"', "-1", "2", '"1.0"', '""', '"\\""', "0", '"0"', "1.5"];
    expect(new Set(different.map(key)).size).to.equal(different.length);
  });

  it("finds the answer of a program that reads ids as values and writes them again", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })), (id) => {
      const raw = JSON.stringify(id);
      expect(key(JSON.stringify(JSON.parse(raw)))).to.equal(key(raw));
    }));
  });

  it("puts other bytes in the place of an id and changes nothing else", () => {
    fc.assert(fc.property(fc.jsonValue(), fc.oneof(fc.integer(), fc.string()), fc.oneof(fc.integer(), fc.string()), (result, from, to) => {
      const message = Buffer.from(`{"result":${JSON.stringify(result)}, "id" : ${JSON.stringify(from)} ,"jsonrpc":"2.0"}`);
      const envelope = readEnvelope(message);
      if (envelope.kind !== "response" || envelope.id === undefined) throw new Error("not a response");
      const changed = withId(message, envelope.id, Buffer.from(JSON.stringify(to)));
      expect(changed.toString()).to.equal(`{"result":${JSON.stringify(result)}, "id" : ${JSON.stringify(to)} ,"jsonrpc":"2.0"}`);
    }));
  });

  it("does not copy a message whose id is right already", () => {
    const message = Buffer.from('{"id":7,"result":1}');
    expect(withId(message, { start: 6, end: 7 }, Buffer.from("7"))).to.equal(message);
  });

  it("writes errors with the id's own bytes, or null", () => {
    expect(toErrorMessage(Buffer.from("1.0"), { code: -32000, message: 'no "x"' }).toString()).to.equal('{"jsonrpc":"2.0","error":{"code":-32000,"message":"no \\"x\\""},"id":1.0}');
    expect(JSON.parse(toErrorMessage(undefined, { code: -32700, message: "m", data: { a: 1 } }).toString())).to.deep.equal({ jsonrpc: "2.0", error: { code: -32700, message: "m", data: { a: 1 } }, id: null });
  });
});

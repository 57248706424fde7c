/** Batches are cut without a byte changed. */

import { expect } from "chai";
import fc from "fast-check";
import { splitBatch, toBatch } from "../../../stdio-bridge/jsonrpc/batch.js";

describe("batch", () => {
  it("gives each message as it was written", () => {
    const parts = splitBatch(Buffer.from(' [ {"a":[1,2]} ,\n12345678901234567890, "]," ] '));
    expect(parts.map(String)).to.deep.equal(['{"a":[1,2]}', "12345678901234567890", '"],"']);
    expect(splitBatch(Buffer.from("[ ]"))).to.deep.equal([]);
  });

  it("is what was put together", () => {
    fc.assert(fc.property(fc.array(fc.json()), (texts) => {
      expect(splitBatch(toBatch(texts.map((text) => Buffer.from(text)))).map(String)).to.deep.equal(texts);
    }));
  });
});

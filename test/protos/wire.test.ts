/** Hand-made fields read as the library reads them, whatever their length and number. */

import { expect } from "chai";
import protobuf from "protobufjs";
import { lengthDelimitedField } from "../../protos/wire.js";

describe("wire", () => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 3_000_000]) {
    it(`writes ${length} bytes`, () => {
      const content = Buffer.alloc(length, 7);
      for (const fieldNumber of [1, 15, 16, 2_047, 2_048]) {
        const written = Buffer.concat(lengthDelimitedField(fieldNumber, [content.subarray(0, length >> 1), content.subarray(length >> 1)]));
        const byLibrary = protobuf.Writer.create().uint32((fieldNumber << 3) | 2).bytes(content).finish();
        expect(written.equals(byLibrary), `field ${fieldNumber}`).to.equal(true);
      }
    });
  }

  it("writes strings as UTF-8", () => {
    expect(Buffer.concat(lengthDelimitedField(1, "é"))).to.deep.equal(Buffer.from([10, 2, 0xc3, 0xa9]));
  });
});

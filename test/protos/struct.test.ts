/** Structs: a JSON object comes back as it went in, also over the wire. */

import { expect } from "chai";
import fc from "fast-check";
import { encodeMessage } from "../../protos/encode.js";
import type { Struct } from "../../protos/gen/google/protobuf/Struct.js";
import { decodeMessage } from "../../protos/load.js";
import { fromStruct, toStruct, type Json } from "../../protos/struct.js";

describe("struct", () => {
  it("holds any JSON object", () => {
    const anyObject = fc.dictionary(fc.string().filter((key) => key !== "__proto__"), fc.jsonValue({ noUnicodeString: false }), { noNullPrototype: true });
    fc.assert(
      fc.property(anyObject, (object) => {
        // What jsonValue makes is JSON.
        const struct = toStruct(object as { [key: string]: Json });
        expect(fromStruct(struct)).to.deep.equal(object);
        const decoded = decodeMessage<Struct>("google.protobuf.Struct", encodeMessage("google.protobuf.Struct", struct));
        expect(fromStruct(decoded)).to.deep.equal(object);
      }),
    );
  });
});

/** Members found by their path, and pieces replaced: everything else stays as it is, byte for byte. */

import { expect } from "chai";
import fc from "fast-check";
import { rawOf, readEnvelope } from "../../../stdio-bridge/jsonrpc/envelope.js";
import { memberOf, withEdits } from "../../../stdio-bridge/jsonrpc/member.js";
import { withId } from "../../../stdio-bridge/jsonrpc/message-id.js";

const find = (text: string, ...path: string[]): string | undefined => {
  const message = Buffer.from(text), span = memberOf(message, path);
  return span === undefined ? undefined : rawOf(message, span).toString();
};

describe("member", () => {
  it("finds a value at its path, as it is written", () => {
    expect(find(' { "a" : {"x":[{"b":1}], "b" : "\\u0061" } } ', "a", "b")).to.equal('"\\u0061"');
    expect(find('{"\\u0061":1.0}', "a")).to.equal("1.0");
  });

  it("takes the last of two, as JSON.parse does", () => {
    expect(find('{"a":1,"a":{"b":2},"a":{"b":3}}', "a", "b")).to.equal("3");
  });

  for (const text of ["", "[]", "1", "{}", '{"b":1}', '{"a":1}', '{"a":{"b":', '{"a":{"b" 1}}', '{"a"']) {
    it(`finds nothing in ${text === "" ? "nothing" : text}`, () => expect(find(text, "a", "b")).to.equal(undefined));
  }

  it("never throws, whatever the bytes are", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void memberOf(Buffer.from(bytes), ["a", "b"])));
    fc.assert(fc.property(fc.json(), fc.nat({ max: 80 }), (json, length) => void memberOf(Buffer.from(json.slice(0, length)), ["a"])));
  });

  const id = fc.oneof(fc.integer().map(String), fc.constantFrom("0", "-1", "-0", "1.0", "1e400", "12345678901234567890", '""', '"\\u0061\\"\\\\"', '"\\ud800"'), fc.string().map((text) => JSON.stringify(text)));
  const space = fc.constantFrom("", " ", "\t", " \r ");

  it("changes only the id and the token on the way there, and nothing at all there and back", () => {
    fc.assert(fc.property(id, id, fc.json(), space, fc.boolean(), fc.nat(), (ownId, token, payload, gap, isIdFirst, number) => {
      const write = (writtenId: string, writtenToken: string): string => {
        const idMember = `"id"${gap}:${gap}${writtenId}`, params = `"params":{"x":${payload},"_meta":{"k":${payload},"progressToken":${gap}${writtenToken}${gap}}}`;
        return `{"jsonrpc":"2.0","method":"m",${isIdFirst ? `${idMember},${params}` : `${params},${idMember}`}}`;
      };
      const replace = (message: Buffer, newId: string, newToken: string): Buffer => {
        const envelope = readEnvelope(message);
        if (envelope.kind !== "request" || envelope.progressToken === undefined) throw new Error("no request with a token");
        return withEdits(message, { span: envelope.id, raw: Buffer.from(newId) }, { span: envelope.progressToken, raw: Buffer.from(newToken) });
      };
      const there = replace(Buffer.from(write(ownId, token)), String(number), String(number));
      expect(there.toString()).to.equal(write(String(number), String(number)));
      expect(replace(there, ownId, token).toString()).to.equal(write(ownId, token));
    }));
  });

  it("gives an answer back with the id as it was asked, and nothing else changed", () => {
    fc.assert(fc.property(id, fc.json(), fc.nat(), (ownId, payload, number) => {
      const message = Buffer.from(`{"result":${payload},"id":${number},"jsonrpc":"2.0"}`);
      const envelope = readEnvelope(message);
      if (envelope.kind !== "response" || envelope.id === undefined) throw new Error("no answer");
      expect(withId(message, envelope.id, Buffer.from(ownId)).toString()).to.equal(`{"result":${payload},"id":${ownId},"jsonrpc":"2.0"}`);
    }));
  });
});

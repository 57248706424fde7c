/** Members put in and taken out: everything else stays as it is, byte for byte. */

import { expect } from "chai";
import fc from "fast-check";
import { skipSpace } from "../../../stdio-bridge/jsonrpc/json-skip.js";
import { editsFor, membersAt, toObject, withAllEdits, withoutMember, type Member } from "../../../stdio-bridge/jsonrpc/splice.js";

const member = (name: string, raw: string): Member => ({ name, raw: Buffer.from(raw) });

function put(text: string, ...members: readonly Member[]): string {
  const message = Buffer.from(text);
  return withAllEdits(message, editsFor(message, { start: skipSpace(message, 0), end: message.lastIndexOf("}") + 1 }, members)).toString();
}

const take = (text: string, name: string): string => withoutMember(Buffer.from(text), 0, name).toString();

describe("splice", () => {
  for (const { before, after } of [
    { before: "{}", after: '{"a":1,"b":2}' },
    { before: " { } ", after: ' { "a":1,"b":2} ' },
    { before: '{"x":1.0}', after: '{"x":1.0,"a":1,"b":2}' },
    { before: '{"b" : -0 , "x":"}"\t}', after: '{"b" : 2 , "x":"}"\t,"a":1}' },
    { before: '{"\\u0061":[{"a":3}],"x":1e400}', after: '{"\\u0061":1,"x":1e400,"b":2}' },
    { before: '{"a":8,"x":0,"a":9}', after: '{"a":8,"x":0,"a":1,"b":2}' },
  ]) {
    it(`makes ${after} of ${before}`, () => expect(put(before, member("a", "1"), member("b", "2"))).to.equal(after));
  }

  for (const { before, after } of [
    { before: "{}", after: "{}" },
    { before: '{"a":1}', after: "{}" },
    { before: '{"a":1 , "b":2}', after: '{"b":2}' },
    { before: '{"b":2 , "a":1 }', after: '{"b":2 }' },
    { before: '{"b":2,"\\u0061":{"a":1}, "c":3}', after: '{"b":2, "c":3}' },
    { before: '{"a":1,"b":12345678901234567890,"a":2}', after: '{"b":12345678901234567890}' },
    { before: '{"a":1,"a":2}', after: "{}" },
    { before: '{"b":{"a":1}}', after: '{"b":{"a":1}}' },
    { before: "[1]", after: "[1]" },
  ]) {
    it(`leaves ${after} of ${before} without a`, () => expect(take(before, "a")).to.equal(after));
  }

  it("writes names as JSON", () => expect(toObject([member('"\n', "1"), member("b", "{}")]).toString()).to.equal('{"\\"\\n":1,"b":{}}'));

  it("takes out what it has put in, and nothing else", () => {
    const json = fc.json(), space = fc.constantFrom("", " ", "\t ");
    fc.assert(fc.property(fc.uniqueArray(fc.string({ unit: "binary" }), { maxLength: 4 }), json, json, space, (names, value, added, gap) => {
      const written = names.filter((name) => name !== "mine").map((name) => `${gap}${JSON.stringify(name)}${gap}:${gap}${value}`);
      const text = `{${written.join(",")}}`;
      const more = put(text, member("mine", added));
      expect(take(more, "mine")).to.equal(text);
      expect(membersAt(Buffer.from(more), 0).at(-1)?.name).to.equal("mine");
      expect(JSON.parse(more)).to.deep.equal({ ...(JSON.parse(text) as object), mine: JSON.parse(added) as unknown });
    }));
  });

  it("finds every member, and none in what is no object", () => {
    fc.assert(fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (object) => {
      const bytes = Buffer.from(JSON.stringify(object));
      const read = membersAt(bytes, 0).map(({ name, value }) => [name, JSON.parse(bytes.toString("utf8", value.start, value.end))]);
      expect(read).to.deep.equal(Object.keys(object).map((name) => [name, JSON.parse(JSON.stringify(object[name]))]));
    }));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void membersAt(Buffer.from(bytes), 0)));
  });
});

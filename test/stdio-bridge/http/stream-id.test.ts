/** Ids of event streams: which request an answer's stream belongs to, and nothing else that a client may make up. */

import { expect } from "chai";
import fc from "fast-check";
import { requestOfEvent, toStreamId } from "../../../stdio-bridge/http/stream-id.js";

const random = "00ff00ff00ff00ff";

describe("stream ids", () => {
  it("tell the request's id, to the byte, at any event", () => {
    const ids = fc.oneof(fc.integer().map(String), fc.string({ maxLength: 20 }).map((text) => JSON.stringify(text)), fc.constantFrom("1.0", "12345678901234567890", "1e3", '"\\u0061"', '"_7"'));
    fc.assert(fc.property(ids, fc.nat(), (id, number) => {
      expect(requestOfEvent(`${toStreamId(random, Buffer.from(id))}_${number}`)?.toString()).to.equal(id);
    }));
  });

  it("tell none where there is none, or where it is too long", () => {
    expect(toStreamId(random, undefined)).to.equal(random);
    expect(toStreamId(random, Buffer.from(`"${"x".repeat(200)}"`))).to.equal(random);
    expect(requestOfEvent(`${random}_7`)).to.equal(undefined);
  });

  it("tell nothing that is no id, and never throw", () => {
    const made = (text: string): string => `${random}.${Buffer.from(text).toString("base64url")}_1`;
    for (const text of ["{}", "[1]", "null", "true", " 1", "1 ", "1,2", '"a', ""]) expect(requestOfEvent(made(text)), text).to.equal(undefined);
    fc.assert(fc.property(fc.string(), (text) => {
      const id = requestOfEvent(made(text));
      if (id !== undefined) expect(["string", "number"]).to.include(typeof JSON.parse(id.toString()));
      expect(requestOfEvent(text)).to.equal(undefined);
    }));
  });
});

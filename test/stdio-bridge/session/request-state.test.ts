/** The state that a client brings back: whatever the process gave out comes back to the byte, and nothing else is taken for it. */

import { expect } from "chai";
import fc from "fast-check";
import { openState, sealState, type RequestState, type StateKey } from "../../../stdio-bridge/session/request-state.js";

const key = (id: number): StateKey => ({ id, key: Buffer.alloc(32, id) });
const nonce = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const state: fc.Arbitrary<RequestState> = fc.record({
  address: fc.string(), life: fc.string(),
  awaits: fc.oneof(
    fc.record({ kind: fc.constant("process" as const), serial: fc.nat(), state: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
    fc.record({ kind: fc.constant("call" as const), callId: fc.string() }),
  ),
});

describe("request state", () => {
  it("is opened with the key that sealed it, whichever others there are, and is as it was", () => {
    fc.assert(fc.property(state, nonce, (sealed, random) => {
      const text = JSON.parse(sealState(sealed, key(7), "files", random).toString("utf8")) as string;
      expect(text).to.match(/^[\w.-]+$/);
      expect(openState(text, [key(1), key(7)], "files")).to.deep.equal({ kind: "opened", state: sealed });
    }));
  });

  it("cannot be opened for another server, without its key, or after any change", () => {
    fc.assert(fc.property(state, nonce, fc.nat(), (sealed, random, at) => {
      const text = JSON.parse(sealState(sealed, key(7), "files", random).toString("utf8")) as string;
      expect(openState(text, [key(7)], "other").kind).to.equal("broken");
      expect(openState(text, [key(8)], "files").kind).to.equal("broken");
      const start = "mcp-mesh.".length;
      const place = start + (at % (text.length - start));
      const changed = `${text.slice(0, place)}${text[place] === "A" ? "B" : "A"}${text.slice(place + 1)}`;
      expect(openState(changed, [key(7)], "files").kind).to.equal("broken");
    }));
  });

  it("is told from those of a process itself", () => {
    fc.assert(fc.property(fc.string(), (text) => {
      expect(openState(text, [key(7)], "files").kind).to.equal(text.startsWith("mcp-mesh.") ? "broken" : "foreign");
      expect(openState(`mcp-mesh.${text}`, [key(7)], "files").kind).to.equal("broken");
    }));
  });
});

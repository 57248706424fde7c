/** Sealed session ids: what goes in comes out, and nothing else opens. */

import { expect } from "chai";
import fc from "fast-check";
import { openId, sealId, type SealedSession, type SessionKey } from "../../../stdio-bridge/session/sealed-id.js";

const key: SessionKey = { id: 0xfedcba98, key: Buffer.alloc(32, 1) };
const nonce = Buffer.alloc(12, 3);

const bytes = (length: number): fc.Arbitrary<Buffer> => fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const sessions: fc.Arbitrary<SealedSession> = fc.record({
  uid: bytes(16),
  issuedAtMs: fc.integer({ min: 0, max: 2 ** 45 }),
  revision: fc.constantFrom("", "2024-11-05", "2025-11-25"),
  params: fc.option(fc.oneof(fc.json().map((json) => Buffer.from(json)), fc.uint8Array({ maxLength: 3_000 }).map((array) => Buffer.from(array))), { nil: undefined }),
});
const keys: fc.Arbitrary<SessionKey> = fc.record({ id: fc.integer({ min: 0, max: 2 ** 32 - 1 }), key: bytes(32) });

describe("sealed session ids", () => {
  it("hold what was put in, in visible ASCII, whichever of the keys has sealed", () => {
    fc.assert(fc.property(sessions, keys, keys, fc.string(), bytes(12), (session, one, other, serverName, anyNonce) => {
      const { id, hasParams } = sealId(session, one, serverName, anyNonce);
      expect(id).to.match(/^[A-Za-z0-9_-]+$/);
      expect(hasParams).to.equal(session.params !== undefined);
      expect(openId(id, [other, one], serverName)).to.deep.equal(session);
    }));
  });

  it("open for nobody else: another server, another key, the same key by another name", () => {
    fc.assert(fc.property(sessions, keys, fc.string(), fc.string(), bytes(32), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (session, own, serverName, otherName, otherKey, otherId) => {
      const { id } = sealId(session, own, serverName, nonce);
      if (otherName !== serverName) expect(openId(id, [own], otherName)).to.equal(undefined);
      if (!otherKey.equals(own.key)) expect(openId(id, [{ id: own.id, key: otherKey }], serverName)).to.equal(undefined);
      if (otherId !== own.id) expect(openId(id, [{ id: otherId, key: own.key }], serverName)).to.equal(undefined);
      expect(openId(id, [], serverName)).to.equal(undefined);
    }));
  });

  it("open with no bit changed, none missing and none more", () => {
    fc.assert(fc.property(sessions, fc.nat(), fc.integer({ min: 0, max: 7 }), (session, at, bit) => {
      const { id } = sealId(session, key, "files", nonce);
      const changed = Buffer.from(id, "base64url");
      const place = at % changed.length;
      changed[place] = (changed[place] ?? 0) ^ (1 << bit);
      expect(openId(changed.toString("base64url"), [key], "files")).to.equal(undefined);
      const cut = at % id.length;
      for (const other of [id.slice(0, cut), `${id}A`, `${id}=`, ` ${id}`, `${id.slice(0, cut)} ${id.slice(cut)}`, `${id.slice(0, cut)}!${id.slice(cut)}`]) expect(openId(other, [key], "files")).to.equal(undefined);
    }));
  });

  it("have one way to be written: the last character's bits of nothing are looked at", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (let length = 0; length < 3; length++) {
      const { id } = sealId({ uid: Buffer.alloc(16), issuedAtMs: 1, revision: "", params: Buffer.alloc(length, 120) }, key, "files", nonce);
      const opening = [...alphabet].filter((last) => openId(id.slice(0, -1) + last, [key], "files") !== undefined);
      expect(opening).to.deep.equal([id.at(-1)]);
    }
  });

  it("are refused, and nothing thrown, for any text", () => {
    const base64url = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString("base64url"));
    const headed = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from([1, 0xfe, 0xdc, 0xba, 0x98, ...array]).toString("base64url"));
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), base64url, headed), (id) => {
      expect(openId(id, [key], "files")).to.equal(undefined);
    }), { numRuns: 1_000 });
    expect(openId("A".repeat(1_000_000), [key], "files")).to.equal(undefined);
  });

  it("leave out params that would make them too long, and hold those that shrink", () => {
    const session = { uid: Buffer.alloc(16), issuedAtMs: 1, revision: "2025-11-25" };
    const shrinks = sealId({ ...session, params: Buffer.alloc(60_000, 120) }, key, "files", nonce);
    expect(shrinks).to.have.property("hasParams", true);
    expect(shrinks.id.length).to.be.lessThan(400);
    expect(openId(shrinks.id, [key], "files")?.params).to.have.length(60_000);
    const noise = fc.sample(bytes(10_000), { numRuns: 1, seed: 1 })[0] ?? Buffer.alloc(0);
    const fits = sealId({ ...session, params: noise.subarray(0, 4_500) }, key, "files", nonce);
    expect(fits).to.have.property("hasParams", true);
    expect(fits.id.length).to.be.lessThan(6 * 1024 + 1);
    for (const params of [noise, Buffer.alloc(70_000, 120)]) {
      const { id, hasParams } = sealId({ ...session, params }, key, "files", nonce);
      expect(hasParams).to.equal(false);
      expect(openId(id, [key], "files")).to.deep.equal({ ...session, params: undefined });
    }
  });
});

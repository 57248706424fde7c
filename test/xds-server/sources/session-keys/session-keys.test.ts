/** The keys of session ids: how a file of them is read, and that what is wrong with it costs no key that is in force. */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { pino } from "pino";
import type { SessionKeysView } from "../../../../xds-server/model/model.js";
import { readKeys } from "../../../../xds-server/sources/session-keys/read-keys.js";
import { makeSessionKeysSource } from "../../../../xds-server/sources/session-keys/session-keys-source.js";
import { toSessionKey } from "../../../../xds-server/translate/session-keys.js";

const one = Buffer.alloc(32, 1), two = Buffer.alloc(40, 2), madeUp = Buffer.alloc(32, 9);

describe("session keys", () => {
  it("are read in hex and base64, in their order, with comments", () => {
    const { keys, complaints } = readKeys(`# the newest first\n${one.toString("hex")}\r\n\n  ${two.toString("base64")} # until May\n${one.toString("base64url")}\n`);
    expect(keys.map((key) => Buffer.from(key).toString("hex"))).to.deep.equal([one, two, one].map((key) => key.toString("hex")));
    expect(complaints).to.deep.equal([]);
  });

  it("are complained of by line, never with the line", () => {
    const { keys, complaints } = readKeys("not a key!\nc2hvcnQ=\n");
    expect(keys).to.deep.equal([]);
    expect(complaints).to.deep.equal([
      { line: 1, what: "is neither hex nor base64" },
      { line: 2, what: "is a key of 5 bytes: 32 or more are needed" },
    ]);
  });

  it("give each server a key of its own, and always the same", () => {
    const [a, again, b, other] = [toSessionKey("a", one), toSessionKey("a", one), toSessionKey("b", one), toSessionKey("a", two)];
    expect(a).to.deep.equal(again);
    expect(new Set([a, b, other].map(({ id }) => id)).size).to.equal(3);
    expect(new Set([a, b, other].map(({ key }) => Buffer.from(key as Uint8Array).toString("hex"))).size).to.equal(3);
    expect(a.key).to.have.length(32);
  });

  describe("of a file", () => {
    let folder = "", path = "";
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "mcp-mesh-keys-"));
      path = join(folder, "keys");
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it("follow the file, and stay when it is spoilt or gone", async () => {
      const put = (text: string): void => {
        writeFileSync(`${path}.new`, text);
        renameSync(`${path}.new`, path);
      };
      put(one.toString("hex"));
      const views = viewsOf(path);
      expect(await views.next()).to.deep.equal({ keys: [one], problems: [] });
      put(`${two.toString("hex")}\n${one.toString("hex")}\n`);
      expect(await views.next()).to.deep.equal({ keys: [two, one], problems: [] });
      put("oh no!\n");
      expect(await views.next()).to.deep.equal({ keys: [two, one], problems: [`${path}:1 the line is neither hex nor base64`, `${path} the file holds no session key; those before stay in force`] });
      put(one.toString("hex"));
      expect(await views.next()).to.deep.equal({ keys: [one], problems: [] });
      rmSync(path);
      expect(await views.next()).to.deep.equal({ keys: [one], problems: [`${path} the session keys cannot be read: there is no such file or folder; those before stay in force`] });
      await views.stop();
    });

    it("are made up where the file was never readable, and then it is a problem", async () => {
      const views = viewsOf(path);
      const first = await views.next();
      expect(first.keys).to.deep.equal([madeUp]);
      expect(first.problems).to.have.length(1);
      await views.stop();
    });

    it("are made up without a file", async () => {
      const views = viewsOf(undefined);
      expect(await views.next()).to.deep.equal({ keys: [madeUp], problems: [] });
      await views.stop();
    });
  });
});

function viewsOf(path: string | undefined): { readonly next: () => Promise<{ keys: Buffer[]; problems: string[] }>; readonly stop: () => Promise<void> } {
  const stop = new AbortController();
  const source = makeSessionKeysSource({ path, makeKey: () => madeUp, log: pino({ level: "silent" }), pollMs: 20 });
  const views = source.views(stop.signal)[Symbol.asyncIterator]();
  return {
    async next() {
      const { value } = (await views.next()) as { value: SessionKeysView };
      return { keys: value.keys.map((key) => Buffer.from(key)), problems: value.problems.map(({ where, what }) => `${where} ${what}`) };
    },
    async stop() {
      stop.abort();
      await views.next();
    },
  };
}

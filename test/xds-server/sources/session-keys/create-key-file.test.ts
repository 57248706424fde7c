/** A key file that is made where there is none, and never in place of one. */

import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createKeyFile } from "../../../../xds-server/sources/session-keys/create-key-file.js";
import { readKeys } from "../../../../xds-server/sources/session-keys/read-keys.js";

describe("session key file", () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-")); });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is made where there is none, for its owner alone, with what is read from it again", () => {
    const path = join(folder, "state", "keys");
    expect(createKeyFile(path, new Uint8Array(32).fill(7))).to.equal("made");
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readKeys(readFileSync(path, "utf8")).keys.map((key) => [...key])).to.deep.equal([[...new Uint8Array(32).fill(7)]]);
    expect(readdirSync(join(folder, "state"))).to.deep.equal(["keys"]);
  });

  it("that is there is left as it is", () => {
    const path = join(folder, "keys");
    createKeyFile(path, new Uint8Array(32).fill(1));
    const before = readFileSync(path, "utf8");
    expect(createKeyFile(path, new Uint8Array(32).fill(2))).to.equal("was_there");
    expect(readFileSync(path, "utf8")).to.equal(before);
    expect(readdirSync(folder)).to.deep.equal(["keys"]);
  });

  it("that cannot be made is the file system's error", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => createKeyFile(join(folder, "file", "keys"), new Uint8Array(32))).to.throw(/EEXIST|ENOTDIR/);
  });
});

/** The folder of a run: what is in it, and for whose eyes. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { expect } from "chai";
import { makeRunFolder, type RunFolder } from "../../../../xds-server/cli/up/run-folder.js";
import { readKeys } from "../../../../xds-server/sources/session-keys/read-keys.js";

describe("run folder", () => {
  const folders: RunFolder[] = [];
  afterEach(() => folders.splice(0).forEach((folder) => folder.remove()));
  const make = (): RunFolder => {
    const folder = makeRunFolder((socket) => `bootstrap for ${socket}`);
    folders.push(folder);
    return folder;
  };

  it("holds one key of session ids, another in each run, for our user only", () => {
    const [one, other] = [make(), make()].map(({ sessionKeyFile }) => {
      expect(statSync(sessionKeyFile).mode & 0o777).to.equal(0o600);
      const { keys, complaints } = readKeys(readFileSync(sessionKeyFile, "utf8"));
      expect([keys.length, complaints]).to.deep.equal([1, []]);
      return Buffer.from(keys[0] ?? []).toString("hex");
    });
    expect(one).not.to.equal(other);
  });

  it("is for our user only, and gone when it is removed", () => {
    const folder = make();
    expect(statSync(folder.path).mode & 0o777).to.equal(0o700);
    expect(readFileSync(folder.bootstrapFile, "utf8")).to.equal(`bootstrap for ${folder.envoyAdminSocket}`);
    folder.remove();
    expect(existsSync(folder.path)).to.equal(false);
  });
});

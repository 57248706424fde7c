/** The committed types are those that the .proto files give today. */

import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../protos/project-root.js";

describe("npm run protos", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-")); });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("would change nothing in protos/gen", () => {
    execFileSync(process.execPath, [join(projectRoot, "protos/generate.mjs"), join(folder, "gen")]);
    const [fresh, committed] = [readTree(join(folder, "gen")), readTree(join(projectRoot, "protos/gen"))];
    expect(fresh.size).to.be.greaterThan(100);
    const changed = [...new Set([...fresh.keys(), ...committed.keys()])].filter((path) => fresh.get(path) !== committed.get(path));
    expect(changed, "npm run protos brings these up to date").to.deep.equal([]);
  });
});

function readTree(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map((entry) => join(entry.parentPath, entry.name)).map((path) => [path.slice(folder.length), readFileSync(path, "utf8")]));
}

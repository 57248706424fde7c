/** Tests of which registry is used, and when the demo's servers go with it. */

import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseRegistry, userFolder } from "../../../../xds-server/cli/up/registry-choice.js";

describe("registry-choice", () => {
  let root: string;
  let mesh: string;
  let here: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    mesh = join(root, "mesh");
    here = join(root, "here");
    mkdirSync(mesh);
    mkdirSync(here);
    writeFileSync(join(mesh, "registry.yaml"), "");
    writeFileSync(join(here, "mine.yaml"), "");
    symlinkSync(mesh, join(root, "link"));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it("takes the demo's when nothing is named and none lies here", () => {
    expect(chooseRegistry([], here, mesh)).to.deep.equal({ paths: [join(mesh, "registry.yaml")], isDemo: true, problems: [] });
  });
  it("knows the demo's by whatever way it is named", () => {
    expect(chooseRegistry(["registry.yaml"], join(root, "link"), mesh).isDemo).to.equal(true);
  });
  it("takes the one that lies here, without the demo's servers", () => {
    writeFileSync(join(here, "registry.yaml"), "");
    expect(chooseRegistry([], here, mesh)).to.deep.equal({ paths: [join(here, "registry.yaml")], isDemo: false, problems: [] });
  });
  it("takes all that are named, from where the user stands", () => {
    expect(chooseRegistry(["mine.yaml", mesh], here, mesh)).to.deep.equal({ paths: [join(here, "mine.yaml"), mesh], isDemo: false, problems: [] });
  });
  it("says which of those named are not there", () => {
    expect(chooseRegistry(["mine.yaml", "your.yaml"], here, mesh).problems).to.deep.equal([`registry ${join(here, "your.yaml")} does not exist: name a file or a folder with --registry`]);
  });
  it("takes the user's folder from npm, which runs scripts in the package's", () => {
    expect(userFolder({ npm_lifecycle_event: "start", INIT_CWD: "/user" }, "/mesh")).to.equal("/user");
    expect(userFolder({ INIT_CWD: "/user" }, "/mesh")).to.equal("/mesh");
  });
});

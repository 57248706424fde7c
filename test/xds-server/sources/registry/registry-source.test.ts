/** The registry on a real disk: every way in which files change, and the view that follows. */

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { RegistryView } from "../../../../xds-server/model/model.js";
import { makeRegistrySource, readRegistryOnce } from "../../../../xds-server/sources/registry/registry-source.js";

describe("registry source", () => {
  let folder: string;
  let stop: AbortController;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "registry-"));
    stop = new AbortController();
  });
  afterEach(() => {
    stop.abort();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void => writeFileSync(at(name), text);
  const entry = (id: string, port: number): string => `${id}: {endpoint: "http://h:${port}"}\n`;

  /** Views one after the other; the poll comes so seldom that the system's events have to do it. */
  function follow(paths: readonly string[], pollMs = 600_000): { until: (is: (view: RegistryView) => boolean) => Promise<RegistryView> } {
    const views = makeRegistrySource({ paths, environment: {}, pollMs }).views(stop.signal)[Symbol.asyncIterator]();
    return {
      async until(is) {
        for (;;) {
          const next = await views.next();
          if (next.done === true) throw new Error("the source ended");
          if (is(next.value)) return next.value;
        }
      },
    };
  }
  const has = (...wanted: readonly string[]) => (view: RegistryView): boolean => endpoints(view) === wanted.join(" ");
  const says = (what: RegExp) => (view: RegistryView): boolean => view.problems.some((problem) => what.test(problem.what));

  it("yields at once, and after a file is written over", async () => {
    write("registry.yaml", entry("a", 1));
    const source = follow([at("registry.yaml")]);
    await source.until(has("a:1"));
    write("registry.yaml", entry("a", 2));
    await source.until(has("a:2"));
  });

  it("follows a rename over the file, as editors save", async () => {
    write("registry.yaml", entry("a", 1));
    const source = follow([at("registry.yaml")]);
    await source.until(has("a:1"));
    for (let port = 2; port < 6; port++) {
      write("new", entry("a", port));
      renameSync(at("new"), at("registry.yaml"));
      await source.until(has(`a:${port}`));
    }
  });

  it("follows the swap of a ConfigMap's symbolic link", async () => {
    mkdirSync(at("mount"));
    for (const version of [1, 2]) {
      mkdirSync(at(`mount/..version${version}`));
      write(`mount/..version${version}/registry.yaml`, entry("a", version));
    }
    symlinkSync("..version1", at("mount/..data"));
    symlinkSync("..data/registry.yaml", at("mount/registry.yaml"));
    const byFile = follow([at("mount/registry.yaml")]);
    const byFolder = follow([at("mount")]);
    await byFile.until(has("a:1"));
    await byFolder.until(has("a:1"));
    symlinkSync("..version2", at("mount/..data_tmp"));
    renameSync(at("mount/..data_tmp"), at("mount/..data"));
    await byFile.until(has("a:2"));
    await byFolder.until(has("a:2"));
  });

  it("merges a folder's files by name, takes new ones and drops removed ones", async () => {
    write("b.yaml", entry("b", 1));
    write("a.json", '{"a": {"endpoint": "http://h:1"}}');
    write(".hidden.yaml", entry("hidden", 1));
    write("notes.txt", "no registry");
    const source = follow([folder]);
    await source.until(has("a:1 b:1"));
    write("c.yml", entry("c", 1));
    await source.until(has("a:1 b:1 c:1"));
    rmSync(at("b.yaml"));
    await source.until(has("a:1 c:1"));
  });

  it("keeps what was in force while the file is gone, and takes it again when it is back", async () => {
    write("registry.yaml", entry("a", 1));
    const source = follow([at("registry.yaml")]);
    await source.until(has("a:1"));
    rmSync(at("registry.yaml"));
    const gone = await source.until(says(/there is no such file/));
    expect(endpoints(gone)).to.equal("a:1");
    write("registry.yaml", entry("a", 2));
    expect((await source.until(has("a:2"))).problems).to.deep.equal([]);
  });

  it("keeps what was in force while the whole folder is gone, and follows the new one", async () => {
    mkdirSync(at("registry"));
    write("registry/a.yaml", entry("a", 1));
    const source = follow([at("registry")], 20);
    await source.until(has("a:1"));
    renameSync(at("registry"), at("elsewhere"));
    expect(endpoints(await source.until(says(/there is no such file/)))).to.equal("a:1");
    mkdirSync(at("registry"));
    write("registry/a.yaml", entry("a", 2));
    await source.until(has("a:2"));
    write("registry/a.yaml", entry("a", 3));
    await source.until(has("a:3"));
  });

  it("starts without a registry, says so, and takes it when it comes", async () => {
    const source = follow([at("later.yaml")]);
    const first = await source.until(() => true);
    expect(first.servers).to.deep.equal([]);
    expect(first.problems.map(({ where, what }) => `${where}: ${what}`)).to.deep.equal([`${at("later.yaml")}: cannot be read: there is no such file or folder`]);
    write("later.yaml", entry("a", 1));
    await source.until(has("a:1"));
  });

  it("a broken file changes nothing, a bad entry keeps its last good version, and both recover", async () => {
    write("registry.yaml", entry("a", 1) + entry("b", 1));
    const source = follow([at("registry.yaml")]);
    await source.until(has("a:1 b:1"));
    write("registry.yaml", 'a: {endpoint: "http://h:2"\nb: {}\n');
    expect(endpoints(await source.until(says(/not valid YAML/)))).to.equal("a:1 b:1");
    write("registry.yaml", entry("a", 70_000) + entry("b", 2));
    const view = await source.until(has("a:1 b:2"));
    expect(view.problems.map(({ where, serverId }) => `${where} ${serverId ?? ""}`)).to.deep.equal([`${at("registry.yaml")}:1:15 a`]);
    write("registry.yaml", entry("a", 3) + entry("b", 2));
    expect((await source.until(has("a:3 b:2"))).problems).to.deep.equal([]);
  });

  it("a changed secret file changes the server that uses it, and a removed one leaves it as it was", async () => {
    write("token", "one\n");
    write("registry.yaml", 'a: {endpoint: "http://h:1", headers: {X: "${file:token}"}}\n');
    const header = (value: string) => ({ servers: [a] }: RegistryView): boolean => a?.runsAs.kind === "http" && a.runsAs.requestHeaders[0]?.value === value;
    const source = follow([at("registry.yaml")]);
    await source.until(header("one"));
    write("token", "two\n");
    await source.until(header("two"));
    rmSync(at("token"));
    const gone = await source.until(says(/cannot read the file/));
    expect(header("two")(gone)).to.equal(true);
    write("token", "three");
    await source.until(header("three"));
  });

  it("finds changes by looking, where no event tells of them", async () => {
    mkdirSync(at("real"));
    write("real/registry.yaml", entry("a", 1));
    const source = follow([at("real/registry.yaml")], 20);
    await source.until(has("a:1"));
    // The events of the folder that is watched go with it; only looking finds the other one in its place.
    mkdirSync(at("other"));
    write("other/registry.yaml", entry("a", 2));
    renameSync(at("real"), at("old"));
    renameSync(at("other"), at("real"));
    await source.until(has("a:2"));
  });

  it("with reload_registry: false it is read once", async () => {
    write("registry.yaml", `gateway: {reload_registry: false}\nservers:\n  ${entry("a", 1)}`);
    const views = makeRegistrySource({ paths: [at("registry.yaml")], environment: {}, pollMs: 5 }).views(stop.signal)[Symbol.asyncIterator]();
    const first = await views.next();
    expect(first.done).to.equal(false);
    write("registry.yaml", entry("a", 2));
    const second = views.next();
    stop.abort();
    expect((await second).done).to.equal(true);
  });

  it("ends when it is told to", async () => {
    write("registry.yaml", entry("a", 1));
    const views = makeRegistrySource({ paths: [at("registry.yaml")], environment: {} }).views(stop.signal)[Symbol.asyncIterator]();
    await views.next();
    const end = views.next();
    stop.abort();
    expect((await end).done).to.equal(true);
  });

  it("is read once for validate", () => {
    write("registry.yaml", `${entry("a", 1)}b: {endpoint: "http://h:\${PORT}"}\nc: {}\n`);
    const { value, problems } = readRegistryOnce([at("registry.yaml")], { PORT: "2" });
    expect(endpoints(value)).to.equal("a:1 b:2");
    expect(problems.map(({ serverId }) => serverId)).to.deep.equal(["c"]);
  });
});

function endpoints({ servers }: RegistryView): string {
  return servers.map(({ id, runsAs }) => `${id}:${runsAs.kind === "http" ? runsAs.endpoints[0]?.port ?? "" : "stdio"}`).join(" ");
}

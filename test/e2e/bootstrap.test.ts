/** Envoy itself takes the bootstrap, without a warning. */

import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBootstrap } from "../../envoy/bootstrap.js";
import { findEnvoy } from "../../envoy/find-envoy.js";
import { runProgram } from "../../envoy/run-program.js";

describe("bootstrap", function () {
  this.timeout(300_000);
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-")); });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const local = { nodeId: "envoy-1", cluster: "mcp-mesh", xdsHost: "127.0.0.1", xdsPort: 18000, maxDownstreamConnections: 1000 };
  const cases = {
    "the admin on a UNIX socket": { ...local, admin: { path: "admin.sock" } },
    "the admin on a port and the xds-server by its name": { ...local, xdsHost: "localhost", admin: { host: "127.0.0.1", port: 0 } },
    "metrics for the network": { ...local, admin: { path: "admin.sock" }, metrics: { host: "0.0.0.0", port: 9902 } },
  };
  for (const [what, input] of Object.entries(cases)) {
    it(`is taken by Envoy with ${what}`, async () => {
      const { path } = await findEnvoy({ env: process.env });
      const file = join(folder, "bootstrap.json");
      writeFileSync(file, JSON.stringify(makeBootstrap(input)));
      const ran = await runProgram(path, ["--mode", "validate", "--config-path", file, "--log-level", "warning"], { env: process.env, timeoutMs: 60_000 });
      expect(ran).to.include({ exitCode: 0, stderr: "" });
    });
  }
});

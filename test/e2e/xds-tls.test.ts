/** End to end: xDS over mutual TLS, for Envoys and bridges; strangers are not let in. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { makeAuthority } from "../certificates.js";
import { rpc } from "./ask.js";
import { connectClient } from "./clients.js";
import { startReplica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh, type TlsFiles } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: xDS over mutual TLS", () => {
  const opened = closedAfterwards();
  let folder: string;
  let mesh: Mesh;
  let stranger: TlsFiles;
  let client: TlsFiles;
  let deceived: TlsFiles;

  before(async function () {
    this.timeout(60_000);
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    const ours = makeAuthority(folder, "ours");
    const theirs = makeAuthority(folder, "theirs");
    client = { ...ours.issue("client"), caFile: ours.caFile };
    stranger = { ...theirs.issue("stranger"), caFile: ours.caFile };
    deceived = { ...ours.issue("deceived"), caFile: theirs.caFile };
    const replica = await opened(startReplica({ name: "replica" }));
    mesh = await opened(startMesh({
      workers: 1,
      xdsTls: { xdsServer: { ...ours.issue("xds-server"), caFile: ours.caFile }, clients: client },
      servers: {
        http: { endpoint: replica.url },
        stdio: { cmd: [process.execPath, join(projectRoot, "dist/test/e2e/fixtures/stdio-server.js")] },
      },
    }));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("an Envoy and a bridge with certificates of the authority are served", async function () {
    this.timeout(40_000);
    expect((await rpc(mesh.gatewayUrl, "/http", "ping")).status).to.equal(200);
    await mesh.untilServed("stdio");
    const { text, stop } = await connectClient(mesh.gatewayUrl, "/stdio");
    expect(await text("pid")).to.match(/^\d+$/);
    await stop();
  });

  const strangers: readonly (readonly [string, () => TlsFiles | undefined, RegExp, RegExp])[] = [
    // In TLS 1.3 a client learns of the refusal of its certificate only when it is cut.
    ["whose certificate is another authority's", () => stranger, /No connection established/, /closed since/],
    ["without TLS", () => undefined, /No connection established/, /closed since/],
    ["that does not believe the xds-server's authority", () => deceived, /certificate/i, /CERTIFICATE_VERIFY_FAILED/],
  ];
  for (const [index, [what, tls, bridgeSays, envoySays]] of strangers.entries()) {
    const number = 20 + index;

    it(`a bridge ${what} is told nothing, and says why`, async function () {
      this.timeout(40_000);
      const bridge = mesh.startBridge(number, tls());
      await until("the bridge to say that it is not connected", () => bridge.log().split("\n").some((line) => line.includes("stream of servers") && bridgeSays.test(line)));
      expect(bridge.isRunning).to.equal(true);
      expect(JSON.stringify(await mesh.status())).not.to.contain(`bridge-${number}`);
      await bridge.stop();
    });

    it(`an Envoy ${what} is told nothing, and says why`, async function () {
      this.timeout(40_000);
      const envoy = await mesh.addEnvoy(number, tls());
      await until("the Envoy to say that it is not connected", () => envoySays.test(envoy.log()));
      const stats = await mesh.envoyStats("^(cluster_manager.cds|listener_manager.lds).update_success$", number);
      expect([...stats.values()]).to.deep.equal([0, 0]);
      expect(JSON.stringify(await mesh.status())).not.to.contain(`envoy-${number}`);
      await envoy.stop();
    });
  }

  it("those who belong here were not disturbed", async () => {
    expect((await rpc(mesh.gatewayUrl, "/http", "ping")).status).to.equal(200);
    expect(mesh.child("xds-server").isRunning).to.equal(true);
  });
});

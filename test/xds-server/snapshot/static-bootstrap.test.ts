/** Envoy itself judges the bytes of every translation that has a golden case. */

import { expect } from "chai";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { findEnvoy } from "../../../envoy/find-envoy.js";
import { runProgram, type Ran } from "../../../envoy/run-program.js";
import { projectRoot } from "../../../protos/project-root.js";
import { makeSnapshot } from "../../../xds-server/snapshot/make-snapshot.js";
import type { Resources } from "../../../xds-server/snapshot/resources.js";
import { makeTranslation } from "../../../xds-server/translate/translate.js";
import { toModel, type PartialModel } from "../translate/model-defaults.js";
import { testCertificate, testKey } from "./test-certificate.js";
import { toStaticBootstrap } from "./static-bootstrap.js";

describe("envoy --mode validate", function () {
  this.timeout(300_000); // It may have to be fetched first.
  let envoyPath: string;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
    writeFileSync(join(folder, "certificate.pem"), testCertificate);
    writeFileSync(join(folder, "key.pem"), testKey);
    ({ path: envoyPath } = await findEnvoy({ env: process.env }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const cases = join(projectRoot, "test/testdata/translate");
  for (const file of readdirSync(cases).filter((name) => name.endsWith(".in.yaml"))) {
    it(`takes ${file.replace(".in.yaml", "").replaceAll("-", " ")}`, async () => {
      // Written for toModel, as its own golden tests show.
      const partial = parse(readFileSync(join(cases, file), "utf8"), withFilesThatExist) as PartialModel;
      const ran = await validate(makeTranslation({ systemCaFile: join(folder, "certificate.pem") })(toModel(partial)));
      expect(ran.exitCode, ran.stderr).to.equal(0);
    });
  }

  it("refuses what only Envoy can know to be wrong", async () => {
    const ran = await validate({ ...nothing, clusters: [{ name: "a", type: "STATIC", outlier_detection: { max_ejection_percent: { value: 101 } } }] });
    expect(ran.exitCode).to.equal(1);
    expect(ran.stderr).to.contain("MaxEjectionPercent");
  });

  /** Envoy reads them all when it judges. */
  function withFilesThatExist(key: unknown, value: unknown): unknown {
    if (key === "certFile" || key === "caFile") return join(folder, "certificate.pem");
    return key === "keyFile" ? join(folder, "key.pem") : value;
  }

  async function validate(resources: Resources): Promise<Ran> {
    const { value: snapshot, problems } = makeSnapshot(resources);
    expect(problems).to.deep.equal([]);
    const path = join(folder, "bootstrap.pb");
    writeFileSync(path, toStaticBootstrap(snapshot));
    return runProgram(envoyPath, ["--mode", "validate", "--config-path", path, "--log-level", "warning"], { env: process.env, timeoutMs: 60_000 });
  }
});

const nothing: Resources = { clusters: undefined, endpoints: undefined, listeners: undefined, scopes: undefined, routes: undefined, stdioServers: undefined };

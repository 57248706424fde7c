/** Asking an Envoy's admin has limits: what answers there may be slow, endless or something else. */

import { expect } from "chai";
import { askEnvoyAdmin, EnvoyAdminError } from "../../xds-server/admin/envoy-admin.js";
import { startReplica, type Respond } from "../e2e/fixtures/replica.js";

const limits = { timeoutMs: 500, maxBytes: 1_000 };

const cases: readonly (readonly [string, Respond, EnvoyAdminError["code"]])[] = [
  ["silence", () => undefined, "unreachable"],
  ["a cut connection", (_request, response) => void response.destroy(), "unreachable"],
  ["half an answer", (_request, response) => void response.writeHead(200, { "content-length": 100 }).write("{"), "unreachable"],
  ["too much", (_request, response) => void response.end("x".repeat(2_000)), "too_large"],
  ["an error", (_request, response) => void response.writeHead(503).end(), "bad_answer"],
  ["something else than JSON", (_request, response) => void response.end("<p>"), "bad_answer"],
];

describe("asking an Envoy's admin", () => {
  for (const [name, respond, code] of cases) {
    it(`comes to an end with ${name}`, async () => {
      const replica = await startReplica({ name: "envoy", respond });
      const failure = await askEnvoyAdmin(replica.url, "/clusters", limits).then(() => undefined, (error: unknown) => error);
      await replica.stop();
      expect(failure).to.be.instanceOf(EnvoyAdminError).and.to.include({ code });
    });
  }

  it("gives what it answers", async () => {
    const replica = await startReplica({ name: "envoy", respond: ({ path }, response) => void response.end(JSON.stringify({ path })) });
    expect(await askEnvoyAdmin(replica.url, "/clusters?format=json", limits)).to.deep.equal({ path: "/clusters?format=json" });
    await replica.stop();
  });
});

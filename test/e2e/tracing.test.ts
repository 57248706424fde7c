/** End to end: traces reach an OpenTelemetry collector, and nobody waits for it. */

import { expect } from "chai";
import { ask, rpc } from "./ask.js";
import { OtlpCollector } from "./fixtures/otlp-collector.js";
import { startReplica, type Replica } from "./fixtures/replica.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Mesh } from "./mesh.js";
import { until } from "./until.js";

/** Envoy sends spans when it has five, or every 5 s. */
const batch = 5;

describe("e2e: tracing", () => {
  const opened = closedAfterwards();
  let collector: OtlpCollector;
  let replica: Replica;
  let mesh: Mesh;

  before(async function () {
    this.timeout(60_000);
    collector = await opened(OtlpCollector.start());
    replica = await opened(startReplica({ name: "replica" }));
    mesh = await opened(startMesh({
      gateway: { tracing: { otlp_endpoint: `http://127.0.0.1:${collector.port}`, service_name: "our-gateway" } },
      servers: { traced: { endpoint: replica.url, headers: { authorization: "Bearer upstream-s3cret" } } },
    }));
  });

  it("each request is a span that goes on in the server", async () => {
    for (let request = 0; request < batch; request++) expect((await rpc(mesh.gatewayUrl, "/traced/a?key=of-a-client", "tools/call", { params: { name: "echo" } })).status).to.equal(200);
    const parents = replica.requests.slice(-batch).map(({ headers }) => String(headers["traceparent"]));
    const spans = await until("the spans to arrive", () => {
      const found = parents.map((parent) => collector.spans.find(({ traceId }) => parent.split("-")[1] === traceId));
      return found.every((span) => span !== undefined) ? found : undefined;
    });
    expect(new Set(parents.map((parent) => parent.split("-")[1])).size).to.equal(batch);
    for (const span of spans) {
      expect(span.service).to.equal("our-gateway");
      expect(span.attributes).to.include({ "http.method": "POST", "http.status_code": "200" });
      expect(JSON.stringify(span)).not.to.contain("s3cret");
    }
  });

  it("a trace that a client has begun is gone on with", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    for (let request = 0; request < batch; request++) await rpc(mesh.gatewayUrl, "/traced", "ping", { headers });
    const span = await until("a span of that trace", () => collector.spans.find((one) => one.traceId === traceId));
    expect(span.parentSpanId).to.equal("b7ad6b7169203331");
    expect(replica.requests.at(-1)?.headers["traceparent"]).to.match(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
  });

  it("errors of the gateway are traced, too", async () => {
    for (let request = 0; request < batch; request++) await rpc(mesh.gatewayUrl, "/nobody", "ping");
    await until("a span with 404", () => collector.spans.find(({ attributes }) => attributes["http.status_code"] === "404"));
  });

  it("without a collector everything goes on, and it is found when it is back", async function () {
    this.timeout(40_000);
    const { port } = collector;
    await collector.stop();
    for (let request = 0; request < 4 * batch; request++) {
      const answer = await rpc(mesh.gatewayUrl, "/traced", "ping", { timeoutMs: 5_000 });
      expect(answer.status, answer.body).to.equal(200);
    }
    expect((await ask(mesh.adminUrl, "/readyz")).status).to.equal(200);
    const next = await opened(OtlpCollector.start(port));
    await until("spans to arrive again", async () => {
      await rpc(mesh.gatewayUrl, "/traced", "ping");
      return next.spans.length > 0;
    });
  });

  it("sample: 0% traces nothing, and says so to the server", async () => {
    await mesh.serve({ traced: { endpoint: replica.url } }, { tracing: { otlp_endpoint: `127.0.0.1:${collector.port}`, sample: "0%" } });
    for (const headers of [{}, { traceparent: "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }]) {
      expect((await rpc(mesh.gatewayUrl, "/traced", "ping", { headers })).status).to.equal(200);
      expect(replica.requests.at(-1)?.headers["traceparent"]).to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    }
  });
});

/** End to end: what is under way when the registry takes its endpoint, or its whole server, away. */

import { expect } from "chai";
import { open, rpc } from "./ask.js";
import { idOf, startReplica, type Replica } from "./fixtures/replica.js";
import { EventReader, Ticker } from "./fixtures/streams.js";
import { closedAfterwards } from "./life.js";
import { startMesh, type Entries, type Mesh } from "./mesh.js";
import { until } from "./until.js";

describe("e2e: lifetimes", () => {
  const opened = closedAfterwards();
  const ticker = new Ticker();
  let mesh: Mesh;
  let kept: Replica;
  let leaving: Replica;

  before(async function () {
    this.timeout(60_000);
    kept = await opened(startReplica({ name: "kept" }));
    leaving = await opened(startReplica({ name: "leaving", respond: ticker.respond }));
    mesh = await opened(startMesh({ servers: entries() }));
  });

  const checks = { health_check: { type: "tcp", interval: "200ms" } };
  const entries = (): Entries => ({
    kept: { type: "http", endpoint: kept.url },
    one: { type: "http", endpoint: leaving.url },
    two: { type: "http", instances: [{ endpoint: leaving.url }, { endpoint: kept.url, priority: 1 }] },
    checked: { type: "http", instances: [{ endpoint: leaving.url }, { endpoint: kept.url, priority: 1 }], ...checks },
  });
  const without: readonly (readonly [string, string, () => Entries])[] = [
    ["its endpoint leaves", "two", () => ({ ...entries(), two: { type: "http", endpoint: kept.url } })],
    ["its checked endpoint leaves", "checked", () => ({ ...entries(), checked: { type: "http", endpoint: kept.url, ...checks } })],
    ["its server leaves", "one", () => ({ kept: entries()["kept"] })],
    ["its server becomes another", "one", () => ({ ...entries(), one: { type: "http", endpoint: `http://localhost:${kept.port}`, load_balancing: "maglev" } })],
  ];

  for (const [what, id, changed] of without) {
    it(`a stream goes on, and a request is answered, when ${what}`, async () => {
      const events = new EventReader(await open(mesh.gatewayUrl, `/${id}`, { headers: { accept: "text/event-stream" } }));
      ticker.tick("before");
      expect(await events.next()).to.equal("before");
      const normal = leaving.respond;
      let answer = (): void => undefined;
      leaving.respond = ({ body }, response) => void (answer = () => response.end(JSON.stringify({ jsonrpc: "2.0", id: idOf(body), result: {} })));
      const asked = leaving.count;
      const waiting = rpc(mesh.gatewayUrl, `/${id}`, "tools/call", { id: what });
      await until("the request to arrive", () => leaving.count > asked);
      leaving.respond = normal;

      await mesh.serve(changed());
      ticker.tick("after");
      expect(await events.next()).to.equal("after");
      answer();
      expect((await waiting).message).to.deep.equal({ jsonrpc: "2.0", id: what, result: {} });
      events.close();
      await mesh.serve(entries());
    });
  }

  it("no change of a server touches the listener", async () => {
    const version = async (): Promise<unknown> => {
      const { configs } = JSON.parse(await mesh.envoyAdmin("/config_dump?resource=dynamic_listeners")) as { configs: readonly { active_state: { version_info: string; last_updated: string } }[] };
      return configs.map(({ active_state }) => [active_state.version_info, active_state.last_updated]);
    };
    const before = await version();
    const policies = {
      path: "/x", headers: { a: "b" }, auth: { api_keys: [{ client: "x", key: "y" }] }, rate_limit: { requests: 1, per: "1s" }, cors: { allow_origins: ["https://x.example"] },
      tools: { deny: ["x"] }, access_log: true, session_affinity: "off", circuit_breaker: { max_requests: 5 }, outlier_detection: {}, health_check: { type: "mcp", interval: "1s" },
    };
    await mesh.change({ kept: { type: "http", endpoint: kept.url, ...policies }, added: { type: "http", endpoint: kept.url }, one: undefined });
    await mesh.serve(entries());
    expect(await version()).to.deep.equal(before);
  });
});

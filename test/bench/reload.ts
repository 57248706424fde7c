/** Bench: two hundred registry changes during load; counts what failed and what was cut. */

import { open as openStream } from "../e2e/ask.js";
import { startReplica } from "../e2e/fixtures/replica.js";
import { EventReader, Ticker } from "../e2e/fixtures/streams.js";
import { startMesh } from "../e2e/mesh.js";
import { pump, startBackend, type Bench } from "./bench.js";

const changes = 200;
const streams = 20;

export const reload: Bench = {
  name: "reload",
  run: async (open, say) => {
    const backendPort = await startBackend(open);
    const ticker = new Ticker();
    const streaming = await open(startReplica({ name: "streaming", respond: ticker.respond }));
    const endpoint = `http://127.0.0.1:${backendPort}`;
    const second = `http://127.0.0.2:${backendPort}`;
    const mesh = await open(startMesh({ servers: { steady: { type: "http", endpoint }, streaming: { type: "http", endpoint: streaming.url } } }));
    const readers = await Promise.all(Array.from({ length: streams }, async () => new EventReader(await openStream(mesh.gatewayUrl, "/streaming"))));

    const port = Number(new URL(mesh.gatewayUrl).port);
    let isOver = false;
    const load = (async () => {
      let failed = 0;
      let requests = 0;
      while (!isOver) {
        const result = await pump({ port, path: "/steady", connections: 16, warmUpMs: 0, measureMs: 2_000 });
        failed += result.failed;
        requests += Math.round(result.requestsPerSecond * 2);
      }
      return { failed, requests };
    })();
    for (let change = 0; change < changes; change++) {
      if (change % 50 === 0) say(`change ${change} of ${changes}`);
      await mesh.serve({
        steady: { type: "http", instances: [{ endpoint, weight: 1 + (change % 3) }, ...(change % 2 === 0 ? [{ endpoint: second }] : [])], load_balancing: change % 4 < 2 ? "round_robin" : "least_request" },
        streaming: { type: "http", endpoint: streaming.url, description: `change ${change}` },
        [`added-${change}`]: { type: "http", endpoint },
      });
    }
    isOver = true;
    const { failed, requests } = await load;
    ticker.tick("still here");
    const heard = await Promise.all(readers.map((reader) => reader.next().then((event) => event === "still here", () => false)));
    readers.forEach((reader) => reader.close());
    return {
      title: `${changes} registry changes during load`,
      columns: ["requests", "failed", "streams", "cut"],
      rows: [[String(requests), String(failed), String(streams), String(heard.filter((isAlive) => !isAlive).length)]],
      notes: ["Each change alters the loaded server's endpoints, weights or balancing, and adds and removes another server. Aim: 0 failed, 0 cut."],
    };
  },
};

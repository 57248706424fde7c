/** Bench: from a registry file written to the first request served by what it says. */

import { Agent } from "node:http";
import { ask } from "../e2e/ask.js";
import { startMesh } from "../e2e/mesh.js";
import { ms, quantile, startBackend, type Bench } from "./bench.js";
import { manyServers, withEntry } from "./many.js";

const repeats = 40;
const aims = new Map([[10, "50"], [10_000, "150"]]);

export const changes: Bench = {
  name: "changes",
  run: async (open, say) => {
    const backendPort = await startBackend(open);
    const rows: string[][] = [];
    for (const count of [10, 10_000]) {
      say(`starting with ${count} servers`);
      const text = manyServers(count, backendPort);
      const mesh = await open(startMesh({ registryText: text, startLimitMs: 120_000 }));
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const times: number[] = [];
      for (let repeat = 0; repeat < repeats; repeat++) {
        const changed = withEntry(text, `fresh-${repeat}`, backendPort);
        const begin = performance.now();
        await mesh.writeRegistry(changed);
        while ((await ask(mesh.gatewayUrl, `/fresh-${repeat}`, { method: "POST", agent })).status !== 200);
        times.push(performance.now() - begin);
      }
      agent.destroy();
      await mesh.stop();
      rows.push([String(count), ms(quantile(times, 0.5)), ms(quantile(times, 0.9)), ms(Math.max(...times)), aims.get(count) ?? ""]);
    }
    return {
      title: "Registry change → effective in Envoy",
      columns: ["servers", "p50 ms", "p90 ms", "max ms", "aim for p50 ms"],
      rows,
      notes: [`${repeats} times: the file is replaced by one with one entry more and one less, until a request to the new entry is served.`],
    };
  },
};

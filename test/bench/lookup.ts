/** Bench: finding the route among ten servers and among ten thousand. */

import { startMesh } from "../e2e/mesh.js";
import { median, ms, pump, startBackend, type Bench } from "./bench.js";
import { manyServers } from "./many.js";

const counts = [10, 10_000];
const rounds = 7;

export const lookup: Bench = {
  name: "lookup",
  run: async (open, say) => {
    const backendPort = await startBackend(open);
    const ways: { readonly count: number; readonly port: number; readonly p50s: number[]; readonly p99s: number[]; readonly throughputs: number[] }[] = [];
    for (const count of counts) {
      say(`starting with ${count} servers`);
      const mesh = await open(startMesh({ registryText: manyServers(count, backendPort), startLimitMs: 120_000 }));
      ways.push({ count, port: Number(new URL(mesh.gatewayUrl).port), p50s: [], p99s: [], throughputs: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const way of round % 2 === 0 ? ways : [...ways].reverse()) {
        const { p50Ms, p99Ms, requestsPerSecond } = await pump({ port: way.port, path: `/server-${way.count - 1}`, connections: 1, warmUpMs: 300, measureMs: 2_000 });
        way.p50s.push(p50Ms);
        way.p99s.push(p99Ms);
        way.throughputs.push(requestsPerSecond);
      }
    }
    // The best round is the one that the machine disturbed least.
    const base = Math.min(...(ways[0]?.p50s ?? []));
    return {
      title: "Route look-up",
      columns: ["servers", "p50 ms, best round", "÷ 10 servers", "p50 ms, median", "p50 ms, worst round", "p99 ms", "requests/s"],
      rows: ways.map(({ count, p50s, p99s, throughputs }) => [String(count), ms(Math.min(...p50s)), (Math.min(...p50s) / base).toFixed(2), ms(median(p50s)), ms(Math.max(...p50s)), ms(median(p99s)), median(throughputs).toFixed(0)]),
      notes: [`The last server, 1 connection, ${rounds} interleaved rounds. Aim: the same within noise.`],
    };
  },
};

/** Bench: what the gateway costs, beside the backend alone and beside Envoy with one static route. */

import { availableParallelism } from "node:os";
import { startMesh } from "../e2e/mesh.js";
import { cpuSecondsOf, median, ms, pump, startBackend, type Bench, type Open } from "./bench.js";
import type { PumpResult } from "./http-pump.js";
import { startPlainEnvoy } from "./plain-envoy.js";

const rounds = 5;
const times = { warmUpMs: 300, measureMs: 2_000 };

interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** The Envoy in between. */
  readonly pid?: number;
}

interface Measured extends PumpResult {
  readonly cpuUs: number;
}

async function measure({ port, path, pid }: Target, connections: number): Promise<Measured> {
  const before = pid === undefined ? 0 : cpuSecondsOf(pid);
  const result = await pump({ port, path, connections, ...times });
  const after = pid === undefined ? 0 : cpuSecondsOf(pid);
  return { ...result, cpuUs: ((after - before) * 1_000_000) / result.answers };
}

/** One thread, where the Envoy is the limit, and one a core, as Envoy is run unless somebody says otherwise. */
const threadCounts = [...new Set([1, availableParallelism()])];

export const gateway: Bench = {
  name: "gateway",
  run: async (open, say) => {
    const backendPort = await startBackend(open);
    const rows: string[][] = [];
    for (const threads of threadCounts) {
      const targets = await startTargets(open, backendPort, threads);
      for (const connections of [1, 16, 64]) rows.push(...(await compare(targets, threads, connections, say)));
    }
    return {
      title: "Gateway to an HTTP server",
      columns: ["Envoy threads", "connections", "way", "requests/s", "p50 ms", "p99 ms", "throughput ÷ plain Envoy", "p50 − direct ms", "p50 − plain ms", "Envoy CPU µs a request", "÷ plain Envoy", "failed"],
      rows,
      notes: [`Medians of ${rounds} interleaved rounds of ${times.measureMs} ms; load, Envoy and backend share the cores.`, "Aim: ours ≥ 0.75 of plain Envoy's throughput, added p50 under 0.3 ms at 1 connection."],
    };
  },
};

async function startTargets(open: Open, backendPort: number, threads: number): Promise<readonly Target[]> {
  const plain = await open(startPlainEnvoy(backendPort, threads));
  const endpoint = `http://127.0.0.1:${backendPort}`;
  const mesh = await open(startMesh({ isQuiet: true, concurrency: threads, servers: { bench: { type: "http", endpoint }, chain: { type: "http", endpoint, rate_limit: { requests: 1_000_000_000, per: "1s" }, tools: { deny: ["never"] } } } }));
  const ours = Number(new URL(mesh.gatewayUrl).port);
  const envoyPid = mesh.child("envoy-1").pid;
  return [
    { name: "direct", port: backendPort, path: "/mcp" },
    { name: "plain Envoy", port: plain.port, path: "/bench", pid: plain.pid },
    { name: "ours", port: ours, path: "/bench", pid: envoyPid },
    { name: "ours, tool rules and rate limit", port: ours, path: "/chain", pid: envoyPid },
  ];
}

async function compare(targets: readonly Target[], threads: number, connections: number, say: (what: string) => void): Promise<string[][]> {
  const results = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    say(`${threads} Envoy threads, ${connections} connections, round ${round + 1} of ${rounds}`);
    // Interleaved and turned each round: what the machine does meanwhile meets all alike.
    for (let turn = 0; turn < targets.length; turn++) {
      const target = targets[(turn + round) % targets.length];
      if (target !== undefined) results.get(target.name)?.push(await measure(target, connections));
    }
  }
  const of = (name: string, pick: (result: Measured) => number): number => median((results.get(name) ?? []).map(pick));
  return targets.map(({ name }) => {
    const throughput = of(name, ({ requestsPerSecond }) => requestsPerSecond);
    const p50 = of(name, ({ p50Ms }) => p50Ms);
    return [
      String(threads),
      String(connections),
      name,
      throughput.toFixed(0),
      ms(p50),
      ms(of(name, ({ p99Ms }) => p99Ms)),
      (throughput / of("plain Envoy", ({ requestsPerSecond }) => requestsPerSecond)).toFixed(2),
      ms(p50 - of("direct", ({ p50Ms }) => p50Ms)),
      ms(p50 - of("plain Envoy", ({ p50Ms }) => p50Ms)),
      of(name, ({ cpuUs }) => cpuUs).toFixed(0),
      (of(name, ({ cpuUs }) => cpuUs) / of("plain Envoy", ({ cpuUs }) => cpuUs)).toFixed(2),
      String((results.get(name) ?? []).reduce((sum, { failed }) => sum + failed, 0)),
    ];
  });
}

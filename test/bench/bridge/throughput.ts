/** Bench: requests a second and latency of the bridge, interleaved with its peers and with the plain pipe. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../../protos/project-root.js";
import { median, ms, type Bench } from "../bench.js";
import { fastServer, type Contenders, type Running } from "./contenders.js";
import { cpuSeconds, type RunningProcess } from "./processes.js";
import type { PumpOrder, PumpResult } from "./pump.js";

const rounds = 5;
const times = { warmUpMs: 500, measureMs: 1_500 };
const run = promisify(execFile);

interface Target {
  readonly name: string;
  /** Absent: the plain pipe. */
  readonly running: Running | undefined;
}

interface Measured extends PumpResult {
  readonly ownUs: number;
  readonly envoyUs: number;
}

export const throughput = (contenders: Contenders): Bench => ({
  name: "throughput",
  run: async (open, say) => {
    const { shared, throughEnvoy, supergateway, mcpProxy, pythonMcpProxy } = contenders;
    const targets: Target[] = [{ name: "plain pipe", running: undefined }];
    for (const { name, start } of [shared, throughEnvoy, supergateway, mcpProxy, pythonMcpProxy]) {
      say(`starting ${name}`);
      targets.push({ name, running: await open(start()) });
    }

    const rows: string[][] = [];
    const aims: string[] = [];
    for (const connections of [1, 16, 64]) {
      const results = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        say(`${connections} connections, round ${round + 1} of ${rounds}`);
        // Interleaved and turned each round: what the machine does meanwhile meets all alike.
        for (let turn = 0; turn < targets.length; turn++) {
          const target = targets[(turn + round) % targets.length];
          if (target !== undefined) results.get(target.name)?.push(await measure(target, connections));
        }
      }
      const of = (name: string, pick: (result: Measured) => number): number => median((results.get(name) ?? []).map(pick));
      const rate = (name: string): number => of(name, ({ requestsPerSecond }) => requestsPerSecond);
      const betterPeer = Math.max(rate(supergateway.name), rate(mcpProxy.name));
      for (const { name } of targets) {
        rows.push([
          String(connections),
          name,
          rate(name).toFixed(0),
          (rate(name) / betterPeer).toFixed(1),
          ms(of(name, ({ p50Ms }) => p50Ms)),
          ms(of(name, ({ p99Ms }) => p99Ms)),
          ...[of(name, ({ ownUs }) => ownUs), of(name, ({ envoyUs }) => envoyUs)].map((us) => (us === 0 ? "–" : us.toFixed(0))),
          String((results.get(name) ?? []).reduce((sum, { failed }) => sum + failed, 0)),
        ]);
      }
      const ours = rate(shared.name) / betterPeer;
      const gateway = rate(throughEnvoy.name) / betterPeer;
      if (connections === 1) aims.push(`1 connection: ${ours.toFixed(1)} × (aim 3.5), p50 ${ms(of(shared.name, ({ p50Ms }) => p50Ms))} ms (aim 0.15)`);
      if (connections === 16) aims.push(`16 connections: ${ours.toFixed(1)} × (aim 6), through Envoy ${gateway.toFixed(1)} × (aim 3)`);
    }
    return {
      title: "The bridge beside its peers: one session, calls of an echo tool",
      columns: ["connections", "way", "requests/s", "÷ better of supergateway and mcp-proxy (npm)", "p50 ms", "p99 ms", "its CPU µs a request", "Envoy's", "failed"],
      rows,
      notes: [
        `Medians of ${rounds} interleaved rounds of ${times.measureMs} ms; one worker of the bridge, one thread of Envoy; the load runs on the same cores. Every answer was checked for the id and the text of its request; of the plain pipe, connections are requests open at once.`,
        ...aims,
      ],
    };
  },
});

async function measure({ running }: Target, connections: number): Promise<Measured> {
  const processes = running?.processes();
  const lists: readonly (readonly RunningProcess[])[] = [processes?.own ?? [], processes?.envoys ?? []];
  const before = lists.map(cpuSeconds);
  const order: PumpOrder = { target: running === undefined ? { kind: "pipe", command: fastServer } : { kind: "http", ...running.address }, connections, ...times };
  const { stdout } = await run(process.execPath, [join(projectRoot, "dist/test/bench/bridge/pump.js"), JSON.stringify(order)]);
  const result = JSON.parse(stdout) as PumpResult; // pump.ts wrote it.
  const [ownUs = 0, envoyUs = 0] = lists.map((list, index) => ((cpuSeconds(list) - (before[index] ?? 0)) * 1_000_000) / result.answers);
  return { ...result, ownUs, envoyUs };
}

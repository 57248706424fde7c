/** Bench: how long a new client waits for its first answers. */

import { setTimeout as pause } from "node:timers/promises";
import { ms, quantile, type Bench } from "../bench.js";
import type { Contenders, Running } from "./contenders.js";
import { McpClient } from "./mcp-client.js";

const rounds = 30;
/** Spares that were taken are replaced in the meantime. */
const pauseMs = 300;

export const newSession = ({ session, shared, supergateway, mcpProxy, pythonMcpProxy }: Contenders): Bench => ({
  name: "new-session",
  run: async (open, say) => {
    const all: { readonly name: string; readonly running: Running; readonly initializeMs: number[]; readonly callMs: number[] }[] = [];
    for (const { name, start } of [session, shared, supergateway, mcpProxy, pythonMcpProxy]) all.push({ name, running: await open(start()), initializeMs: [], callMs: [] });
    for (let round = 0; round < rounds; round++) {
      if (round % 10 === 0) say(`round ${round + 1} of ${rounds}`);
      for (const { running, initializeMs, callMs } of all) {
        await pause(pauseMs / all.length);
        const client = new McpClient(running.address);
        const beginMs = performance.now();
        await client.initialize();
        initializeMs.push(performance.now() - beginMs);
        await client.post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
        await client.echo(`round ${round}`);
        callMs.push(performance.now() - beginMs);
        await client.end();
        client.close();
      }
    }
    return {
      title: "A new session, from its connection on",
      columns: ["who", "initialize answered, p50 ms", "p90 ms", "first call answered, p50 ms", "p90 ms"],
      rows: all.map(({ name, initializeMs, callMs }) => [name, ms(quantile(initializeMs, 0.5)), ms(quantile(initializeMs, 0.9)), ms(quantile(callMs, 0.5)), ms(quantile(callMs, 0.9))]),
      notes: [`${rounds} interleaved rounds, a session each. Aim: under 5 ms with a warm spare.`],
    };
  },
});

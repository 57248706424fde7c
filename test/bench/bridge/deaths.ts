/** Bench: what clients see when the stdio server is killed. */

import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "../bench.js";
import type { Contender, Contenders } from "./contenders.js";
import { McpClient } from "./mcp-client.js";

const limitMs = 8_000;
/** For the request to have reached the stdio server. */
const reachMs = 500;

export const deaths = ({ session, shared, supergateway, mcpProxy, pythonMcpProxy }: Contenders): Bench => ({
  name: "deaths",
  run: async (_open, say) => {
    const rows: string[][] = [];
    for (const contender of [session, shared, supergateway, mcpProxy, pythonMcpProxy]) {
      say(contender.name);
      rows.push([contender.name, ...(await kill(contender))]);
    }
    return {
      title: "The stdio server is killed (SIGKILL)",
      columns: ["who", "the request in flight", "the next request of the session", "a new session"],
      rows,
      notes: [`Each is given ${limitMs / 1_000} s.`],
    };
  },
});

async function kill(contender: Contender): Promise<readonly string[]> {
  const running = await contender.start();
  const client = new McpClient(running.address);
  const newcomer = new McpClient(running.address);
  try {
    await client.open();
    await client.echo("before");
    const inFlight = client.hang(limitMs).then(({ status, body }) => `${status} ${body}`, String);
    await pause(reachMs);
    for (const { pid } of running.processes().stdioServers) process.kill(pid, "SIGKILL");
    const killedMs = performance.now();
    const flown = `${toCell(await inFlight)}, after ${((performance.now() - killedMs) / 1_000).toFixed(1)} s`;
    const next = await client.echo("after", limitMs).then(() => "works", String);
    const another = await newcomer.open(limitMs).then(() => newcomer.echo("another", limitMs)).then(() => "works", String);
    return [flown, toCell(next), toCell(another)];
  } finally {
    client.close();
    newcomer.close();
    await running.stop();
  }
}

/** The status, and what the answer says of itself. */
function toCell(text: string): string {
  const plain = text.replace(/^Error: (not the answer to \w+: )?/, "");
  const error = /"message":"((?:[^"\\]|\\.)*)"/.exec(plain)?.[1];
  if (error !== undefined) return `${plain.slice(0, 3)} error: ${error}`;
  if (plain.includes('"isError":true')) return `${plain.slice(0, 3)} result that is an error: "${/"text":"([^"]*)"/.exec(plain)?.[1] ?? ""}"`;
  return plain.slice(0, 100);
}

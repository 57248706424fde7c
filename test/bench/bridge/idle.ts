/** Bench: what a thousand idle sessions cost where all of them share the processes. */

import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "../bench.js";
import type { Contenders } from "./contenders.js";
import { McpClient, toGet } from "./mcp-client.js";
import { pssMb } from "./processes.js";
import { RawConnection } from "./raw-http.js";

const sessions = 1_000;
/** Garbage collectors come to rest. */
const restMs = 8_000;

export const idleSessions = ({ shared, mcpProxy, pythonMcpProxy }: Contenders): Bench => ({
  name: "idle",
  run: async (_open, say) => {
    const rows: string[][] = [];
    for (const contender of [shared, mcpProxy, pythonMcpProxy]) {
      say(contender.name);
      const running = await contender.start();
      const streams: RawConnection[] = [];
      try {
        const memory: number[] = [];
        const look = async (): Promise<void> => {
          await pause(restMs);
          memory.push(pssMb(running.processes().own));
        };
        await look();
        const client = new McpClient(running.address);
        const ids: string[] = [];
        for (let i = 0; i < sessions; i++) {
          await client.open();
          await client.echo(`session ${i}`);
          ids.push(client.sessionId);
        }
        client.close();
        await look();
        for (const id of ids) {
          const stream = new RawConnection(running.address.port, () => undefined);
          stream.ask(toGet(running.address, id), () => undefined);
          streams.push(stream);
        }
        await look();
        rows.push([contender.name, ...memory.map((each) => each.toFixed(0)), String(running.processes().stdioServers.length)]);
      } finally {
        for (const stream of streams) stream.close();
        await running.stop();
      }
    }
    return {
      title: `${sessions} idle sessions that share the stdio servers`,
      columns: ["who", "its own memory without sessions, MB", `with ${sessions}, MB`, "each with an open stream, MB", "stdio servers"],
      rows,
      notes: ["Memory is PSS, some seconds after the last request. Aim: under 150 MB. supergateway has no shared mode: it would need 2,000 processes."],
    };
  },
});

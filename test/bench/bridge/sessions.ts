/** Bench: what a hundred sessions cost in processes and memory. */

import type { Bench } from "../bench.js";
import type { Contenders } from "./contenders.js";
import { McpClient } from "./mcp-client.js";
import { pssMb } from "./processes.js";

const sessions = 100;

export const hundredSessions = ({ session, shared, supergateway, mcpProxy, pythonMcpProxy }: Contenders): Bench => ({
  name: "sessions",
  run: async (_open, say) => {
    const rows: string[][] = [];
    for (const contender of [session, shared, supergateway, mcpProxy, pythonMcpProxy]) {
      say(contender.name);
      const running = await contender.start();
      try {
        const before = running.processes();
        const client = new McpClient(running.address);
        for (let i = 0; i < sessions; i++) {
          await client.open();
          await client.echo(`session ${i}`);
        }
        client.close();
        const { own, stdioServers } = running.processes();
        const more = own.length + stdioServers.length - before.own.length - before.stdioServers.length;
        rows.push([
          contender.name,
          String(more),
          (more / sessions).toFixed(2),
          pssMb(before.own).toFixed(0),
          pssMb(own).toFixed(0),
          String(stdioServers.length),
          pssMb(stdioServers).toFixed(0),
        ]);
      } finally {
        await running.stop();
      }
    }
    return {
      title: `${sessions} sessions, each of which has called once`,
      columns: ["who", "processes more than without sessions", "a session", "its own memory without sessions, MB", "its own memory, MB", "stdio servers", "their memory, MB"],
      rows,
      notes: ["Memory is PSS: what processes share is divided among them. Aim: with a process a session, one process a session and nothing else."],
    };
  },
});

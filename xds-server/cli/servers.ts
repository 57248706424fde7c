/** `mcp-mesh servers`: the servers of a running mesh, and MCP servers on Kubernetes. */

import { Command } from "commander";
import { listCommand } from "./servers/list.js";
import { logsCommand } from "./servers/logs.js";
import { scaleCommand } from "./servers/scale.js";
import { startCommand } from "./servers/start.js";
import { statusCommand } from "./servers/status.js";
import { stopCommand } from "./servers/stop.js";
import { watchCommand } from "./servers/watch.js";

export function serversCommand(): Command {
  const command = new Command("servers")
    .description("the servers of a running mesh (list), and MCP servers on Kubernetes, whether a mesh runs or not")
    .addHelpText("after", "\nExit codes: 0 done, 1 it failed, 2 not understood or not allowed, 3 not found, 4 not within --timeout, 5 refused by Kubernetes, or no answer from it.\nOf several names: their code where all failures are alike, else 1.");
  for (const one of [listCommand(), statusCommand(), startCommand(), stopCommand(), scaleCommand(), watchCommand(), logsCommand()]) command.addCommand(one);
  return command;
}

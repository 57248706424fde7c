/** `mcp-mesh servers logs`: what the pods of an MCP server on Kubernetes write. */

import { Command, Option } from "commander";
import { defaultTail } from "../../lifecycle/server-logs.js";
import { paintFor, print } from "../output.js";
import { addClusterOptions, openLifecycle, orFail, readCount, whileRead, type ClusterOptions } from "./kubernetes-options.js";

type Options = ClusterOptions & { readonly container?: string; readonly follow?: boolean; readonly tail: number; readonly json?: boolean };

export function logsCommand(): Command {
  return addClusterOptions(new Command("logs").argument("<name>", "name of the Deployment or StatefulSet"))
    .description("print what all pods of an MCP server on Kubernetes have written, each line behind its pod and container")
    .option("-c, --container <name>", "of this container only")
    .option("-f, --follow", "go on with what comes, also from pods that come, until Ctrl-C")
    .addOption(new Option("--tail <lines>", "so many of the last lines of each container").argParser(readCount).default(defaultTail))
    .option("--json", "one JSON object a line")
    .action(async (name: string, { namespace, container, follow, tail, json, ...cluster }: Options) =>
      orFail(async () => {
        const paint = paintFor(process.stdout);
        for await (const { pod, container: from, line } of (await openLifecycle(cluster)).logs(name, { namespace, container, follow, tail, stop: whileRead() })) {
          print(json === true ? JSON.stringify({ pod, container: from, line }) : `${paint.dim(`${pod}/${from}`)}  ${line}`);
        }
      }),
    );
}

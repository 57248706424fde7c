/** `mcp-mesh servers status`: everything that Kubernetes tells of an MCP server. */

import { Command } from "commander";
import { toStatusJson } from "../../lifecycle/wire.js";
import { addClusterOptions, openLifecycle, orFail, type ClusterOptions } from "./kubernetes-options.js";
import { printOutcomes } from "./print-outcomes.js";
import { toStatusText } from "./servers-text.js";

export function statusCommand(): Command {
  return addClusterOptions(new Command("status").argument("<names...>", "names of the Deployments or StatefulSets"))
    .description("show the state of MCP servers on Kubernetes: replicas, endpoints, conditions, and why one is not ready")
    .option("--json", "print a list with an entry for each name")
    .action(async (names: readonly string[], options: ClusterOptions & { readonly json?: boolean }) =>
      orFail(async () => {
        const outcomes = await (await openLifecycle(options)).status(names, { namespace: options.namespace });
        printOutcomes(outcomes, options.json, { toJson: toStatusJson, toText: toStatusText, between: "\n\n" });
      }),
    );
}

/** `mcp-mesh servers start`: MCP servers on Kubernetes from no replica to one. */

import { Command } from "commander";
import { toChangeJson } from "../../lifecycle/wire.js";
import { addClusterOptions, addWaitOptions, openLifecycle, orFail, type ClusterOptions, type WaitOptions } from "./kubernetes-options.js";
import { printOutcomes } from "./print-outcomes.js";
import { toChangeText } from "./servers-text.js";

export function startCommand(): Command {
  return addWaitOptions(addClusterOptions(new Command("start").argument("<names...>", "names of the Deployments or StatefulSets")), { waits: true, until: "it is ready" })
    .description("start stopped MCP servers on Kubernetes with one replica; those that have some are left as they are")
    .option("--json", "print a list with an entry for each name")
    .action(async (names: readonly string[], options: ClusterOptions & WaitOptions & { readonly json?: boolean }) =>
      orFail(async () => {
        const outcomes = await (await openLifecycle(options)).start(names, { namespace: options.namespace, wait: options.wait, timeoutSeconds: options.timeout });
        printOutcomes(outcomes, options.json, { toJson: toChangeJson, toText: toChangeText, between: "\n" });
      }),
    );
}

/** `mcp-mesh servers stop`: MCP servers on Kubernetes to no replica. */

import { Command } from "commander";
import { toChangeJson } from "../../lifecycle/wire.js";
import { addClusterOptions, addWaitOptions, openLifecycle, orFail, type ClusterOptions, type WaitOptions } from "./kubernetes-options.js";
import { printOutcomes } from "./print-outcomes.js";
import { toChangeText } from "./servers-text.js";

export function stopCommand(): Command {
  return addWaitOptions(addClusterOptions(new Command("stop").argument("<names...>", "names of the Deployments or StatefulSets")), { waits: false, until: "the pods are gone" })
    .description("stop MCP servers on Kubernetes: no replica is left; pods have their grace period to finish")
    .option("--force", "end the pods at once, without their grace period, and wait until they are gone")
    .option("--json", "print a list with an entry for each name")
    .action(async (names: readonly string[], options: ClusterOptions & WaitOptions & { readonly force?: boolean; readonly json?: boolean }) =>
      orFail(async () => {
        const outcomes = await (await openLifecycle(options)).stop(names, { namespace: options.namespace, force: options.force, wait: options.wait, timeoutSeconds: options.timeout });
        printOutcomes(outcomes, options.json, { toJson: toChangeJson, toText: toChangeText, between: "\n" });
      }),
    );
}

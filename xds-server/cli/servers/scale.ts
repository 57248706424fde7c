/** `mcp-mesh servers scale`: how many replicas MCP servers on Kubernetes have. */

import { Command, Option } from "commander";
import { defaultMaxReplicas } from "../../lifecycle/lifecycle.js";
import { toChangeJson } from "../../lifecycle/wire.js";
import { addClusterOptions, addWaitOptions, openLifecycle, orFail, readCount, type ClusterOptions, type WaitOptions } from "./kubernetes-options.js";
import { printOutcomes } from "./print-outcomes.js";
import { toChangeText } from "./servers-text.js";

type Options = ClusterOptions & WaitOptions & { readonly replicas: number; readonly json?: boolean };

export function scaleCommand(): Command {
  return addWaitOptions(addClusterOptions(new Command("scale").argument("<names...>", "names of the Deployments or StatefulSets")), { waits: false, until: "all of them are ready" })
    .description("set the number of replicas of MCP servers on Kubernetes, up or down")
    .addOption(new Option("-r, --replicas <number>", "how many").argParser(readCount).makeOptionMandatory())
    .addOption(new Option("--max-replicas <number>", "more are refused").env("MCP_MESH_MAX_REPLICAS").argParser(readCount).default(defaultMaxReplicas))
    .option("--json", "print a list with an entry for each name")
    .action(async (names: readonly string[], options: Options) =>
      orFail(async () => {
        const outcomes = await (await openLifecycle(options)).scale(names, { namespace: options.namespace, replicas: options.replicas, wait: options.wait, timeoutSeconds: options.timeout });
        printOutcomes(outcomes, options.json, { toJson: toChangeJson, toText: toChangeText, between: "\n" });
      }),
    );
}

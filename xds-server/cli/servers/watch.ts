/** `mcp-mesh servers watch`: what happens to MCP servers on Kubernetes, as it happens. */

import { Command } from "commander";
import type { ServerEvent } from "../../lifecycle/server-events.js";
import { toEventJson } from "../../lifecycle/wire.js";
import { paintFor, print, type Paint } from "../output.js";
import { addScopeOptions, namespaceOf, openLifecycle, orFail, whileRead, type ScopeOptions } from "./kubernetes-options.js";
import { paintState } from "./servers-text.js";

export function watchCommand(): Command {
  return addScopeOptions(new Command("watch"))
    .description("show the MCP servers on Kubernetes and then every change of their state, until Ctrl-C")
    .option("--json", "one JSON object a line")
    .action(async (options: ScopeOptions & { readonly json?: boolean }) =>
      orFail(async () => {
        const paint = paintFor(process.stdout);
        for await (const event of (await openLifecycle(options)).watch({ namespace: namespaceOf(options), stop: whileRead() })) {
          print(options.json === true ? JSON.stringify(toEventJson(event)) : `${new Date().toISOString()}  ${toEventText(event, paint)}`);
        }
      }),
    );
}

function toEventText(event: ServerEvent, paint: Paint): string {
  switch (event.type) {
    case "trouble": return `${paint.yellow("trouble")}  ${event.error.message}`;
    case "recovered": return paint.green("recovered");
    default: {
      const { name, namespace, status, replicas, readyReplicas, endpoints } = event.server;
      return `${event.type.padEnd(7)}  ${namespace}/${paint.bold(name)}  ${event.type === "removed" ? paint.red("gone") : paintState(status, paint)}  ${readyReplicas}/${replicas}  ${endpoints.join(", ")}`.trimEnd();
    }
  }
}

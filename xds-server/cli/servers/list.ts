/** `mcp-mesh servers list`: what the running mesh serves, or what MCP servers are on Kubernetes. */

import { Command } from "commander";
import { toServerJson } from "../../lifecycle/wire.js";
import { adminUrlOption, type AdminOptions } from "../admin-client.js";
import { paintFor, print, printJson } from "../output.js";
import { readStatus, toServersText } from "../status.js";
import { addScopeOptions, namespaceOf, openLifecycle, orFail, type ScopeOptions } from "./kubernetes-options.js";
import { toListText } from "./servers-text.js";

interface Options extends AdminOptions, ScopeOptions { readonly json?: boolean }

export function listCommand(): Command {
  return addScopeOptions(new Command("list"))
    .description("list the servers of the running mesh; with --kubernetes, or any option that only makes sense there, the MCP servers on Kubernetes")
    .option("-k, --kubernetes", "the servers on Kubernetes instead, as its API tells them")
    .option("--json", "print them as JSON")
    .addOption(adminUrlOption())
    .action(async (options: Options, command: Command) => (isAboutKubernetes(command) ? listKubernetes(options) : listMesh(options)));
}

/** What only stands in the environment does not say what is meant. */
function isAboutKubernetes(command: Command): boolean {
  return ["kubernetes", "kubeconfig", "context", "namespace", "selector", "allNamespaces"].some((option) => command.getOptionValueSource(option) === "cli");
}

async function listMesh({ json, adminUrl }: Options): Promise<void> {
  const status = await readStatus(adminUrl);
  if (status === undefined) return;
  if (json === true) printJson(status.servers);
  else print(toServersText(status.servers, paintFor(process.stdout)));
}

async function listKubernetes(options: Options): Promise<void> {
  await orFail(async () => {
    const servers = await (await openLifecycle(options)).list({ namespace: namespaceOf(options) });
    if (options.json === true) printJson(servers.map(toServerJson));
    else print(toListText(servers, paintFor(process.stdout)));
  });
}

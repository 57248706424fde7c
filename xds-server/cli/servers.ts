/** `mcp-mesh servers`: the servers of a running mesh. */

import { Command } from "commander";
import { adminUrlOption, type AdminOptions } from "./admin-client.js";
import { paintFor, print, printJson } from "./output.js";
import { readStatus, toServersText } from "./status.js";

export function serversCommand(): Command {
  const list = new Command("list")
    .description("list the servers of the running mesh")
    .option("--json", "print them as JSON")
    .addOption(adminUrlOption())
    .action(async ({ json, adminUrl }: AdminOptions & { readonly json?: boolean }) => {
      const status = await readStatus(adminUrl);
      if (status === undefined) return;
      if (json === true) printJson(status.servers);
      else print(toServersText(status.servers, paintFor(process.stdout)));
    });
  return new Command("servers").description("the servers of a running mesh").addCommand(list);
}

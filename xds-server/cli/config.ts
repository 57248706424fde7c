/** `mcp-mesh config`: what the mesh serves to Envoy, and what Envoy has made of it; without secrets. */

import { Command } from "commander";
import { AdminError, adminUrlOption, askAdmin, hintFor, type AdminOptions } from "./admin-client.js";
import { fail, print, printJson } from "./output.js";

export function configCommand(): Command {
  const dump = new Command("dump")
    .description("print the configuration that is served, as JSON; secrets are left out")
    .option("--envoy", "what the running Envoy holds, instead of what it is sent")
    .option("--json", "on one line, for programs")
    .addOption(adminUrlOption())
    .action(async ({ envoy, json, adminUrl }: AdminOptions & { readonly envoy?: boolean; readonly json?: boolean }) => {
      try {
        const config = await askAdmin<unknown>(adminUrl, envoy === true ? "/envoy/config_dump" : "/config_dump");
        if (json === true) print(JSON.stringify(config));
        else printJson(config);
      } catch (error) {
        if (!(error instanceof AdminError)) throw error;
        fail(error.message, hintFor(error));
      }
    });
  return new Command("config").description("the configuration of a running mesh").addCommand(dump);
}

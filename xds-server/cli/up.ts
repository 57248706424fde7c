/** `mcp-mesh up`: runs the whole mesh in the foreground. */

import { Command } from "commander";
import { addUpOptions, type UpOptions } from "./up-options.js";
import { runUp } from "./up/run-up.js";

export function upCommand(): Command {
  return addUpOptions(new Command("up"))
    .description("run the mesh in the foreground: xds-server, stdio-bridge workers and Envoy; Ctrl-C ends everything")
    .action(async (options: UpOptions) => {
      // Connections that are kept alive for another question must not hold up the end.
      process.exit(await runUp(options));
    });
}

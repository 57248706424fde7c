/** `mcp-mesh validate`: everything that is wrong with a registry, with its place and what to do. */

import { Command } from "commander";
import { readRegistryOnce } from "../sources/registry/registry-source.js";
import { paintFor, print, printJson, toCount, toProblemText } from "./output.js";

export function validateCommand(): Command {
  return new Command("validate")
    .description("check registry files or folders; exits with 1 when there is any problem, a warning too")
    .argument("[paths...]", "files and folders, read together (default: MCP_MESH_REGISTRY, else registry.yaml)")
    .option("--json", "print the problems as JSON")
    .action((given: readonly string[], { json }: { readonly json?: boolean }) => {
      const paths = given.length > 0 ? given : registryPaths();
      const { value: view, problems } = readRegistryOnce(paths, process.env);
      const errors = problems.filter(({ severity }) => severity === "error").length;
      const warnings = problems.length - errors;
      const valid = problems.length === 0;
      if (!valid) process.exitCode = 1;

      if (json === true) {
        printJson({ valid, paths, servers: view.servers.map(({ id }) => id), problems });
        return;
      }
      const paint = paintFor(process.stdout);
      for (const problem of problems) print(toProblemText(problem, paint));
      const verdict = valid ? paint.green("valid") : paint.red("not valid");
      const counts = [toCount(view.servers.length, "server"), toCount(errors, "error"), toCount(warnings, "warning")];
      print(`${problems.length > 0 ? "\n" : ""}${paths.join(", ")}: ${verdict}, ${counts.join(", ")}`);
    });
}

function registryPaths(): readonly string[] {
  return (process.env["MCP_MESH_REGISTRY"] ?? "registry.yaml").split(",").filter((path) => path !== "");
}

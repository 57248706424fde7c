/** `mcp-mesh import`: the configuration of an MCP client, or a server.json, as a registry. */

import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { stringify } from "yaml";
import type { Checked } from "../model/model.js";
import { importClientConfiguration, type ImportedEntries } from "../sources/registry/import-client-configuration.js";
import { importServerJson, unwrapped } from "../sources/registry/import-server-json.js";
import { reasonOf } from "../sources/registry/registry-files.js";
import { fail, paintFor, print, printJson, toCount, toProblemText } from "./output.js";

interface ImportOptions { readonly json?: boolean; readonly output?: string }

export function importCommand(): Command {
  return new Command("import")
    .description("turn the configuration of an MCP client, or a server.json, into registry entries")
    .argument("<file>", "for example claude_desktop_config.json, .vscode/mcp.json or server.json; - is standard input")
    .option("-o, --output <file>", "write the entries to a new file instead of standard output")
    .option("--json", "print the entries and the problems as JSON")
    .action((file: string, { json, output }: ImportOptions) => {
      const text = readText(file);
      if (text === undefined) return;
      const { value: entries, problems } = importEntries(text, file === "-" ? "standard input" : file);
      if (problems.some(({ severity }) => severity === "error")) process.exitCode = 1;

      const paint = paintFor(process.stderr);
      if (json !== true) for (const problem of problems) process.stderr.write(`${toProblemText(problem, paint)}\n`);
      const ids = Object.keys(entries);
      if (output !== undefined && ids.length > 0 && !writeNew(output, toYaml(entries))) return;
      if (json === true) printJson({ servers: entries, problems });
      else if (output !== undefined && ids.length > 0) print(`${output}: ${toCount(ids.length, "server")}, ${ids.join(", ")}`);
      else if (ids.length > 0) process.stdout.write(toYaml(entries));
    });
}

function importEntries(text: string, fileName: string): Checked<ImportedEntries> {
  return isServerJson(text) ? importServerJson(text, fileName) : importClientConfiguration(text, fileName);
}

/** Only that format is plain JSON, and names packages or remotes of one server. */
function isServerJson(text: string): boolean {
  try {
    const content = unwrapped(JSON.parse(text));
    return typeof content === "object" && content !== null && ("packages" in content || "remotes" in content);
  } catch {
    return false;
  }
}

function toYaml(entries: ImportedEntries): string {
  return stringify({ servers: entries }, { lineWidth: 0 });
}

/** Undefined: it cannot be read, and the user has been told why. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file === "-" ? process.stdin.fd : file, "utf8");
  } catch (error) {
    fail(`${file} cannot be read: ${reasonOf(error)}`);
    return undefined;
  }
}

/** A client's configuration often has secrets in it: the file is for its owner alone, and takes no other's place. */
function writeNew(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    fail(exists ? `${file} is there already` : `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`, exists ? "choose another name: the registry may be several files, or a folder" : undefined);
    return false;
  }
}

#!/usr/bin/env node
/** The `mcp-mesh` command: its commands together, and what their exit codes mean. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { projectRoot } from "../../protos/project-root.js";
import { configCommand } from "./config.js";
import { doctorCommand } from "./doctor.js";
import { importCommand } from "./import.js";
import { probeCommand } from "./probe.js";
import { serversCommand } from "./servers.js";
import { statusCommand } from "./status.js";
import { upCommand } from "./up.js";
import { validateCommand } from "./validate.js";

const failed = 1;
const wrongUsage = 2;

forgetEmptyVariables();
outliveClosedPipes();
const program = new Command("mcp-mesh")
  .description("one address for every MCP server you run")
  .version(readVersion())
  .showHelpAfterError("(--help says what there is)")
  .addHelpText("after", "\nExit codes: 0 all is well, 1 it failed or found problems, 2 the command was not understood.");
for (const command of [upCommand(), validateCommand(), statusCommand(), serversCommand(), importCommand(), probeCommand(), configCommand(), doctorCommand()]) program.addCommand(command);
for (const command of allCommands(program)) {
  command.exitOverride();
  // addCommand, unlike command, hands on no settings.
  command.copyInheritedSettings(program);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version end by a throw, too. What was wrong has been said.
  process.exitCode = error.exitCode === 0 ? 0 : error.code.startsWith("commander.") ? wrongUsage : failed;
}

/** Compose files and shells set variables to nothing when they mean that they are not set. */
function forgetEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("MCP_MESH_") && value === "") delete process.env[name];
  }
}

/** `mcp-mesh config dump | head` closes the pipe early: that is no failure, and must not end `up` without its order. */
function outliveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function readVersion(): string {
  // Our own package.json.
  const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { readonly version: string };
  return version;
}

/** What a pool needs of a process of a stdio MCP server, whether it is a child of ours or at the other end of a connection. */

import { McpConnection } from "./mcp-connection.js";
import { McpProcess, type ProcessEvents, type ProcessSurroundings, type SendOutcome, type StopGrace } from "./mcp-process.js";
import type { ProcessCommand } from "./process-command.js";

export interface ServerProcess {
  /** Absent: it has none, or none that means anything here. */
  readonly pid: number | undefined;
  /** Of standard error, for people. */
  readonly lastStderrLines: readonly string[];
  send(message: Buffer): SendOutcome;
  pause(): void;
  resume(): void;
  /** Resolves when the process is gone, as far as can be seen from here. */
  stop(grace: StopGrace): Promise<void>;
}

export function startServerProcess(command: ProcessCommand, surroundings: ProcessSurroundings, events: ProcessEvents): ServerProcess {
  return command.connectTo === undefined ? new McpProcess(command, surroundings, events) : new McpConnection(command, command.connectTo, surroundings, events);
}

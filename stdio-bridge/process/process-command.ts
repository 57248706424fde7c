/** What is to be run as a process of a stdio MCP server. */

export interface ProcessCommand {
  /** Program and arguments; never run through a shell. */
  readonly argv: readonly [string, ...string[]];
  /** Absent: the bridge's own. */
  readonly workingDir: string | undefined;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The longest message taken from the process. */
  readonly maxMessageBytes: number;
}

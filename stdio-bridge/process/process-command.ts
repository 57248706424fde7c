/** What is to be run as a process of a stdio MCP server. */

export interface ProcessCommand {
  /** Program and arguments; never run through a shell. With `connectTo` only a name for people. */
  readonly argv: readonly [string, ...string[]];
  /** Absent: the bridge's own. */
  readonly workingDir: string | undefined;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The names in `env` whose values may be secrets: what the registry gives, not what the bridge has itself. */
  readonly secretNames: readonly string[];
  /** The longest message taken from the process. */
  readonly maxMessageBytes: number;
  readonly limits: ProcessLimits;
  /** Whom it runs as: a name or number, with a group behind a colon or not. Absent: as the bridge. */
  readonly user: string | undefined;
  /** Present: it is no child of ours, but begun by whoever listens there, once for each connection. */
  readonly connectTo?: ProcessAddress;
}

export interface ProcessAddress { readonly host: string; readonly port: number }

/** For a process with all that it starts. Absent: no limit. */
export interface ProcessLimits {
  readonly memoryBytes: number | undefined;
  /** 0.5 is half of one. */
  readonly cpus: number | undefined;
}

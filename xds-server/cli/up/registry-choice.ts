/** Which registry `mcp-mesh up` uses, and whether it is the demo's. */

import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";

export interface RegistryChoice {
  /** Absolute. */
  readonly paths: readonly string[];
  /** The package's own registry and nothing else: its HTTP servers are started too. */
  readonly isDemo: boolean;
  /** A sentence for each path that is not there. */
  readonly problems: readonly string[];
}

export function chooseRegistry(named: readonly string[], folder: string, projectRoot: string): RegistryChoice {
  const demo = join(projectRoot, "registry.yaml");
  const here = join(folder, "registry.yaml");
  const paths = named.length > 0 ? named.map((path) => resolve(folder, path)) : [existsSync(here) ? here : demo];
  const missing = paths.filter((path) => !existsSync(path));
  return {
    paths,
    isDemo: missing.length === 0 && existsSync(demo) && paths.every((path) => realpathSync(path) === realpathSync(demo)),
    problems: missing.map((path) => `registry ${path} does not exist: name a file or a folder with --registry`),
  };
}

/** Paths are meant from where the user stands; npm runs a script in the package's folder and remembers the user's. */
export function userFolder(env: NodeJS.ProcessEnv, workingFolder: string): string {
  return (env["npm_lifecycle_event"] === undefined ? undefined : env["INIT_CWD"]) ?? workingFolder;
}

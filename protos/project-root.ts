/** Where the project lies on disk, for what is read at run time and not compiled: proto files, schema, scripts. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The absolute path of the folder with package.json, found from the source tree and from dist/ alike. */
export const projectRoot: string = findProjectRoot(dirname(fileURLToPath(import.meta.url)));

function findProjectRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("no package.json in any folder above protos/project-root: the installation is incomplete");
  return findProjectRoot(parent);
}

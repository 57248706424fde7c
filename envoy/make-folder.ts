/** Makes a folder with those above it. */

import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Node's own `recursive` never ends where the folder above is there and takes none all the same, as in /proc. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST" && await isFolder(path)) return;
    if (code !== "ENOENT" || await isFolder(dirname(path))) throw error;
    await makeFolder(dirname(path));
    // Somebody else may have made it meanwhile.
    await makeFolder(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined); // What is not there is no folder.
  return found?.isDirectory() === true;
}

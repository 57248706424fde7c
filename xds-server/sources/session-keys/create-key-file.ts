/** Makes the file of session keys where there is none, with one key that only its owner can read. */

import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What is there is never touched. A file that is there is whole, whoever else makes it at the same moment. Throws the file system's error. */
export function createKeyFile(path: string, key: Uint8Array): "made" | "was_there" {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.new`;
  try {
    writeFileSync(draft, `${Buffer.from(key).toString("base64")}\n`, { mode: 0o600 });
    linkSync(draft, path);
    return "made";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return "was_there";
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Finds and reads the registry's files: the only place where they are touched. */

import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { maxFileBytes } from "./registry-bytes.js";
import type { FileInput } from "./registry-file.js";
import type { RegistryRoot } from "./registry.js";

/** Files in the order given; those of a folder by name. Hidden ones are no registry: a ConfigMap keeps its versions in such. */
export function readRoots(paths: readonly string[]): readonly RegistryRoot[] {
  return paths.map((path): RegistryRoot => {
    try {
      if (!statSync(path).isDirectory()) return { path, found: { kind: "files", isFolder: false, files: [readInput(path)] } };
      const names = readdirSync(path).filter((name) => !name.startsWith(".") && /\.(ya?ml|json)$/i.test(name)).sort();
      return { path, found: { kind: "files", isFolder: true, files: names.map((name) => readInput(join(path, name))) } };
    } catch (error) {
      return { path, found: { kind: "missing", why: reasonOf(error) } };
    }
  });
}

function readInput(path: string): FileInput {
  const folder = dirname(resolve(path));
  try {
    const stats = statSync(path);
    // Reading a pipe or a device would wait for somebody who may never come.
    if (!stats.isFile()) return { path, folder, read: { kind: "unreadable", why: "it is not a file" } };
    if (stats.size > maxFileBytes) return { path, folder, read: { kind: "unreadable", why: `it is larger than ${maxFileBytes / 1024 / 1024} MiB` } };
    return { path, folder, read: { kind: "bytes", bytes: readFileSync(path) } };
  } catch (error) {
    return { path, folder, read: { kind: "unreadable", why: reasonOf(error) } };
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of its path is a file, not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ELOOP: "its links run in a circle",
};

/** What the system says, without the path that everybody sees already. Anything else is a bug, and stays one. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") throw error;
  return reasons[error.code] ?? error.code;
}

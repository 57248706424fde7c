/** The folder of one run of `mcp-mesh up`: Envoy's bootstrap and admin socket, the key of session ids, for our user only, gone at the end. */

import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The kernel takes no longer path for a UNIX socket (108 bytes on Linux, 104 on macOS). */
const maxSocketPath = 100;

export interface RunFolder {
  readonly path: string;
  readonly bootstrapFile: string;
  readonly envoyAdminSocket: string;
  readonly sessionKeyFile: string;
  remove(): void;
}

export class RunFolderError extends Error {}

/** What `toBootstrap` gives is written into it; throws a RunFolderError, and leaves nothing, where that cannot be. */
export function makeRunFolder(toBootstrap: (envoyAdminSocket: string) => string): RunFolder {
  const longest = join(tmpdir(), "mcp-mesh-XXXXXX", "envoy.sock");
  const parent = Buffer.byteLength(longest) < maxSocketPath ? tmpdir() : "/tmp";
  const path = attempt(parent, () => mkdtempSync(join(parent, "mcp-mesh-")));
  const folder: RunFolder = {
    path,
    bootstrapFile: join(path, "envoy.json"),
    envoyAdminSocket: join(path, "envoy.sock"),
    sessionKeyFile: join(path, "session-keys"),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  try {
    attempt(parent, () => {
      chmodSync(path, 0o700);
      writeFileSync(folder.bootstrapFile, toBootstrap(folder.envoyAdminSocket));
      writeFileSync(folder.sessionKeyFile, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
    });
  } catch (error) {
    folder.remove();
    throw error;
  }
  return folder;
}

function attempt<T>(parent: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const why = code === "ENOSPC" || code === "EDQUOT" ? "there is no space left" : code === "ENOENT" ? "there is no such folder" : code;
    throw new RunFolderError(`a folder for Envoy's files cannot be made in ${parent} (${why}): set TMPDIR to a folder that can be written`, { cause });
  }
}

/** The folder of one run of `mcp-mesh up`: Envoy's bootstrap and admin socket, for our user only, gone at the end. */

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The kernel takes no longer path for a UNIX socket (108 bytes on Linux, 104 on macOS). */
const maxSocketPath = 100;

export interface RunFolder {
  readonly path: string;
  readonly bootstrapFile: string;
  readonly envoyAdminSocket: string;
  remove(): void;
}

export function makeRunFolder(): RunFolder {
  const longest = join(tmpdir(), "mcp-mesh-XXXXXX", "envoy.sock");
  const path = mkdtempSync(join(Buffer.byteLength(longest) < maxSocketPath ? tmpdir() : "/tmp", "mcp-mesh-"));
  chmodSync(path, 0o700);
  return {
    path,
    bootstrapFile: join(path, "envoy.json"),
    envoyAdminSocket: join(path, "envoy.sock"),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

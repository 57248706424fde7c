/** Says which process listens on a TCP port, where the system tells (Linux, our own processes or as root). */

import { readFile, readdir, readlink } from "node:fs/promises";

/** For example `node (process 4711)`; undefined where it cannot be known. */
export async function findPortHolder(port: number): Promise<string | undefined> {
  const inodes = new Set([...readListeningInodes(await read("/proc/net/tcp"), port), ...readListeningInodes(await read("/proc/net/tcp6"), port)]);
  if (inodes.size === 0) return undefined;
  const sockets = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  for (const id of await list("/proc")) {
    if (!/^\d+$/.test(id)) continue;
    for (const descriptor of await list(`/proc/${id}/fd`)) {
      const target = await readlink(`/proc/${id}/fd/${descriptor}`).catch(gone);
      if (target !== undefined && sockets.has(target)) return `${(await read(`/proc/${id}/comm`)).trim()} (process ${id})`;
    }
  }
  return undefined;
}

/** Reads the table of sockets: the second column ends in the port in hex, the fourth is 0A for one that listens, the tenth its inode. */
export function readListeningInodes(table: string, port: number): readonly string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [, local, , state, , , , , , inode] = columns;
    return local?.endsWith(ending) === true && state === "0A" && inode !== undefined ? [inode] : [];
  });
}

async function read(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(gone)) ?? "";
}

async function list(path: string): Promise<readonly string[]> {
  return (await readdir(path).catch(gone)) ?? [];
}

/** Processes end while we look, others' are closed to us, and other systems have no /proc: that is no answer, not a failure. */
function gone(): undefined {
  return undefined;
}

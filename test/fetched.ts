/** What only tests need and nobody wants twice: fetched once into the cache, under a name that follows from its pins. */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder } from "../envoy/find-envoy.js";

/** The folder that `fetch` has filled, now or in an earlier run. */
export async function fetchedOnce(name: string, pins: readonly string[], fetch: (folder: string) => Promise<void>): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([...pins, process.platform, process.arch])).digest("hex");
  const target = join(cacheFolder(process.env), "test", `${name}-${hash.slice(0, 16)}`);
  if (await isThere(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(join(dirname(target), ".fetch-"));
  try {
    await fetch(work);
    // In one step: another run sees all of it or nothing, and the later of two at once is thrown away.
    await rename(work, target).catch(async (error: unknown) => {
      if (!(await isThere(target))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return target;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}

/** Without the network the tests of this block are passed over, aloud; `.ci/run` forbids that. */
export async function orSkip<T>(context: Mocha.Context, fetching: Promise<T>): Promise<T> {
  try {
    return await fetching;
  } catch (error) {
    console.error(`\n  SKIPPED: ${error instanceof Error ? error.message : String(error)}\n`);
    context.skip();
  }
}

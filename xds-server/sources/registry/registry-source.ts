/** The registry as a source: reads its files, watches them, and yields a whole view after every change. */

import { setTimeout as wait } from "node:timers/promises";
import type { Checked, RegistryView } from "../../model/model.js";
import type { Source } from "../source.js";
import { startFileWatch, type FileWatch } from "./file-watch.js";
import { Registry, type RegistryNow, type RegistryRoot } from "./registry.js";
import { readRoots } from "./registry-files.js";
import { SecretFiles } from "./secret-files.js";

export interface RegistrySourceOptions {
  /** Files and folders, merged in this order. */
  readonly paths: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How often is looked where no event tells of a change. */
  readonly pollMs?: number;
}

/** A file is taken when it has lain still for this long: an editor may write it in several goes. */
const calmMs = 4;
/** Then nobody waits any longer for a file that is always being written. */
const maxCalmRounds = 25;
/** What cannot be parsed is perhaps half of what will be there in a moment. */
const retryMs = 25;
const maxRetries = 4;

export function makeRegistrySource({ paths, environment, pollMs = 500 }: RegistrySourceOptions): Source<RegistryView> {
  return {
    name: "registry",
    async *views(stop) {
      const reader = makeReader(paths, environment);
      const ended = new AbortController();
      const watch = startFileWatch({ pollMs, stop: AbortSignal.any([stop, ended.signal]) });
      let last: RegistryView | undefined;
      let reported = "";
      try {
        watch.look(reader.look());
        while (!stop.aborted) {
          let now = reader.read();
          // What is only now known to matter may have changed before it was watched.
          if (watch.look(reader.look())) now = reader.read();
          if (brokenNow(now) !== reported) now = await retry(now, reader, watch, stop);
          reported = brokenNow(now);
          if (now.view !== last) yield last = now.view;
          if (!now.reloads) return await untilStopped(stop);
          await watch.changed();
          await calm(watch, stop);
        }
      } finally {
        ended.abort();
      }
    },
  };
}

/** The registry as it is now, for `mcp-mesh validate`. */
export function readRegistryOnce(paths: readonly string[], environment: Readonly<Record<string, string | undefined>>): Checked<RegistryView> {
  const { view } = makeReader(paths, environment, true).read();
  return { value: view, problems: view.problems };
}

interface Reader {
  read(): RegistryNow;
  /** Everything whose change would change the view. */
  look(): readonly string[];
}

function makeReader(paths: readonly string[], environment: Readonly<Record<string, string | undefined>>, isReadOnce = false): Reader {
  const secrets = new SecretFiles(Date.now);
  const registry = new Registry({ environment, lookUpFile: secrets.lookUp, isReadOnce });
  let roots: readonly RegistryRoot[] = [];
  return {
    read() {
      secrets.refresh();
      roots = readRoots(paths);
      return registry.read(roots);
    },
    look: () => [...paths, ...roots.flatMap(({ found }) => found.kind === "files" ? found.files.map(({ path }) => path) : []), ...secrets.paths],
  };
}

/** A version of a broken file counts as broken once it has stayed so. */
async function retry(first: RegistryNow, reader: Reader, watch: FileWatch, stop: AbortSignal): Promise<RegistryNow> {
  let now = first;
  for (let round = 0; round < maxRetries && now.brokenFiles.length > 0 && !stop.aborted; round++) {
    await pause(retryMs, stop);
    now = reader.read();
  }
  watch.look(reader.look());
  return now;
}

function brokenNow({ brokenFiles }: RegistryNow): string {
  return brokenFiles.map(({ path, problems }) => `${path} ${problems.map(({ where, what }) => `${where} ${what}`).join()}`).join();
}

async function calm(watch: FileWatch, stop: AbortSignal): Promise<void> {
  let before = watch.signature();
  for (let round = 0; round < maxCalmRounds && !stop.aborted; round++) {
    await pause(calmMs, stop);
    const now = watch.signature();
    if (now === before) return;
    before = now;
  }
}

async function untilStopped(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

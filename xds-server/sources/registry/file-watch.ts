/** Tells when files change: by the system's events where there are any, and by looking now and then where there are not. */

import { lstatSync, readlinkSync, statSync, watch, type FSWatcher } from "node:fs";
import { dirname, join, parse, resolve, sep } from "node:path";

export interface FileWatch {
  /** What to look at from now on; folders stand for what is directly in them. True when something was not looked at before. */
  look(paths: readonly string[]): boolean;
  /** Resolves when something has changed since the last call, or `stop` is aborted. */
  changed(): Promise<void>;
  /** Changes whenever one of the files does, as far as its times and size tell. */
  signature(): string;
  close(): void;
}

interface Watched {
  readonly watcher: FSWatcher | undefined;
  readonly identity: string;
  /** Names of interest in this folder; absent: all. */
  names: Set<string> | undefined;
}

const maxLinks = 40;

export function startFileWatch({ pollMs, stop }: { readonly pollMs: number; readonly stop: AbortSignal }): FileWatch {
  let paths: readonly string[] = [];
  const folders = new Map<string, Watched>();
  let lastSignature = "";
  let isChanged = false;
  let wake: (() => void) | undefined;

  const tell = (): void => {
    isChanged = true;
    wake?.();
  };
  const signature = (): string => paths.map((path) => `${path} ${identityOf(path)}`).join("\n");
  const open = (folder: string): Watched => {
    const watched: Watched = { watcher: watchFolder(folder, (name) => {
      if (name === null || watched.names === undefined || watched.names.has(name)) tell();
    }), identity: folderIdentity(folder), names: new Set() };
    return watched;
  };
  const arrange = (): void => {
    const wanted = new Map<string, Set<string> | undefined>();
    for (const path of paths) {
      for (const { folder, name } of placesOf(path)) {
        if (!wanted.has(folder)) wanted.set(folder, new Set());
        wanted.get(folder)?.add(name);
      }
      if (isFolder(path)) wanted.set(realFolder(path), undefined);
    }
    for (const [folder, watched] of folders) {
      // A folder that was removed and made again is another one, and its events go to nobody.
      if (wanted.has(folder) && watched.identity === folderIdentity(folder)) continue;
      watched.watcher?.close();
      folders.delete(folder);
    }
    for (const [folder, names] of wanted) {
      const watched = folders.get(folder) ?? open(folder);
      watched.names = names;
      folders.set(folder, watched);
    }
  };

  const poll = setInterval(() => {
    arrange();
    const now = signature();
    if (now !== lastSignature) tell();
    lastSignature = now;
  }, pollMs);
  const close = (): void => {
    clearInterval(poll);
    for (const { watcher } of folders.values()) watcher?.close();
    folders.clear();
    wake?.();
  };
  stop.addEventListener("abort", close, { once: true });

  return {
    look(next) {
      const before = new Set(paths);
      paths = [...new Set(next.map((path) => resolve(path)))].sort();
      arrange();
      lastSignature = signature();
      return paths.some((path) => !before.has(path));
    },
    async changed() {
      if (!isChanged && !stop.aborted) await new Promise<void>((resolveWait) => { wake = resolveWait; });
      wake = undefined;
      isChanged = false;
    },
    signature,
    close,
  };
}

/** Where a change of `path` shows: its own name in its folder, and that of every link on the way there. */
function placesOf(path: string): readonly { readonly folder: string; readonly name: string }[] {
  const places: { folder: string; name: string }[] = [];
  const { root } = parse(path);
  let folder = root;
  let rest = path.slice(root.length).split(sep).filter((step) => step !== "");
  for (let links = 0; rest.length > 0 && links < maxLinks;) {
    const [name = "", ...after] = rest;
    const at = join(folder, name);
    const target = linkTarget(at);
    if (target === "missing") return [...places, { folder, name }];
    if (target !== undefined || after.length === 0) places.push({ folder, name });
    if (target === undefined) {
      folder = at;
      rest = after;
    } else {
      links++;
      const absolute = resolve(folder, target);
      folder = parse(absolute).root;
      rest = [...absolute.slice(folder.length).split(sep).filter((step) => step !== ""), ...after];
    }
  }
  return places;
}

function linkTarget(path: string): string | undefined | "missing" {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    // Whatever keeps us from looking, the folder above is where it would change.
    return "missing";
  }
}

function identityOf(path: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    // Not there, or not for us: whether that changes is all that matters here. The reader says why.
    return "-";
  }
}

function folderIdentity(folder: string): string {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev} ${ino}`;
  } catch {
    // Not there now: another identity than any folder's.
    return "-";
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Not there: its place in the folder above is watched.
    return false;
  }
}

/** The folder that a path ends at, whatever links lead there. */
function realFolder(path: string): string {
  const last = placesOf(path).at(-1);
  return last === undefined ? dirname(path) : join(last.folder, last.name);
}

function watchFolder(folder: string, onChange: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, (_event, name) => onChange(name));
    // The folder is gone, or the system has no watches left: the poll goes on.
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    // No watch can be had (none left, a network folder): the poll sees the change a little later.
    return undefined;
  }
}

/** Keeps a list of Kubernetes objects true by a watch that is begun again whatever happens to it. */

import type { KubernetesApi, Query } from "./kubernetes-api.js";
import { KubernetesError } from "./kubernetes-error.js";

export interface WatchedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string };
}

export interface WatchOptions<T extends object> {
  readonly api: KubernetesApi;
  /** Of the collection, for example `/apis/discovery.k8s.io/v1/namespaces/mcp/endpointslices`. */
  readonly path: string;
  /** Label and field selectors. */
  readonly query?: Query;
  /** What is kept of an object: of thousands, only what somebody needs. Absent: all of it. */
  readonly read?: (object: WatchedObject) => T;
  /**
   * All objects by `namespace/name`, after the first list and after every change, with the keys of those that came,
   * changed or went. The map goes on living: take what you need.
   */
  readonly onChange: (objects: ReadonlyMap<string, T>, changed: ReadonlySet<string>) => void;
  /** Why the list may be out of date; undefined: it is true again. What was known stays known meanwhile. */
  readonly onTrouble: (error: KubernetesError | undefined) => void;
  readonly stop: AbortSignal;
  /** 0..1, so that several watchers do not come back at one moment. */
  readonly random?: () => number;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
}

const pageSize = 500;
/** The API server ends a watch after this long, in seconds; a watch that outlasts it by far is not one any more. */
const watchSeconds = 240;
const watchDeadlineMs = (watchSeconds + 30) * 1_000;
const backoff = { firstMs: 100, mostMs: 5_000, mostAskedForMs: 60_000 };
/** A watch that has lived so long, or told anything, has worked: what comes after it is a new trouble. */
const livedMs = 5_000;

/** Resolves when `stop` is aborted, and never throws for what the API server does. */
export async function watchObjects<T extends object = WatchedObject>(options: WatchOptions<T>): Promise<void> {
  const { api, path, query, stop, onTrouble } = options;
  const { random = Math.random, now = () => performance.now() } = options;
  const objects = new Map<string, T>();
  let version: string | undefined;
  let failures = 0;
  let expiries = 0;

  while (!stop.aborted) {
    let openedAtMs = Infinity;
    let heard = false;
    try {
      if (version === undefined) {
        version = await listInto(objects, options);
        onTrouble(undefined);
      }
      const lines = api.lines({
        path,
        query: { ...query, watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: watchSeconds },
        timeoutMs: watchDeadlineMs,
        stop,
        onOpen: () => {
          openedAtMs = now();
          onTrouble(undefined);
        },
      });
      for await (const line of lines) {
        version = takeEvent(objects, line, version, options);
        heard = true;
      }
      if (!heard && now() - openedAtMs < livedMs && !stop.aborted) throw new KubernetesError("unreachable", `GET ${path}: the watch ended as soon as it had begun`);
      failures = expiries = 0;
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof KubernetesError)) throw error;
      if (heard || now() - openedAtMs >= livedMs) failures = expiries = 0;
      if (error.code === "gone") {
        // Too old a version: what happened in between is only to be had by a new list. Once, that is how things are.
        version = undefined;
        expiries += 1;
        if (expiries === 1) continue;
      }
      failures += 1;
      onTrouble(error);
      await pause(pauseMs(failures - 1, error, random()), stop);
    }
  }
}

/** Gives the version from which the watch goes on. Objects that are gone leave the map. */
async function listInto<T extends object>(objects: Map<string, T>, options: WatchOptions<T>): Promise<string> {
  const { version, listed } = await listPages(options, pageSize).catch((error: unknown) => {
    // Pages are of one moment, and that moment was too long ago for the next page: at once, then, and all together.
    if (error instanceof KubernetesError && error.code === "gone") return listPages(options, undefined);
    throw error;
  });
  const changed = new Set([...objects.keys(), ...listed.keys()]);
  objects.clear();
  for (const [key, object] of listed) objects.set(key, object);
  options.onChange(objects, changed);
  return version;
}

async function listPages<T extends object>({ api, path, query, stop, read }: WatchOptions<T>, limit: number | undefined): Promise<{ readonly version: string; readonly listed: ReadonlyMap<string, T> }> {
  const listed = new Map<string, T>();
  let next: string | undefined;
  for (;;) {
    // The API server answers for a collection with a list.
    const page = (await api.ask({ path, query: { ...query, limit, continue: next }, stop })) as { readonly metadata: { readonly resourceVersion: string; readonly continue?: string }; readonly items: readonly WatchedObject[] };
    for (const object of page.items) listed.set(keyOf(object), kept(object, read));
    next = page.metadata.continue === "" ? undefined : page.metadata.continue;
    if (next === undefined) return { version: page.metadata.resourceVersion, listed };
  }
}

function takeEvent<T extends object>(objects: Map<string, T>, line: string, version: string, { path, read, onChange }: WatchOptions<T>): string {
  const { type, object } = readEvent(line, path);
  switch (type) {
    case "ADDED":
    case "MODIFIED":
      objects.set(keyOf(object), kept(object, read));
      break;
    case "DELETED":
      objects.delete(keyOf(object));
      break;
    case "ERROR":
      throw new KubernetesError(object.code === 410 ? "gone" : "api_error", `GET ${path}: ${object.message ?? "the watch has failed"}`, object.code === undefined ? {} : { status: object.code });
    default: // BOOKMARK: nothing has changed up to this version.
      return object.metadata.resourceVersion ?? version;
  }
  onChange(objects, new Set([keyOf(object)]));
  return object.metadata.resourceVersion ?? version;
}

interface WatchEvent { readonly type: string; readonly object: WatchedObject & { readonly code?: number; readonly message?: string } }

function readEvent(line: string, path: string): WatchEvent {
  try {
    // The API server writes one event a line.
    return JSON.parse(line) as WatchEvent;
  } catch (cause) {
    throw new KubernetesError("api_error", `GET ${path}: the watch told what is no event`, { cause });
  }
}

function kept<T extends object>(object: WatchedObject, read: WatchOptions<T>["read"]): T {
  // Who reads nothing wants the objects as they are, and says by T what they are.
  return read === undefined ? (object as unknown as T) : read(object);
}

function keyOf({ metadata: { namespace, name } }: WatchedObject): string {
  return `${namespace ?? ""}/${name}`;
}

/** Ever longer, up to a bound, and as long as the API server asks for. */
export function pauseMs(failures: number, error: KubernetesError, random: number): number {
  const grown = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(failures, 20));
  return Math.max(Math.min(error.retryAfterMs ?? 0, backoff.mostAskedForMs), grown * (0.5 + random / 2));
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    }
    stop.addEventListener("abort", done, { once: true });
    if (stop.aborted) done();
  });
}

/** Keeps a list of Kubernetes objects true by a watch that is begun again whatever happens to it. */

import type { KubernetesApi, Query } from "./kubernetes-api.js";
import { KubernetesError } from "./kubernetes-error.js";

export interface WatchedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string };
}

export interface WatchOptions<T extends WatchedObject> {
  readonly api: KubernetesApi;
  /** Of the collection, for example `/apis/discovery.k8s.io/v1/namespaces/mcp/endpointslices`. */
  readonly path: string;
  /** Label and field selectors. */
  readonly query?: Query;
  /** All objects by `namespace/name`, after the first list and after every change. The map goes on living: take what you need. */
  readonly onChange: (objects: ReadonlyMap<string, T>) => void;
  /** Why the list may be out of date; undefined: it is true again. What was known stays known meanwhile. */
  readonly onTrouble: (error: KubernetesError | undefined) => void;
  readonly stop: AbortSignal;
  /** 0..1, so that several watchers do not come back at one moment. */
  readonly random?: () => number;
}

const pageSize = 500;
/** The API server ends a watch after this long, in seconds; a watch that outlasts it by far is not one any more. */
const watchSeconds = 240;
const watchDeadlineMs = (watchSeconds + 30) * 1_000;
const backoff = { firstMs: 100, mostMs: 15_000 };

/** Resolves when `stop` is aborted, and never throws for what the API server does. */
export async function watchObjects<T extends WatchedObject>(options: WatchOptions<T>): Promise<void> {
  const { api, path, query, stop, onTrouble } = options;
  const random = options.random ?? Math.random;
  const objects = new Map<string, T>();
  let version: string | undefined;
  let failures = 0;
  const succeeded = (): void => {
    failures = 0;
    onTrouble(undefined);
  };

  while (!stop.aborted) {
    try {
      if (version === undefined) {
        version = await listInto(objects, options);
        options.onChange(objects);
        succeeded();
      }
      const lines = api.lines({
        path,
        query: { ...query, watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: watchSeconds },
        timeoutMs: watchDeadlineMs,
        stop,
        onOpen: succeeded,
      });
      for await (const line of lines) version = takeEvent(objects, line, version, options.onChange);
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof KubernetesError)) throw error;
      // Too old a version: what happened in between is only to be had by a new list.
      if (error.code === "gone") version = undefined;
      else {
        onTrouble(error);
        await pause(pauseMs(failures, error, random()), stop);
      }
      failures += 1;
    }
  }
}

/** Gives the version from which the watch goes on. Objects that are gone leave the map. */
async function listInto<T extends WatchedObject>(objects: Map<string, T>, { api, path, query, stop }: WatchOptions<T>): Promise<string> {
  const listed = new Map<string, T>();
  let next: string | undefined;
  for (;;) {
    // The API server answers for a collection with a list.
    const page = (await api.ask({ path, query: { ...query, limit: pageSize, continue: next }, stop })) as { readonly metadata: { readonly resourceVersion: string; readonly continue?: string }; readonly items: readonly T[] };
    for (const object of page.items) listed.set(keyOf(object), object);
    next = page.metadata.continue === "" ? undefined : page.metadata.continue;
    if (next !== undefined) continue;
    objects.clear();
    for (const [key, object] of listed) objects.set(key, object);
    return page.metadata.resourceVersion;
  }
}

function takeEvent<T extends WatchedObject>(objects: Map<string, T>, line: string, version: string, onChange: WatchOptions<T>["onChange"]): string {
  // The API server writes one event a line.
  const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: T & { readonly code?: number; readonly message?: string } };
  switch (type) {
    case "ADDED":
    case "MODIFIED":
      objects.set(keyOf(object), object);
      break;
    case "DELETED":
      objects.delete(keyOf(object));
      break;
    case "ERROR":
      throw new KubernetesError(object.code === 410 ? "gone" : "api_error", object.message ?? "the watch has failed", object.code === undefined ? {} : { status: object.code });
    default: // BOOKMARK: nothing has changed up to this version.
      return object.metadata.resourceVersion ?? version;
  }
  onChange(objects);
  return object.metadata.resourceVersion ?? version;
}

function keyOf({ metadata: { namespace, name } }: WatchedObject): string {
  return `${namespace ?? ""}/${name}`;
}

/** Ever longer, up to a bound, and as long as the API server asks for. */
export function pauseMs(failures: number, error: KubernetesError, random: number): number {
  const grown = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(failures, 20));
  return Math.max(error.retryAfterMs ?? 0, grown * (0.5 + random / 2));
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

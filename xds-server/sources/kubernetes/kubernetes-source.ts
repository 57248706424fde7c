/** Kubernetes as a source: watches Services and EndpointSlices of the chosen namespaces, and yields what they say together. */

import type { Logger } from "pino";
import type { KubernetesApi } from "../../kubernetes/kubernetes-api.js";
import { KubernetesError, type KubernetesErrorCode } from "../../kubernetes/kubernetes-error.js";
import { pauseMs, watchObjects } from "../../kubernetes/watch-objects.js";
import type { KubernetesNamespace, KubernetesView, Problem } from "../../model/model.js";
import { makeBell } from "../bell.js";
import type { Source } from "../source.js";
import { toService, toSlice, type Service, type Slice } from "./endpoint-slices.js";
import { KnownServices, type Services } from "./known-services.js";
import { toOutage, toProblems, type Failures, type WatchedResource, type WatchState } from "./watch-state.js";

export interface KubernetesSourceOptions {
  /** Throws KubernetesError where no cluster is known. */
  readonly connect: () => Promise<KubernetesApi>;
  /** False: not before an entry of the registry asks for it. */
  readonly beginsAtOnce: boolean;
  /** Absent: our own, and those that the registry names. */
  readonly namespaces?: readonly string[] | "*";
  /** Whether labelled Services are servers by themselves. */
  readonly discovers: boolean;
  /** The longest wait, after a start, for the first lists. */
  readonly settleMs: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface KubernetesSource {
  /** To be iterated once. */
  readonly source: Source<KubernetesView>;
  /** The namespaces of the registry's entries, `undefined` for our own: once it has been read, and when it has changed. */
  want(namespaces: ReadonlySet<string | undefined>): void;
  readonly status: () => KubernetesStatus;
}

export interface KubernetesStatus {
  /** Absent: nobody has asked for Kubernetes yet, or no cluster is known. */
  readonly url?: string;
  /** Our own. */
  readonly namespace?: string;
  readonly watches: readonly WatchState[];
  readonly failures: Failures;
}

interface NamespaceWatch {
  readonly ended: AbortController;
  readonly states: Record<WatchedResource, WatchState>;
}

const settleCheckMs = 50;
/** A rollout tells of thousands of endpoints in a burst, line by line: one view is made of what has come. */
const calmMs = 1;
const paths: Readonly<Record<WatchedResource, (within: string) => string>> = {
  services: (within) => `/api/v1${within}/services`,
  endpointslices: (within) => `/apis/discovery.k8s.io/v1${within}/endpointslices`,
};
/** Slices of no Service are nothing to us. */
const ofServices = { labelSelector: "kubernetes.io/service-name" };

export function makeKubernetesSource(options: KubernetesSourceOptions): KubernetesSource {
  const { log, now } = options;
  const services = new KnownServices(options.discovers);
  const watches = new Map<string, NamespaceWatch>();
  const failures = new Map<KubernetesErrorCode, number>();
  const news = makeBell();
  let wanted: ReadonlySet<string | undefined> | undefined;
  let api: KubernetesApi | undefined;
  let connecting: KubernetesError | undefined;
  let bug: { readonly error: unknown } | undefined;

  const isWanted = (): boolean => options.beginsAtOnce || (wanted !== undefined && wanted.size > 0);
  const states = (): readonly WatchState[] => [...watches.values()].flatMap((watch) => Object.values(watch.states));
  const count = (error: KubernetesError): void => void failures.set(error.code, (failures.get(error.code) ?? 0) + 1);

  function startWatch(namespace: string, own: KubernetesApi, stop: AbortSignal): NamespaceWatch {
    const ended = new AbortController();
    const watch: NamespaceWatch = {
      ended,
      states: { services: { namespace, resource: "services", isListed: false, objects: 0 }, endpointslices: { namespace, resource: "endpointslices", isListed: false, objects: 0 } },
    };
    const within = namespace === "*" ? "" : `/namespaces/${namespace}`;
    const until = AbortSignal.any([stop, ended.signal]);
    const run = async <T extends object>(resource: WatchedResource, read: (object: object) => T, take: (objects: ReadonlyMap<string, T>, changed: ReadonlySet<string>) => void): Promise<void> => {
      const note = (next: Partial<WatchState>): void => void (watch.states[resource] = { ...watch.states[resource], ...next });
      await watchObjects<T>({
        api: own,
        path: paths[resource](within),
        ...(resource === "endpointslices" ? { query: ofServices } : {}),
        read,
        onChange: (objects, changed) => {
          if (ended.signal.aborted) return;
          take(objects, changed);
          note({ isListed: true, objects: objects.size });
          news.ring();
        },
        onTrouble: (trouble) => {
          const { trouble: before, ...rest } = watch.states[resource];
          if (trouble !== undefined) count(trouble);
          if (trouble?.message === before?.message) return;
          watch.states[resource] = trouble === undefined ? rest : { ...rest, trouble };
          news.ring();
        },
        stop: until,
      });
    };
    const all = [
      run<Service>("services", toService, (objects, changed) => services.takeServices(objects, changed)),
      run<Slice>("endpointslices", toSlice, (objects, changed) => services.takeSlices(objects, changed)),
    ];
    // A watch outlives whatever the API server does: what it throws is a bug of ours, and `views` throws it on.
    Promise.all(all).catch((error: unknown) => {
      bug ??= { error };
      news.ring();
    });
    return watch;
  }

  /** Begins and ends watches, so that there is one for each namespace that somebody wants. */
  function follow(own: KubernetesApi, stop: AbortSignal): void {
    const named = [...(wanted ?? [])].map((namespace) => namespace ?? own.namespace);
    const watched = new Set(options.namespaces === "*" ? ["*"] : options.namespaces ?? [own.namespace, ...named]);
    for (const [namespace, { ended }] of watches) {
      if (watched.has(namespace)) continue;
      ended.abort();
      watches.delete(namespace);
      services.forget(namespace);
      log.info({ namespace }, "the namespace is no longer watched");
    }
    for (const namespace of watched) {
      if (watches.has(namespace)) continue;
      watches.set(namespace, startWatch(namespace, own, stop));
      log.info({ namespace, api: own.url }, "the namespace is watched");
    }
  }

  async function* views(stop: AbortSignal): AsyncGenerator<KubernetesView> {
    const startedAtMs = now();
    let last: KubernetesView | undefined;
    let settled = false;
    let attempts = 0;
    let connectAtMs = 0;
    while (!stop.aborted) {
      if (api === undefined && isWanted() && now() >= connectAtMs) {
        try {
          api = await options.connect();
          connecting = undefined;
        } catch (error) {
          if (!(error instanceof KubernetesError)) throw error;
          connecting = error;
          count(error);
          connectAtMs = now() + pauseMs(attempts++, error, 1);
        }
      }
      if (api !== undefined) follow(api, stop);
      if (bug !== undefined) throw bug.error;

      settled ||= now() - startedAtMs >= options.settleMs || (wanted !== undefined && (!isWanted() || connecting?.code === "no_cluster" || (api !== undefined && states().every(isAnswered))));
      const view = toView(settled);
      if (last === undefined || !isSameView(last, view)) yield (last = view);

      const wakeAtMs = Math.min(settled ? Infinity : now() + settleCheckMs, api === undefined && isWanted() ? Math.max(connectAtMs, now()) : Infinity);
      await news.rung(wakeAtMs - now(), stop);
      await new Promise((resolve) => setTimeout(resolve, calmMs));
    }
  }

  function toView(settled: boolean): KubernetesView {
    const known = services.read();
    return {
      kind: "kubernetes",
      state: "on",
      namespace: api?.namespace ?? "default",
      namespaces: toNamespaces(known),
      elsewhere: elsewhere(),
      discovered: known.discovered,
      problems: [...(connecting === undefined ? [] : [toOutage(connecting, "error")]), ...toProblems(states(), isAskedFor()), ...known.problems],
      settled,
    };
  }

  /** In a pod it is begun unasked, and an account without rights is nothing that anybody misses. */
  function isAskedFor(): boolean {
    return options.namespaces !== undefined || (wanted !== undefined && wanted.size > 0);
  }

  function toNamespaces(known: Services): KubernetesView["namespaces"] {
    const isKnown = (namespace: string): boolean => Object.values((watches.get("*") ?? watches.get(namespace))?.states ?? {}).every(({ isListed }) => isListed);
    const names = new Set([...known.namespaces.keys(), ...watches.keys()]);
    names.delete("*");
    return new Map([...names].map((namespace): [string, KubernetesNamespace] => [namespace, { isKnown: isKnown(namespace), services: known.namespaces.get(namespace) ?? noServices }]));
  }

  function elsewhere(): KubernetesView["elsewhere"] {
    if (options.namespaces === undefined || api === undefined) return "unknown";
    if (options.namespaces !== "*") return "unwatched";
    return states().every(({ isListed }) => isListed) ? "empty" : "unknown";
  }

  return {
    source: { name: "kubernetes", views },
    want: (namespaces) => {
      if (wanted !== undefined && wanted.size === namespaces.size && [...namespaces].every((namespace) => wanted?.has(namespace))) return;
      wanted = namespaces;
      news.ring();
    },
    status: () => ({ ...(api === undefined ? {} : { url: api.url, namespace: api.namespace }), watches: states(), failures }),
  };
}

/** It is known, or known that it will not be known soon. */
function isAnswered({ isListed, trouble }: WatchState): boolean {
  return isListed || trouble?.code === "forbidden" || trouble?.code === "unauthorized";
}

const noServices: KubernetesNamespace["services"] = new Map();

function isSameView(a: KubernetesView, b: KubernetesView): boolean {
  return a.settled === b.settled && a.namespace === b.namespace && a.elsewhere === b.elsewhere && a.discovered === b.discovered
    && a.problems.length === b.problems.length && a.problems.every((problem, index) => isSameProblem(problem, b.problems[index]))
    && a.namespaces.size === b.namespaces.size
    && [...a.namespaces].every(([name, { isKnown, services }]) => {
      const other = b.namespaces.get(name);
      return other?.isKnown === isKnown && other.services === services;
    });
}

function isSameProblem(a: Problem, b: Problem | undefined): boolean {
  return a === b || (a.where === b?.where && a.what === b.what && a.severity === b.severity && a.hint === b.hint && a.serverId === b.serverId);
}

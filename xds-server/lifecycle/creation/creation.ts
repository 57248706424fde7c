/** Creation as a whole: who of several xds-servers writes, what the registry wants, and what keeps it from being so. */

import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import type { KubernetesApi } from "../../kubernetes/kubernetes-api.js";
import { KubernetesError } from "../../kubernetes/kubernetes-error.js";
import { pauseMs } from "../../kubernetes/watch-objects.js";
import type { McpServer, Problem, RegistryView } from "../../model/model.js";
import type { CreatedServer } from "../plan/created-server.js";
import type { SidecarImages } from "../plan/stdio-pod.js";
import { Creator, type Wish } from "./creator.js";
import { runLeadership, type LeaderState } from "./leadership.js";
import { WantedObjects } from "./wanted-objects.js";

/** An entry must have been gone for so long before anything is deleted. */
const ripeningMs = 10_000;

export interface CreationOptions {
  /** Throws KubernetesError where no cluster is known. */
  readonly connect: () => Promise<KubernetesApi>;
  /** The name of this mesh: what it has made is told by it from what others have made. */
  readonly meshName: string;
  /** Absent: our own, and those that the registry names. */
  readonly namespaces?: readonly string[] | "*";
  /** Absent: of the mesh's name, in our own namespace. */
  readonly lease?: { readonly namespace?: string; readonly name: string };
  /** Of this process alone. */
  readonly identity: string;
  readonly helm: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly chartFolders: readonly string[];
  readonly sidecarImages: SidecarImages;
  /** Resolves once no Envoy routes to servers that have left the registry. */
  readonly drained: (stop: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

export interface Creation {
  /** What the registry says now, once it has been read and after every change. */
  want(registry: RegistryView): void;
  problems(): readonly Problem[];
  /** Absent: it is not known yet. */
  leader(): LeaderState | undefined;
  /** Resolves when `stop` is aborted and the Lease is given back. */
  readonly ended: Promise<void>;
}

export function startCreation(options: CreationOptions, stop: AbortSignal): Creation {
  let registry: RegistryView | undefined;
  let creator: Creator | undefined;
  let leader: LeaderState | undefined;
  let unconnected: KubernetesError | undefined;
  let toServers: ((registry: RegistryView) => readonly CreatedServer[]) | undefined;

  /** A registry that names nothing from the start is rather a folder that was not mounted than everything removed. */
  let hasNamedAny = false;

  const take = (): void => {
    if (registry === undefined || toServers === undefined) return;
    hasNamedAny ||= registry.servers.length > 0;
    creator?.want({ servers: toServers(registry), mayRemove: hasNamedAny ? whatMayBeRemoved(registry) : () => false });
  };
  const run = async (): Promise<void> => {
    const api = await connected(options, (error) => (unconnected = error), stop);
    if (api === undefined) return;
    toServers = creationOf(api.namespace);
    const { meshName, namespaces, lease, identity, helm, environment, chartFolders, sidecarImages, drained, log } = options;
    creator = new Creator({
      api,
      owner: meshName,
      namespaces: namespaces === "*" ? undefined : namespaces ?? [api.namespace],
      watchesNamed: namespaces === undefined,
      wantedObjects: new WantedObjects({ helm, environment, chartFolders }, sidecarImages),
      drained,
      ripened: (end) => pause(ripeningMs, end),
      random: Math.random,
      log,
    }, stop);
    take();
    await runLeadership({
      api,
      namespace: lease?.namespace ?? api.namespace,
      name: lease?.name ?? meshName,
      identity,
      now: () => performance.now(),
      date: () => new Date(),
      random: Math.random,
      log,
      onElected: (term) => creator?.lead(term),
      onState: (state) => (leader = state),
    }, stop);
  };
  return {
    want(view) {
      registry = view;
      take();
    },
    problems() {
      if (unconnected !== undefined) return [{ severity: "error", where: "kubernetes", what: `no server can be created: ${unconnected.message}`, hint: "it is tried again; --kubernetes-create off turns it off" }];
      const lease: readonly Problem[] = leader?.kind === "unknown" ? [{ severity: "error", where: "kubernetes", what: "nobody can tell which xds-server writes: this one does not", hint: leader.why }] : [];
      const empty: readonly Problem[] = registry !== undefined && !hasNamedAny && creator?.hasUnwanted === true ? [{ severity: "warning", where: "kubernetes", what: "the registry has named no server since the start: what was created before is kept", hint: `let it name one, or delete what it made: kubectl delete deploy,svc,cm,secret,sa,hpa,pdb -l mcp-mesh.io/owner=${options.meshName},mcp-mesh.io/made=true` }] : [];
      return [...lease, ...empty, ...creator?.problems() ?? []];
    },
    leader: () => leader,
    ended: run(),
  };
}

/** What the registry wants to be created while nobody creates anything. */
export function uncreated({ servers }: RegistryView): readonly Problem[] {
  return servers.flatMap(({ id, runsAs }): readonly Problem[] => runsAs.kind === "http" && runsAs.kubernetes?.workload !== undefined
    ? [{ severity: "error", where: "kubernetes", serverId: id, what: `"${id}" is to be created in Kubernetes, and this xds-server creates nothing`, hint: "start it with --kubernetes-create on, or name a service that is there already" }]
    : []);
}

/** The same object for a server that has not changed. */
export function creationOf(ownNamespace: string): (registry: RegistryView) => readonly CreatedServer[] {
  const known = new WeakMap<McpServer, CreatedServer>();
  return ({ servers }) => servers.flatMap((mcpServer) => {
    const { id, runsAs } = mcpServer;
    if (runsAs.kind !== "http" || runsAs.kubernetes?.workload === undefined) return [];
    const { namespace = ownNamespace, service, workload } = runsAs.kubernetes;
    const server = known.get(mcpServer) ?? { id, namespace, name: service, path: runsAs.path, workload };
    known.set(mcpServer, server);
    return [server];
  });
}

/**
 * A server is gone when its entry is, and not when its entry or its file cannot be read: an error that concerns no
 * single server may be about any of them.
 */
export function whatMayBeRemoved({ problems, defaults }: RegistryView): Wish["mayRemove"] {
  const errors = problems.filter(({ severity }) => severity === "error");
  const isWhole = defaults.isClosed !== true && errors.every(({ serverId }) => serverId !== undefined);
  const uncertain = new Set(errors.map(({ serverId }) => serverId));
  return (id) => isWhole && !uncertain.has(id);
}

async function connected({ connect }: CreationOptions, onError: (error: KubernetesError | undefined) => void, stop: AbortSignal): Promise<KubernetesApi | undefined> {
  for (let failures = 0; !stop.aborted; failures += 1) {
    try {
      const api = await connect();
      onError(undefined);
      return api;
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      onError(error);
      await pause(pauseMs(failures, error, Math.random()), stop);
    }
  }
  return undefined;
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** Resources → Snapshot: each resource encoded once, and every reference sure of its target. */

import { EncodeError } from "../../protos/encode-error.js";
import type { Checked, Problem } from "../model/model.js";
import { encodeResource } from "./encode.js";
import { referencesOfCluster, referencesOfListener, referencesOfRoutes, referencesOfScope } from "./references.js";
import { follow, type ListKey, type Recipe, type Resources } from "./resources.js";
import { typeUrls, type EncodedResource, type Reference, type Snapshot, type TypeUrl } from "./snapshot.js";

/**
 * A resource that does not fit its .proto file, bears a name twice or refers to what is not there is a bug of ours, but
 * must not take the others down: it stays as it was in `previous`, or out when that does not fit either, and an error
 * says so. A type that is not known is not missed by those that refer to it.
 */
export function makeSnapshot(resources: Resources, previous?: Snapshot): Checked<Snapshot> {
  const problems: Problem[] = [];
  const byType: ByType = new Map();
  const add = <R extends object>(kind: Kind<R>, list: readonly Recipe<R>[] | undefined): void => {
    if (list !== undefined) byType.set(kind.typeUrl, encodeAll(kind, list, previous?.byType.get(kind.typeUrl), problems));
  };
  add(clusterKind, resources.clusters);
  add(endpointsKind, resources.endpoints);
  markGuesses(byType.get(typeUrls.endpoints), resources.guessedEndpoints);
  add(listenerKind, resources.listeners);
  add(scopeKind, resources.scopes);
  add(routesKind, resources.routes);
  add(stdioServerKind, resources.stdioServers);
  // What is put back or left out may be what another refers to, so this goes on until all is whole.
  while (mendReferences(byType, previous, problems));
  const { eagerClusters } = resources;
  return { value: { byType, ...(eagerClusters === undefined ? {} : { eagerClusters }) }, problems };
}

type ByType = Map<TypeUrl, Map<string, EncodedResource>>;

interface Kind<R extends object> {
  readonly typeUrl: TypeUrl;
  readonly nameOf: (resource: R) => string | undefined;
  readonly referencesOf?: (resource: R) => readonly Reference[];
  /** By the object itself: with 10,000 servers a change of one must not cost the encoding of all. */
  readonly encoded: WeakMap<Recipe<R>, EncodedResource>;
}

const clusterKind = kind(typeUrls.cluster, (cluster: List<"clusters">) => cluster.name, referencesOfCluster);
const endpointsKind = kind(typeUrls.endpoints, (endpoints: List<"endpoints">) => endpoints.cluster_name);
const listenerKind = kind(typeUrls.listener, (listener: List<"listeners">) => listener.name, referencesOfListener);
const scopeKind = kind(typeUrls.scope, (scope: List<"scopes">) => scope.name, referencesOfScope);
const routesKind = kind(typeUrls.routes, (routes: List<"routes">) => routes.name, referencesOfRoutes);
const stdioServerKind = kind(typeUrls.stdioServer, (stdioServer: List<"stdioServers">) => stdioServer.name);

type List<Key extends ListKey> = Exclude<NonNullable<Resources[Key]>[number], () => object>;

function kind<R extends object>(typeUrl: TypeUrl, nameOf: Kind<R>["nameOf"], referencesOf?: Kind<R>["referencesOf"]): Kind<R> {
  return { typeUrl, nameOf, encoded: new WeakMap(), ...(referencesOf === undefined ? {} : { referencesOf }) };
}

function encodeAll<R extends object>(
  kind: Kind<R>,
  list: readonly Recipe<R>[],
  previous: ReadonlyMap<string, EncodedResource> | undefined,
  problems: Problem[],
): Map<string, EncodedResource> {
  const byName = new Map<string, EncodedResource>();
  const take = (name: string, encode: () => EncodedResource): void => {
    if (byName.has(name)) return void problems.push(error(kind.typeUrl, name, "there are two of this name; the first is taken"));
    try {
      byName.set(name, encode());
    } catch (cause) {
      if (!(cause instanceof EncodeError)) throw cause;
      const last = previous?.get(name);
      if (last !== undefined) byName.set(name, last);
      problems.push(error(kind.typeUrl, name, `${cause.message}; ${fate(last)}`));
    }
  };
  list.forEach((recipe, index) => {
    const known = kind.encoded.get(recipe);
    if (known !== undefined) return take(known.name, () => known);
    const resource = follow(recipe);
    const name = kind.nameOf(resource) ?? "";
    if (name === "") return void problems.push(error(kind.typeUrl, `number ${index}`, "it has no name and is left out"));
    take(name, () => {
      const encoded = encodeResource(kind.typeUrl, name, resource, kind.referencesOf?.(resource) ?? []);
      kind.encoded.set(recipe, encoded);
      return encoded;
    });
  });
  return byName;
}

/** A guess has a version of its own: what is found out is news, even if it was guessed right. */
function markGuesses(endpoints: Map<string, EncodedResource> | undefined, names: ReadonlySet<string> | undefined): void {
  for (const name of names ?? []) {
    const endpoint = endpoints?.get(name);
    if (endpoint !== undefined) endpoints?.set(name, { ...endpoint, version: `${endpoint.version}?`, isGuess: true });
  }
}

/** True when something was changed: each resource goes back to its last form, then out, so it ends. */
function mendReferences(byType: ByType, previous: Snapshot | undefined, problems: Problem[]): boolean {
  let changed = false;
  for (const [typeUrl, byName] of byType) {
    if (typeUrl === typeUrls.endpoints || typeUrl === typeUrls.stdioServer) continue; // They refer to nothing.
    for (const [name, resource] of byName) {
      const missing = resource.references?.find((reference) => byType.get(reference.typeUrl)?.has(reference.name) === false);
      if (missing === undefined) continue;
      const before = previous?.byType.get(typeUrl)?.get(name);
      const last = before === resource ? undefined : before;
      if (last === undefined) byName.delete(name);
      else byName.set(name, last);
      problems.push(error(typeUrl, name, `it refers to ${nouns[missing.typeUrl]} "${missing.name}", which does not exist; ${fate(last)}`));
      changed = true;
    }
  }
  return changed;
}

const nouns: Readonly<Record<TypeUrl, string>> = {
  [typeUrls.cluster]: "cluster",
  [typeUrls.endpoints]: "endpoints",
  [typeUrls.listener]: "listener",
  [typeUrls.scope]: "scope",
  [typeUrls.routes]: "route configuration",
  [typeUrls.stdioServer]: "stdio server",
};

function fate(last: EncodedResource | undefined): string {
  return last === undefined ? "it is left out" : "it stays as it was";
}

function error(typeUrl: TypeUrl, name: string, what: string): Problem {
  return { severity: "error", where: `${nouns[typeUrl]} "${name}"`, what, hint: "this is a fault of the xds-server, and all else is served: change the entry, or report this with it" };
}

/** What translate gives: plain objects in the form of the generated types, in any order. */

import type { Cluster } from "../../protos/gen/envoy/config/cluster/v3/Cluster.js";
import type { ClusterLoadAssignment } from "../../protos/gen/envoy/config/endpoint/v3/ClusterLoadAssignment.js";
import type { Listener } from "../../protos/gen/envoy/config/listener/v3/Listener.js";
import type { RouteConfiguration } from "../../protos/gen/envoy/config/route/v3/RouteConfiguration.js";
import type { ScopedRouteConfiguration } from "../../protos/gen/envoy/config/route/v3/ScopedRouteConfiguration.js";
import type { StdioServer } from "../../protos/gen/mcp_mesh/v1/StdioServer.js";

/**
 * A list that is undefined is not known yet: nothing is said of its type to anybody. An object or recipe that is the same
 * as last time is taken to give the same content, and is not encoded again: give new ones for what has changed,
 * and the old ones for what has not.
 */
export interface Resources {
  readonly clusters: readonly Recipe<Cluster>[] | undefined;
  readonly endpoints: readonly Recipe<ClusterLoadAssignment>[] | undefined;
  readonly listeners: readonly Recipe<Listener>[] | undefined;
  readonly scopes: readonly Recipe<ScopedRouteConfiguration>[] | undefined;
  readonly routes: readonly Recipe<RouteConfiguration>[] | undefined;
  readonly stdioServers: readonly Recipe<StdioServer>[] | undefined;
  /** Present: of the clusters, a client that asks for all gets these only, and the others by name (see Snapshot). */
  readonly eagerClusters?: ReadonlySet<string>;
  /** Names of endpoints that nobody could tell yet: a client that has some from before keeps them. */
  readonly guessedEndpoints?: ReadonlySet<string>;
}

/** The lists of resources by their keys. */
export type ListKey = Exclude<keyof Resources, "eagerClusters" | "guessedEndpoints">;

/** A resource, or what makes it. Its bytes are kept, so the object itself, five times as large, need not be. */
export type Recipe<Resource extends object> = Resource | (() => Resource);

export function follow<Resource extends object>(recipe: Recipe<Resource>): Resource {
  // A resource is a plain object, never a function.
  return typeof recipe === "function" ? (recipe as () => Resource)() : recipe;
}

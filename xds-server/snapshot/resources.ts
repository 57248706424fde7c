/** What translate gives: plain objects in the form of the generated types, in any order. */

import type { Cluster } from "../../protos/gen/envoy/config/cluster/v3/Cluster.js";
import type { ClusterLoadAssignment } from "../../protos/gen/envoy/config/endpoint/v3/ClusterLoadAssignment.js";
import type { Listener } from "../../protos/gen/envoy/config/listener/v3/Listener.js";
import type { RouteConfiguration } from "../../protos/gen/envoy/config/route/v3/RouteConfiguration.js";
import type { ScopedRouteConfiguration } from "../../protos/gen/envoy/config/route/v3/ScopedRouteConfiguration.js";
import type { StdioServer } from "../../protos/gen/mcp_mesh/v1/StdioServer.js";

/**
 * A list that is undefined is not known yet: nothing is said of its type to anybody. An object that is the same object
 * as last time is taken to have the same content, and is not encoded again: give new objects for what has changed,
 * and the old ones for what has not.
 */
export interface Resources {
  readonly clusters: readonly Cluster[] | undefined;
  readonly endpoints: readonly ClusterLoadAssignment[] | undefined;
  readonly listeners: readonly Listener[] | undefined;
  readonly scopes: readonly ScopedRouteConfiguration[] | undefined;
  readonly routes: readonly RouteConfiguration[] | undefined;
  readonly stdioServers: readonly StdioServer[] | undefined;
}

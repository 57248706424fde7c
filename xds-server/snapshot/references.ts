/** Which other resources a resource cannot do without. */

import type { Cluster } from "../../protos/gen/envoy/config/cluster/v3/Cluster.js";
import type { Listener } from "../../protos/gen/envoy/config/listener/v3/Listener.js";
import type { RouteConfiguration } from "../../protos/gen/envoy/config/route/v3/RouteConfiguration.js";
import type { ScopedRouteConfiguration } from "../../protos/gen/envoy/config/route/v3/ScopedRouteConfiguration.js";
import { typeUrls, type Reference, type TypeUrl } from "./snapshot.js";

/** Envoy would hold back such a cluster for 15 seconds if its endpoints were never sent. */
export function referencesOfCluster(cluster: Cluster): readonly Reference[] {
  if (cluster.type !== "EDS" && cluster.type !== 3) return [];
  return [{ typeUrl: typeUrls.endpoints, name: cluster.eds_cluster_config?.service_name || (cluster.name ?? "") }];
}

export function referencesOfScope(scope: ScopedRouteConfiguration): readonly Reference[] {
  if (scope.route_configuration) return [];
  return [{ typeUrl: typeUrls.routes, name: scope.route_configuration_name ?? "" }];
}

export function referencesOfRoutes(routes: RouteConfiguration): readonly Reference[] {
  const clusters = new Set<string>();
  for (const virtualHost of routes.virtual_hosts ?? []) {
    for (const route of virtualHost.routes ?? []) {
      if (route.route?.cluster) clusters.add(route.route.cluster);
      for (const weighted of route.route?.weighted_clusters?.clusters ?? []) if (weighted.name) clusters.add(weighted.name);
    }
  }
  return [...clusters].map(toCluster);
}

/**
 * A listener's references lie inside its filters, whose messages are many; the few keys that name another resource are
 * looked for wherever they are. There is one listener, so the walk costs nothing.
 */
export function referencesOfListener(listener: Listener): readonly Reference[] {
  const found: Reference[] = [];
  walk(listener, (key, value) => {
    const name = (member: string): unknown => (typeof value === "object" && value !== null ? Reflect.get(value, member) : undefined);
    const add = (typeUrl: TypeUrl, target: unknown): void => {
      if (typeof target === "string" && target !== "") found.push({ typeUrl, name: target });
    };
    if (key === "rds") add(typeUrls.routes, name("route_config_name"));
    if (key === "route" || key === "http_uri") add(typeUrls.cluster, name("cluster"));
    if (key === "envoy_grpc") add(typeUrls.cluster, name("cluster_name"));
  });
  return found;
}

function walk(value: unknown, visit: (key: string, value: unknown) => void): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  for (const [key, member] of Object.entries(value)) {
    visit(key, member);
    walk(member, visit);
  }
}

function toCluster(name: string): Reference {
  return { typeUrl: typeUrls.cluster, name };
}

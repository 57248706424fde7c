/** Servers → Envoy endpoints, with priorities, zones, weights and health. */

import { isIP } from "node:net";
import type { ClusterLoadAssignment } from "../../protos/gen/envoy/config/endpoint/v3/ClusterLoadAssignment.js";
import type { LbEndpoint } from "../../protos/gen/envoy/config/endpoint/v3/LbEndpoint.js";
import type { LocalityLbEndpoints } from "../../protos/gen/envoy/config/endpoint/v3/LocalityLbEndpoints.js";
import type { HttpEndpoint, HttpServer, WorkerEndpoint } from "../model/model.js";
import { serverResourceName } from "./names.js";
import { toTlsMark } from "./upstream-tls.js";

/** One locality for each pair of priority and zone. Envoy wants priorities without gaps, so they are counted anew from 0. */
export function toLoadAssignment(serverId: string, httpServer: HttpServer): ClusterLoadAssignment {
  const priorities = [...new Set(httpServer.endpoints.map((endpoint) => endpoint.priority))].sort((a, b) => a - b);
  const localities = new Map<string, LocalityLbEndpoints & { lb_endpoints: LbEndpoint[] }>();
  for (const endpoint of httpServer.endpoints) {
    const key = `${endpoint.priority}/${endpoint.zone ?? ""}`;
    const locality = localities.get(key) ?? {
      ...(endpoint.zone === undefined ? {} : { locality: { zone: endpoint.zone } }),
      priority: priorities.indexOf(endpoint.priority),
      lb_endpoints: [],
    };
    locality.lb_endpoints.push(toLbEndpoint(endpoint, httpServer));
    localities.set(key, locality);
  }
  const sorted = [...localities.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, locality]) => locality);
  return { cluster_name: serverResourceName(serverId), endpoints: sorted };
}

export function toWorkersAssignment(serverId: string, workers: readonly WorkerEndpoint[]): ClusterLoadAssignment {
  return {
    cluster_name: serverResourceName(serverId),
    endpoints: workers.length === 0 ? [] : [{
      lb_endpoints: workers.map((worker): LbEndpoint => ({
        endpoint: { address: { socket_address: { address: worker.host, port_value: worker.port } } },
        health_status: ({ healthy: "HEALTHY", unhealthy: "UNHEALTHY", draining: "DRAINING" } as const)[worker.health],
      })),
    }],
  };
}

interface Remembered { readonly healthCheck: HttpServer["healthCheck"]; readonly hostHeader: HttpServer["hostHeader"]; readonly lbEndpoint: LbEndpoint }

const ofPods = new WeakMap<HttpEndpoint, Remembered>();

/** Pods come and go one by one among thousands: what is frozen is not written anew for those that stay. */
function toLbEndpoint(endpoint: HttpEndpoint, httpServer: HttpServer): LbEndpoint {
  const { healthCheck, hostHeader, kubernetes } = httpServer;
  if (kubernetes === undefined) return makeLbEndpoint(endpoint, httpServer);
  const known = ofPods.get(endpoint);
  if (known?.healthCheck === healthCheck && known.hostHeader === hostHeader) return known.lbEndpoint;
  // The name that a host is known by would have to be remembered as well.
  if (isIP(endpoint.host) === 0) return makeLbEndpoint(endpoint, httpServer);
  const lbEndpoint = Object.freeze(makeLbEndpoint(endpoint, httpServer));
  ofPods.set(endpoint, { healthCheck, hostHeader, lbEndpoint });
  return lbEndpoint;
}

function makeLbEndpoint(endpoint: HttpEndpoint, httpServer: HttpServer): LbEndpoint {
  return {
    endpoint: {
      address: { socket_address: { address: endpoint.host, port_value: endpoint.port } },
      ...(isIP(endpoint.host) === 0 ? { hostname: hostHeaderOf(endpoint, httpServer) } : {}),
      // Without it a check would name the cluster as its host, which servers with virtual hosts refuse.
      ...(httpServer.healthCheck.type === "http" || httpServer.healthCheck.type === "mcp" ? { health_check_config: { hostname: checkedHost(endpoint, httpServer) } } : {}),
    },
    load_balancing_weight: { value: endpoint.weight },
    ...(endpoint.health === undefined ? {} : { health_status: endpoint.health === "draining" ? "DRAINING" : "HEALTHY" }),
    ...toTlsMark(endpoint, httpServer),
  };
}

function checkedHost(endpoint: HttpEndpoint, httpServer: HttpServer): string {
  return httpServer.hostHeader.kind === "name" ? httpServer.hostHeader.name : hostHeaderOf(endpoint, httpServer);
}

/** The Host header that an endpoint expects: its own name, with the port where it is not the scheme's. */
function hostHeaderOf(endpoint: HttpEndpoint, httpServer: HttpServer): string {
  const usualPort = httpServer.tls === undefined ? 80 : 443;
  const host = isIP(endpoint.host) === 6 ? `[${endpoint.host}]` : endpoint.host;
  return endpoint.port === usualPort ? host : `${host}:${endpoint.port}`;
}

/** Services → the addresses at which a server is reached. */

import type { Labels, ServiceObject, WorkloadObject } from "./objects.js";

/** The addresses at which a workload is reached, in the order of its Services' names. */
export type Endpoints = (workload: WorkloadObject) => readonly string[];

/** Among thousands of Services those of a workload are found by one of its labels, not one by one. */
export function endpointsBy(services: readonly ServiceObject[]): Endpoints {
  const byLabel = new Map<string, ServiceObject[]>();
  for (const service of services) {
    // A Service without a selector has endpoints that somebody else writes, so nothing is known of its pods.
    const [first] = Object.entries(service.spec.selector ?? {});
    if (first === undefined) continue;
    const key = keyOf(service.metadata.namespace, ...first);
    const others = byLabel.get(key);
    if (others === undefined) byLabel.set(key, [service]);
    else others.push(service);
  }
  return ({ metadata: { namespace }, spec: { template } }) => {
    const labels = template.metadata?.labels ?? {};
    const own = Object.entries(labels).flatMap(([name, value]) => byLabel.get(keyOf(namespace, name, value)) ?? []).filter((service) => selects(service, labels));
    return own.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).flatMap(toUrls);
  };
}

function keyOf(namespace = "", name: string, value: string): string {
  return `${namespace}\n${name}\n${value}`;
}

function selects({ spec: { selector = {} } }: ServiceObject, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

function toUrls(service: ServiceObject): readonly string[] {
  const { type = "ClusterIP", ports = [] } = service.spec;
  const overTcp = ports.filter(({ protocol = "TCP" }) => protocol === "TCP");
  switch (type) {
    case "ClusterIP": {
      const host = clusterHost(service);
      return host === undefined ? [] : overTcp.map(({ port }) => `http://${host}:${port}`);
    }
    case "NodePort":
      return overTcp.flatMap(({ nodePort }) => (nodePort === undefined ? [] : [`nodePort://*:${nodePort}`]));
    case "LoadBalancer": {
      const hosts = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
      return hosts.flatMap((host) => overTcp.map(({ port }) => `http://${inUrl(host)}:${port}`));
    }
    case "ExternalName":
      return [];
  }
}

/** A headless Service has no address, but a name that stands for its pods'. */
function clusterHost({ metadata: { name, namespace = "" }, spec: { clusterIP = "" } }: ServiceObject): string | undefined {
  if (clusterIP === "None") return `${name}.${namespace}.svc`;
  return clusterIP === "" ? undefined : inUrl(clusterIP);
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Services → the addresses at which a server is reached. */

import type { Labels, ServiceObject, WorkloadObject } from "./objects.js";

/** By name, so that the same Services give the same list. */
export function toEndpoints({ metadata: { namespace }, spec: { template } }: WorkloadObject, services: readonly ServiceObject[]): readonly string[] {
  const labels = template.metadata?.labels ?? {};
  const own = services.filter((service) => service.metadata.namespace === namespace && selects(service, labels));
  return [...own].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).flatMap(toUrls);
}

/** A Service without a selector has endpoints that somebody else writes, so nothing is known of its pods. */
function selects({ spec: { selector = {} } }: ServiceObject, labels: Labels): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
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

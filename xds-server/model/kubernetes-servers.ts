/** Servers on Kubernetes: those of the registry get their pods as endpoints, and those that only their Services tell of join them. */

import type { Checked, DiscoveredServer, HttpEndpoint, HttpServer, KubernetesOrigin, KubernetesPort, KubernetesService, KubernetesView, McpServer, Problem, RegistryView, ServerDefaults } from "./model.js";

/** All servers, sorted by id. What did not change is the same object as before, as translation relies on. */
export function toKubernetesServers(registry: RegistryView, kubernetes: KubernetesView): Checked<readonly McpServer[]> {
  const problems: Problem[] = [];
  const discovered = kubernetes.discovered.length === 0 ? [] : takeDiscovered(registry, kubernetes, problems);
  const hasOwn = registry.servers.some((mcpServer) => originOf(mcpServer) !== undefined);
  if (discovered.length === 0 && !hasOwn) return { value: registry.servers, problems };
  const servers = [...registry.servers, ...discovered].flatMap((mcpServer) => withEndpoints(mcpServer, kubernetes, problems));
  return { value: discovered.length === 0 ? servers : servers.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)), problems };
}

/**
 * The registry counts more than a label: what it names, by its id or by its Service, is served as it says. A Service
 * that an entry names is no duplicate; two different ones under one id are.
 */
function takeDiscovered(registry: RegistryView, kubernetes: KubernetesView, problems: Problem[]): readonly McpServer[] {
  // Nothing discovered has an auth of its own to fall back on.
  if (registry.defaults.isClosed === true) return [];
  const registryIds = new Set([...registry.servers.map(({ id }) => id), ...registry.unservedIds]);
  const named = new Set(registry.servers.flatMap((mcpServer) => {
    const origin = originOf(mcpServer);
    return origin === undefined ? [] : [serviceKey(origin, kubernetes)];
  }));
  const owners = new Map<string, DiscoveredServer>();
  for (const server of kubernetes.discovered) {
    const { id } = server.mcpServer;
    const origin = originOf(server.mcpServer);
    if (origin !== undefined && named.has(serviceKey(origin, kubernetes))) continue;
    const owner = owners.get(id);
    if (registryIds.has(id)) problems.push(taken(server, "an entry of the registry: that one counts"));
    else if (owner !== undefined) problems.push(taken(server, `the older ${owner.where}: that one is served`));
    else owners.set(id, server);
  }
  return [...owners.values()].map((server) => withDefaults(server, registry.defaults));

  function taken({ mcpServer: { id }, where }: DiscoveredServer, by: string): Problem {
    return { severity: "error", where, serverId: id, what: `the id "${id}" is taken already, by ${by}`, hint: "give this Service another id by the annotation mcp-mesh.io/id, or take its label away" };
  }
}

function withEndpoints(mcpServer: McpServer, kubernetes: KubernetesView, problems: Problem[]): readonly McpServer[] {
  const origin = originOf(mcpServer);
  if (origin === undefined) return [mcpServer];
  const complain = (what: string, hint: string): void => void problems.push({ severity: "error", where: `service ${serviceKey(origin, kubernetes)}`, serverId: mcpServer.id, what, hint });
  if (kubernetes.state === "off") {
    complain("Kubernetes is off, so that nothing is known of the Service", "start the xds-server with --kubernetes on, and with a kubeconfig where it is not in a pod");
    return [];
  }
  const namespaceName = origin.namespace ?? kubernetes.namespace;
  const { elsewhere } = kubernetes;
  const namespace = kubernetes.namespaces.get(namespaceName);
  if (namespace === undefined && elsewhere === "unwatched") {
    complain(`the namespace ${namespaceName} is not watched`, "add it to --kubernetes-namespaces, and let the xds-server list and watch services and endpointslices there");
    return [];
  }
  const isKnown = namespace?.isKnown ?? elsewhere === "empty";
  const service = namespace?.services.get(origin.service);
  if (service === undefined) {
    // One that is made here is on its way, or its maker says what keeps it.
    if (isKnown && origin.workload === undefined) complain(`there is no Service ${origin.service} in the namespace ${namespaceName}`, "create it, or correct service and namespace: it is served as soon as it is there");
    return [filled(mcpServer, noEndpoints, namespaceName, !isKnown)];
  }
  const found = endpointsOf(service, origin);
  if ("what" in found) complain(found.what, found.hint);
  const endpoints = "what" in found ? noEndpoints : found.endpoints;
  // A name needs nobody to list it.
  const isExternal = service.externalName !== undefined;
  return [filled(mcpServer, endpoints, namespaceName, !isKnown && !isExternal, isExternal)];
}

const noEndpoints: readonly HttpEndpoint[] = [];

type Found = { readonly endpoints: readonly HttpEndpoint[] } | { readonly what: string; readonly hint: string };

function endpointsOf(service: KubernetesService, origin: KubernetesOrigin): Found {
  const port = portOf(service.ports, origin.port);
  if (service.externalName !== undefined) {
    const number = port?.port ?? (typeof origin.port === "number" ? origin.port : undefined);
    if (number === undefined) return { what: `the Service is another name for ${service.externalName}, and does not say its port`, hint: "give the number of its port" };
    return { endpoints: external(service, number) };
  }
  if (port !== undefined) return { endpoints: port.endpoints };
  const names = service.ports.map(({ name, port: number }) => (name === undefined ? String(number) : `${name} (${number})`)).join(", ");
  if (names === "") return { what: "the Service has no TCP port", hint: "give it a port: it tells where in the pods the server listens" };
  return { what: `the Service has no port ${origin.port ?? ""}`, hint: `it has ${names}` };
}

function portOf(ports: readonly KubernetesPort[], wanted: string | number | undefined): KubernetesPort | undefined {
  if (typeof wanted === "number") return ports.find(({ port }) => port === wanted);
  if (wanted !== undefined) return ports.find(({ name }) => name === wanted);
  return ports.find(({ name }) => name === "mcp") ?? ports.find(({ name }) => name === "http") ?? ports[0];
}

const externals = new WeakMap<KubernetesService, { readonly port: number; readonly endpoints: readonly HttpEndpoint[] }>();

function external(service: KubernetesService, port: number): readonly HttpEndpoint[] {
  const known = externals.get(service);
  if (known?.port === port) return known.endpoints;
  const endpoints = [{ host: service.externalName ?? "", port, weight: 1, priority: 0 }];
  externals.set(service, { port, endpoints });
  return endpoints;
}

interface Filled { readonly endpoints: readonly HttpEndpoint[]; readonly namespace: string; readonly isUnknown: boolean; readonly mcpServer: McpServer }

const filledBefore = new WeakMap<McpServer, Filled>();

function filled(mcpServer: McpServer, endpoints: readonly HttpEndpoint[], namespace: string, isUnknown: boolean, isExternal = false): McpServer {
  const known = filledBefore.get(mcpServer);
  if (known?.endpoints === endpoints && known.namespace === namespace && known.isUnknown === isUnknown) return known.mcpServer;
  // Only servers with an origin come here, and those are reached over HTTP.
  const { tls, ...httpServer } = mcpServer.runsAs as HttpServer;
  const { service = "" } = httpServer.kubernetes ?? {};
  const next: McpServer = {
    ...mcpServer,
    runsAs: {
      ...httpServer,
      endpoints,
      ...(isUnknown ? { areEndpointsUnknown: true } : {}),
      // A certificate is for a name, and pods have only addresses: theirs is the Service's. A name that it stands for has its own.
      ...(tls === undefined ? {} : { tls: isExternal ? tls : { ...tls, sni: tls.sni ?? `${service}.${namespace}.svc` } }),
    },
  };
  filledBefore.set(mcpServer, { endpoints, namespace, isUnknown, mcpServer: next });
  return next;
}

const withDefaultsBefore = new WeakMap<DiscoveredServer, { readonly defaults: ServerDefaults; readonly mcpServer: McpServer }>();

/** What the gateway says for all is said for these, too: a label must not open a server that everybody else has to show a key for. */
function withDefaults(server: DiscoveredServer, defaults: ServerDefaults): McpServer {
  const known = withDefaultsBefore.get(server);
  if (known?.defaults === defaults) return known.mcpServer;
  const { auth, accessLog, healthCheckIntervalMs } = defaults;
  const { mcpServer, saysHealthCheck } = server;
  const isChecked = !saysHealthCheck && healthCheckIntervalMs !== undefined && mcpServer.runsAs.kind === "http";
  const next: McpServer = {
    ...mcpServer,
    ...(isChecked ? { runsAs: { ...mcpServer.runsAs, healthCheck: { type: "tcp", intervalMs: healthCheckIntervalMs, timeoutMs: 2_000, healthyThreshold: 1, unhealthyThreshold: 2 } } } : {}),
    policy: { ...mcpServer.policy, ...(auth === undefined ? {} : { auth }), accessLog },
  };
  withDefaultsBefore.set(server, { defaults, mcpServer: next });
  return next;
}

function originOf({ runsAs }: McpServer): KubernetesOrigin | undefined {
  return runsAs.kind === "http" ? runsAs.kubernetes : undefined;
}

function serviceKey({ namespace, service }: KubernetesOrigin, kubernetes: KubernetesView): string {
  return `${namespace ?? kubernetes.namespace}/${service}`;
}

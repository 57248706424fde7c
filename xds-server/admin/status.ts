/** What /status says: everything an operator asks, put together from what the parts know; no secret goes in. */

import { isIP } from "node:net";
import type { HttpServer, McpServer, Model, Problem, WorkerEndpoint } from "../model/model.js";
import type { ClientStatus, TypeStatus } from "../serve/client-status.js";
import type { BridgeReport } from "../sources/bridges/report.js";
import type { KubernetesStatus as KubernetesSeen } from "../sources/kubernetes/kubernetes-source.js";
import type { LeaderState } from "../lifecycle/creation/leadership.js";
import { typeUrls, type TypeUrl } from "../snapshot/snapshot.js";
import { serverResourceName, sessionsClusterName } from "../translate/names.js";
import type { EndpointHealth, EnvoyClusters, EnvoyHost } from "./envoy-clusters.js";
import type { GatewayAddress } from "./gateway-in-force.js";
import { toTypeName, type Readiness } from "./readiness.js";

export interface StatusInput {
  readonly version: string;
  readonly startedAtMs: number;
  readonly readiness: Readiness;
  /** What is served; absent before the first time. */
  readonly model: Model | undefined;
  /** Where the gateway really listens; absent: no Envoy has accepted a listener of ours yet. */
  readonly gatewayInForce?: GatewayAddress | undefined;
  /** Of the sources and of the merge. */
  readonly problems: readonly Problem[];
  readonly registry: RegistryStatus;
  readonly snapshots: SnapshotsStatus;
  readonly clients: readonly ClientStatus[];
  /** Responses that clients have refused since the start. */
  readonly refusals: ReadonlyMap<TypeUrl, number>;
  readonly bridges: readonly BridgeReport[];
  /** Absent: it is off. */
  readonly kubernetes?: KubernetesSeen | undefined;
  /** Who creates servers. Absent: nobody does, or it is not known yet. */
  readonly leader?: LeaderState | undefined;
  /** Absent: Envoy was not asked, or did not answer. */
  readonly envoyClusters: EnvoyClusters | undefined;
  /** Where the Envoy beside us says that its gateway listens. */
  readonly envoyListener?: Pick<GatewayAddress, "host" | "port"> | undefined;
}

export interface RegistryStatus {
  readonly files: readonly string[];
  /** Times that the registry was read after a change, and times that a file could not be read. */
  readonly reloads: { readonly ok: number; readonly failed: number };
  readonly lastReadAtMs: number | undefined;
}

export interface SnapshotsStatus { readonly published: number; readonly lastPublishedAtMs: number | undefined }

/** starting: no bridge has run it yet. not_served: the registry names it, but its entry is wrong. */
export type ServerState = "serving" | "starting" | "unhealthy" | "not_served";

export interface Status {
  readonly version: string;
  readonly startedAt: string;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** null: not known, as nothing is served yet, or an Envoy listens elsewhere than it should and does not say where. */
  readonly gateway: { readonly host: string; readonly port: number; readonly url: string } | null;
  readonly servers: readonly ServerStatus[];
  readonly proxies: readonly ProxyStatus[];
  readonly bridges: readonly BridgeStatus[];
  /** null: it is off. */
  readonly kubernetes: KubernetesStatus | null;
  /** By type: responses that clients have refused since the start. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly problems: readonly Problem[];
  readonly registry: { readonly files: readonly string[]; readonly reloads: { readonly ok: number; readonly failed: number }; readonly lastReadAt: string | null };
  readonly snapshots: { readonly published: number; readonly lastPublishedAt: string | null };
}

/** What a bridge reports, and how far it has followed; null: it reports, but does not listen. */
export interface BridgeStatus extends BridgeReport { readonly xds: ProxyStatus | null }

export interface KubernetesStatus {
  /** null: nobody has asked for Kubernetes yet, or no cluster is known. */
  readonly api: string | null;
  /** Our own: where a server without a namespace is. */
  readonly namespace: string | null;
  readonly watches: readonly {
    /** `*`: all of them. */
    readonly namespace: string;
    readonly resource: string;
    readonly state: "listing" | "watching" | "behind";
    readonly objects: number;
    readonly reason: string | null;
  }[];
  /** By what they were: troubles since the start. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of several xds-servers one creates servers. null: this one never does, or does not know yet. */
  readonly creation: { readonly state: LeaderState["kind"]; readonly leader: string | null } | null;
}

/** One xDS client: an Envoy, or another that is not a bridge. */
export interface ProxyStatus {
  readonly nodeId: string;
  readonly role: ClientStatus["role"];
  readonly userAgent: string;
  readonly peer: string;
  readonly connectedAt: string;
  readonly protocol: string;
  readonly inSync: boolean;
  /** Where, on the address of `peer`, its statistics are. */
  readonly metricsPort?: number;
  /** `sent` and `acked` count resources; `version` is that of all that it has ACKed. */
  readonly types: readonly { readonly type: string; readonly sent: number; readonly acked: number; readonly version: string; readonly inSync: boolean; readonly nack: Nack | null }[];
}

/** The last refusal, until all it concerned has been replaced. */
export interface Nack { readonly message: string; readonly at: string; readonly resources: readonly string[] }

export interface ServerStatus {
  readonly id: string;
  readonly kind: "http" | "stdio" | "unknown";
  readonly state: ServerState;
  readonly url: string | null;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly loadBalancing: string | null;
  readonly endpoints: readonly EndpointStatus[];
  readonly problems: readonly Problem[];
}

export interface EndpointStatus {
  readonly address: string;
  readonly health: EndpointHealth;
  readonly reason?: string;
  readonly weight: number;
  readonly priority: number;
  readonly zone?: string;
  readonly source: string;
  /** The addresses that Envoy resolved a DNS name to. */
  readonly resolved?: readonly { readonly address: string; readonly health: EndpointHealth; readonly reason?: string }[];
}

const serverPrefixes = [serverResourceName(""), sessionsClusterName("")];

export function toStatus(input: StatusInput): Status {
  const { version, model, registry, snapshots } = input;
  const proxies = input.clients.map(toProxy);
  const problems = [...input.problems, ...input.clients.flatMap(toRefusals)];
  const address = model === undefined ? undefined : gatewayAddress(input, model.gateway);
  const gateway = address === undefined ? null : toGateway(address);
  return {
    version,
    startedAt: new Date(input.startedAtMs).toISOString(),
    ready: input.readiness.ready,
    reasons: input.readiness.reasons,
    gateway,
    servers: toServers(input, problems, gateway?.url),
    proxies: proxies.filter(({ role }) => role !== "bridge"),
    bridges: input.bridges.map((report) => ({ ...report, xds: proxies.find(({ role, nodeId }) => role === "bridge" && nodeId === report.worker) ?? null })),
    kubernetes: input.kubernetes === undefined ? null : toKubernetes(input.kubernetes, input.leader),
    refusals: Object.fromEntries([...input.refusals].map(([typeUrl, count]) => [toTypeName(typeUrl), count])),
    problems,
    registry: { files: registry.files, reloads: registry.reloads, lastReadAt: toTime(registry.lastReadAtMs) },
    snapshots: { published: snapshots.published, lastPublishedAt: toTime(snapshots.lastPublishedAtMs) },
  };
}

function toKubernetes({ url, namespace, watches, failures }: KubernetesSeen, leader: LeaderState | undefined): KubernetesStatus {
  return {
    api: url ?? null,
    namespace: namespace ?? null,
    watches: watches.map(({ namespace: watched, resource, isListed, objects, trouble }) => ({
      namespace: watched, resource, state: trouble !== undefined ? "behind" : isListed ? "watching" : "listing", objects, reason: trouble?.message ?? null,
    })),
    failures: Object.fromEntries(failures),
    creation: leader === undefined ? null : { state: leader.kind, leader: leader.kind === "unknown" ? null : leader.leader },
  };
}

/** An Envoy that refuses a listener listens where it did before: after a restart of ours it alone knows where that is. */
function gatewayAddress({ gatewayInForce, envoyListener, clients }: StatusInput, wished: GatewayAddress): GatewayAddress | undefined {
  if (gatewayInForce !== undefined) return gatewayInForce;
  const isRefused = clients.some(({ types }) => types.some(({ typeUrl, nack }) => typeUrl === typeUrls.listener && nack !== undefined));
  if (!isRefused) return wished;
  return envoyListener === undefined ? undefined : { ...envoyListener, ...(wished.tls === undefined ? {} : { tls: wished.tls }) };
}

/** An address that means "all" is no address to connect to; from this machine, loopback is. */
function toGateway({ host, port, tls }: GatewayAddress): NonNullable<Status["gateway"]> {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return { host, port, url: `${tls === undefined ? "http" : "https"}://${toAddress(reachable, port)}` };
}

function toServers({ model, envoyClusters }: StatusInput, problems: readonly Problem[], url: string | undefined): readonly ServerStatus[] {
  const problemsOf = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.serverId === undefined) continue;
    problemsOf.set(problem.serverId, [...(problemsOf.get(problem.serverId) ?? []), problem]);
  }
  const served = (model?.servers ?? []).map((mcpServer) => {
    const endpoints = toEndpoints(mcpServer, model?.workers.get(mcpServer.id), envoyClusters?.get(serverResourceName(mcpServer.id)));
    return toServer(mcpServer, endpoints, url, problemsOf.get(mcpServer.id) ?? []);
  });
  const servedIds = new Set(served.map(({ id }) => id));
  const left = [...problemsOf].filter(([id]) => !servedIds.has(id)).map(([id, itsProblems]) => toLeftOut(id, itsProblems));
  return [...served, ...left].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function toServer(mcpServer: McpServer, endpoints: readonly EndpointStatus[] | undefined, url: string | undefined, problems: readonly Problem[]): ServerStatus {
  const { id, description, labels, runsAs } = mcpServer;
  return {
    id,
    kind: runsAs.kind,
    state: stateOf(endpoints),
    url: url === undefined ? null : `${url}/${id}`,
    ...(description === undefined ? {} : { description }),
    labels,
    loadBalancing: runsAs.kind === "http" ? runsAs.loadBalancing : null,
    endpoints: endpoints ?? [],
    problems,
  };
}

function toLeftOut(id: string, problems: readonly Problem[]): ServerStatus {
  return { id, kind: "unknown", state: "not_served", url: null, labels: {}, loadBalancing: null, endpoints: [], problems };
}

function stateOf(endpoints: readonly EndpointStatus[] | undefined): ServerState {
  if (endpoints === undefined) return "starting";
  return endpoints.some(({ health }) => health === "healthy" || health === "unchecked" || health === "unknown") ? "serving" : "unhealthy";
}

function toEndpoints({ runsAs }: McpServer, workers: readonly WorkerEndpoint[] | undefined, hosts: readonly EnvoyHost[] | undefined): readonly EndpointStatus[] | undefined {
  return runsAs.kind === "http" ? toHttpEndpoints(runsAs, hosts) : workers?.map(toWorkerEndpoint);
}

/** `hosts` is absent where Envoy does not tell, or does not know the server yet. */
function toHttpEndpoints(httpServer: HttpServer, seen: readonly EnvoyHost[] | undefined): readonly EndpointStatus[] {
  const hosts = seen?.map((host) => asChecked(host, httpServer));
  const byName = new Map<string, EnvoyHost[]>();
  for (const host of hosts ?? []) {
    for (const name of new Set([host.host, host.hostname])) {
      if (name === "") continue;
      const key = hostKey(name, host.port);
      const known = byName.get(key);
      if (known === undefined) byName.set(key, [host]);
      else known.push(host);
    }
  }
  const { kubernetes } = httpServer;
  const source = kubernetes === undefined ? "registry" : `kubernetes ${kubernetes.namespace === undefined ? "" : `${kubernetes.namespace}/`}${kubernetes.service}`;
  return httpServer.endpoints.map(({ host, port, weight, priority, zone, health }) => {
    // Where the endpoint is a name, translate gives Envoy the Host header that it expects as its hostname.
    const resolved = [...new Set([...(byName.get(hostKey(host, port)) ?? []), ...(byName.get(hostKey(`${host}:${port}`, port)) ?? [])])];
    const [first] = resolved;
    const isName = resolved.some((known) => known.host !== host);
    const isNowhere = hosts?.length === 0 && isIP(host) === 0;
    const reason = isNowhere ? `the name ${host} cannot be resolved` : resolved.length > 1 ? undefined : first?.reason;
    return {
      address: toAddress(host, port),
      health: isNowhere ? "unhealthy" : resolved.length === 0 && health !== undefined ? health : bestOf(resolved),
      ...(reason === undefined ? {} : { reason }),
      weight,
      priority,
      ...(zone === undefined ? {} : { zone }),
      source,
      ...(isName ? { resolved: resolved.map(toResolved) } : {}),
    };
  });
}

function hostKey(name: string, port: number): string {
  return `${name} ${port}`;
}

/** What nobody looks after Envoy calls healthy, also when it has died meanwhile. Pods are looked after by their cluster. */
function asChecked(host: EnvoyHost, { healthCheck, outlierDetection, kubernetes }: HttpServer): EnvoyHost {
  const isChecked = healthCheck.type !== "off" || outlierDetection !== undefined || kubernetes !== undefined;
  return isChecked || host.health !== "healthy" ? host : { ...host, health: "unchecked" };
}

function toWorkerEndpoint({ worker, host, port, health, reason }: WorkerEndpoint): EndpointStatus {
  return { address: toAddress(host, port), health, ...(reason === undefined ? {} : { reason }), weight: 1, priority: 0, source: `bridge ${worker}` };
}

function toResolved({ host, port, health, reason }: EnvoyHost): { address: string; health: EndpointHealth; reason?: string } {
  return { address: toAddress(host, port), health, ...(reason === undefined ? {} : { reason }) };
}

function toProxy({ nodeId, role, userAgent, peer, connectedAtMs, protocol, inSync, types, metricsPort }: ClientStatus): ProxyStatus {
  return { nodeId, role, userAgent, peer, connectedAt: new Date(connectedAtMs).toISOString(), protocol, inSync, ...(metricsPort === undefined ? {} : { metricsPort }), types: types.map(toProxyType) };
}

function toProxyType({ typeUrl, sent, acked, version, inSync, nack }: TypeStatus): ProxyStatus["types"][number] {
  const { message = "", atMs = 0, resources = [] } = nack ?? {};
  return { type: toTypeName(typeUrl), sent, acked, version, inSync, nack: nack === undefined ? null : { message, at: new Date(atMs).toISOString(), resources } };
}

/** What a client refuses is a problem like any other: the server is not served as the registry says. */
function toRefusals({ nodeId, role, types }: ClientStatus): readonly Problem[] {
  return types.flatMap(({ typeUrl, nack }) => {
    if (nack === undefined) return [];
    const serverIds = nack.resources.flatMap((name) => serverPrefixes.flatMap((prefix) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
    const [serverId] = typeUrl === typeUrls.stdioServer ? nack.resources : serverIds;
    const message = nack.message.trim();
    const [, address, why] = /cannot bind '([^']+)': (.+)/.exec(message) ?? [];
    if (typeUrl === typeUrls.listener && address !== undefined) {
      return [{
        severity: "error" as const,
        where: `${role} ${nodeId}`,
        what: `the gateway cannot listen on ${address}: ${why?.toLowerCase()}`,
        hint: "it goes on where it listened before, and tries again by itself: free the port, or choose another gateway.port or gateway.host",
      }];
    }
    return [{
      severity: "error" as const,
      where: `${role} ${nodeId}`,
      ...(serverId === undefined ? {} : { serverId }),
      what: `${role} "${nodeId}" refuses ${toTypeName(typeUrl)} ${toNames(nack.resources)}: ${message}`,
      hint: "it goes on with what it had before; change the entry, or report this with it",
    }];
  });
}

function toNames(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

/** A name is as well as the best of its addresses. */
function bestOf(hosts: readonly EnvoyHost[]): EndpointHealth {
  const order: readonly EndpointHealth[] = ["healthy", "unchecked", "unknown", "draining", "unhealthy"];
  return order.find((health) => hosts.some((host) => host.health === health)) ?? "unknown";
}

function toAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function toTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

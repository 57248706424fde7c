/** What /metrics says, for Prometheus: the process, and what the status knows in numbers. */

import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { typeUrls } from "../snapshot/snapshot.js";
import { toTypeName } from "./readiness.js";
import type { ProxyStatus, Status } from "./status.js";

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** One number, with its labels. */
export interface Sample { readonly labels: Readonly<Record<string, string>>; readonly value: number }

interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  readonly labels: readonly string[];
  readonly samples: (status: Status) => readonly Sample[];
}

type Load = "processes" | "sessions" | "openRequests" | "queueLength";

const loadNames: Readonly<Record<Load, string>> = { processes: "processes", sessions: "sessions", openRequests: "open_requests", queueLength: "queued_requests" };

/**
 * Labels are ids of the registry and names of bridges, never what clients send; numbers of a server are summed over
 * its bridges and those of a bridge over its servers, so that there are as many series as things, not their product.
 */
const families: readonly Family[] = [
  one("mcp_mesh_ready", "1 once Envoy has taken the first snapshot.", ({ ready }) => (ready ? 1 : 0)),
  { name: "mcp_mesh_servers", help: "MCP servers by kind and state.", kind: "gauge", labels: ["kind", "state"], samples: toServerCounts },
  { name: "mcp_mesh_endpoints", help: "Endpoints by health.", kind: "gauge", labels: ["health"], samples: toEndpointCounts },
  { name: "mcp_mesh_problems", help: "Problems by severity.", kind: "gauge", labels: ["severity"], samples: toProblemCounts },
  { name: "mcp_mesh_registry_reloads_total", help: "Times that the registry was read, by result.", kind: "counter", labels: ["result"], samples: toReloads },
  one("mcp_mesh_registry_last_read_timestamp_seconds", "When the registry was last read whole.", ({ registry }) => toSeconds(registry.lastReadAt)),
  { name: "mcp_mesh_snapshots_published_total", help: "Snapshots published.", kind: "counter", labels: [], samples: ({ snapshots }) => [{ labels: {}, value: snapshots.published }] },
  one("mcp_mesh_snapshot_last_published_timestamp_seconds", "When the last snapshot was published.", ({ snapshots }) => toSeconds(snapshots.lastPublishedAt)),
  { name: "mcp_mesh_xds_clients", help: "Connected xDS clients by role and whether they are in sync.", kind: "gauge", labels: ["role", "in_sync"], samples: toClientCounts },
  { name: "mcp_mesh_xds_refusals", help: "Clients that refuse something of a type now.", kind: "gauge", labels: ["type"], samples: toRefusalCounts },
  { name: "mcp_mesh_xds_nacks_total", help: "Responses that clients have refused, by type.", kind: "counter", labels: ["type"], samples: ({ refusals }) => Object.entries(refusals).map(([type, value]) => ({ labels: { type }, value })) },
  one("mcp_mesh_bridges", "Bridges whose reports count.", ({ bridges }) => bridges.length),
  { name: "mcp_mesh_kubernetes_watches", help: "Watches of the Kubernetes API by state.", kind: "gauge", labels: ["resource", "state"], samples: toWatchCounts },
  { name: "mcp_mesh_kubernetes_objects", help: "Objects that are known of the Kubernetes API.", kind: "gauge", labels: ["resource"], samples: toObjectCounts },
  { name: "mcp_mesh_kubernetes_failures_total", help: "Troubles with the Kubernetes API, by what they were.", kind: "counter", labels: ["code"], samples: ({ kubernetes }) => Object.entries(kubernetes?.failures ?? {}).map(([code, value]) => ({ labels: { code }, value })) },
  perBridge("processes", "Processes of stdio servers."),
  perBridge("sessions", "Sessions."),
  perBridge("openRequests", "Requests that are being answered."),
  perBridge("queueLength", "Requests that wait for a process."),
  perServer("processes", "Processes of stdio servers."),
  perServer("sessions", "Sessions."),
  perServer("openRequests", "Requests that are being answered."),
  perServer("queueLength", "Requests that wait for a process."),
];

export function makeMetrics(readStatus: () => Promise<Status>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const instruments = families.map((family) => ({ family, instrument: toInstrument(family, registry) }));
  return {
    contentType: registry.contentType,
    text: async () => {
      const status = await readStatus();
      for (const { family, instrument } of instruments) {
        instrument.reset();
        for (const { labels, value } of family.samples(status)) instrument.inc(labels, value);
      }
      return registry.metrics();
    },
  };
}

function toInstrument({ kind, name, help, labels }: Family, registry: Registry): Gauge | Counter {
  const settings = { name, help, labelNames: [...labels], registers: [registry] };
  return kind === "gauge" ? new Gauge(settings) : new Counter(settings);
}

function one(name: string, help: string, value: (status: Status) => number): Family {
  return { name, help, kind: "gauge", labels: [], samples: (status) => [{ labels: {}, value: value(status) }] };
}

function perBridge(load: Load, help: string): Family {
  const samples = ({ bridges }: Status): readonly Sample[] =>
    bridges.map(({ worker, servers }) => ({ labels: { worker }, value: servers.reduce((sum, server) => sum + server[load], 0) }));
  // Not mcp_mesh_bridge_…: these are what the bridges themselves count, and sums would count twice.
  return { name: `mcp_mesh_worker_${loadNames[load]}`, help: `${help.slice(0, -1)}, by bridge.`, kind: "gauge", labels: ["worker"], samples };
}

function perServer(load: Load, help: string): Family {
  const samples = ({ bridges }: Status): readonly Sample[] => {
    const sums = new Map<string, number>();
    for (const server of bridges.flatMap(({ servers }) => servers)) sums.set(server.name, (sums.get(server.name) ?? 0) + server[load]);
    return [...sums].map(([name, value]) => ({ labels: { server: name }, value }));
  };
  return { name: `mcp_mesh_stdio_server_${loadNames[load]}`, help: `${help.slice(0, -1)}, by stdio server.`, kind: "gauge", labels: ["server"], samples };
}

function toServerCounts({ servers }: Status): readonly Sample[] {
  return servers.map(({ kind, state }) => ({ labels: { kind, state }, value: 1 }));
}

function toEndpointCounts({ servers }: Status): readonly Sample[] {
  const healths = ["healthy", "unchecked", "unhealthy", "draining", "unknown"].map((health) => ({ labels: { health }, value: 0 }));
  return [...healths, ...servers.flatMap(({ endpoints }) => endpoints.map(({ health }) => ({ labels: { health }, value: 1 })))];
}

function toProblemCounts({ problems }: Status): readonly Sample[] {
  const none = ["error", "warning"].map((severity) => ({ labels: { severity }, value: 0 }));
  return [...none, ...problems.map(({ severity }) => ({ labels: { severity }, value: 1 }))];
}

function toClientCounts(status: Status): readonly Sample[] {
  return xdsClients(status).map(({ role, inSync }) => ({ labels: { role, in_sync: String(inSync) }, value: 1 }));
}

function xdsClients({ proxies, bridges }: Status): readonly ProxyStatus[] {
  return [...proxies, ...bridges.flatMap(({ xds }) => (xds === null ? [] : [xds]))];
}

function toRefusalCounts(status: Status): readonly Sample[] {
  const none = Object.values(typeUrls).map((typeUrl) => ({ labels: { type: toTypeName(typeUrl) }, value: 0 }));
  const types = xdsClients(status).flatMap((client) => client.types);
  return [...none, ...types.map(({ type, nack }) => ({ labels: { type }, value: nack === null ? 0 : 1 }))];
}

function toWatchCounts({ kubernetes }: Status): readonly Sample[] {
  return (kubernetes?.watches ?? []).map(({ resource, state }) => ({ labels: { resource, state }, value: 1 }));
}

function toObjectCounts({ kubernetes }: Status): readonly Sample[] {
  return (kubernetes?.watches ?? []).map(({ resource, objects }) => ({ labels: { resource }, value: objects }));
}

function toReloads({ registry: { reloads } }: Status): readonly Sample[] {
  return [{ labels: { result: "ok" }, value: reloads.ok }, { labels: { result: "failed" }, value: reloads.failed }];
}

function toSeconds(time: string | null): number {
  return time === null ? 0 : Date.parse(time) / 1_000;
}

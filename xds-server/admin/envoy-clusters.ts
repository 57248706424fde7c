/** The health of every endpoint as Envoy sees it: reads what Envoy's admin answers to /clusters?format=json. */

/** unchecked: nothing is known against it, and nobody looks. unknown: Envoy has not told, or not yet. */
export type EndpointHealth = "healthy" | "unchecked" | "unhealthy" | "draining" | "unknown";

/** Hosts by cluster name. */
export type EnvoyClusters = ReadonlyMap<string, readonly EnvoyHost[]>;

export interface EnvoyHost {
  readonly host: string;
  readonly port: number;
  /** The DNS name that it was resolved from; empty for an IP endpoint. */
  readonly hostname: string;
  readonly health: EndpointHealth;
  readonly reason?: string;
}

/** Envoy leaves out what is zero, false or empty. */
interface WireHost {
  readonly address?: { readonly socket_address?: { readonly address?: string; readonly port_value?: number } };
  readonly hostname?: string;
  readonly health_status?: WireHealth;
  readonly stats?: readonly { readonly name?: string; readonly value?: string }[];
}

interface WireHealth {
  readonly eds_health_status?: string;
  readonly failed_active_health_check?: boolean;
  readonly failed_outlier_check?: boolean;
  readonly failed_degraded_check?: boolean;
  readonly pending_active_hc?: boolean;
  readonly active_hc_timeout?: boolean;
  readonly excluded_via_immediate_hc_fail?: boolean;
}

export function readEnvoyClusters(json: unknown): EnvoyClusters {
  // Envoy's own answer, whose shape its API fixes; a field that is missing is handled below.
  const { cluster_statuses: clusters = [] } = json as { readonly cluster_statuses?: readonly { readonly name?: string; readonly host_statuses?: readonly WireHost[] }[] };
  return new Map(clusters.map(({ name = "", host_statuses: hosts = [] }) => [name, hosts.map(toHost)]));
}

function toHost({ address, hostname = "", health_status: wire = {}, stats = [] }: WireHost): EnvoyHost {
  const { address: host = "", port_value: port = 0 } = address?.socket_address ?? {};
  const seen = toHealth(wire);
  return { host, port, hostname, ...(seen.health === "healthy" ? doubted(stats) : seen) };
}

/** Without a health check Envoy calls every endpoint healthy, also one that has refused every connection. */
function doubted(stats: NonNullable<WireHost["stats"]>): ReturnType<typeof toHealth> {
  const count = (name: string): number => Number(stats.find((stat) => stat.name === name)?.value ?? 0);
  const failed = count("cx_connect_fail");
  if (failed === 0 || failed < count("cx_total")) return { health: "healthy" };
  return { health: "unhealthy", reason: "it has taken no connection yet: all have failed" };
}

function toHealth(wire: WireHealth): { readonly health: EndpointHealth; readonly reason?: string } {
  if (wire.failed_outlier_check === true) return { health: "unhealthy", reason: "ejected by outlier detection" };
  if (wire.failed_active_health_check === true) {
    return { health: "unhealthy", reason: wire.active_hc_timeout === true ? "health check timed out" : "health check failed" };
  }
  if (wire.excluded_via_immediate_hc_fail === true) return { health: "unhealthy", reason: "asked to be taken out" };
  switch (wire.eds_health_status) {
    case "UNHEALTHY":
    case "TIMEOUT":
      return { health: "unhealthy" };
    case "DRAINING":
      return { health: "draining" };
    default:
      return wire.pending_active_hc === true ? { health: "unknown", reason: "first health check is pending" } : { health: "healthy" };
  }
}

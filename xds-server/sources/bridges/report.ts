/** One bridge's report as plain data, and the check of what came over the wire, with every size bounded. */

import { isIP } from "node:net";
import type { BridgeReport__Output } from "../../../protos/gen/mcp_mesh/v1/BridgeReport.js";
import type { StdioServerReport__Output } from "../../../protos/gen/mcp_mesh/v1/StdioServerReport.js";

export interface BridgeReport {
  readonly worker: string;
  /** An IP address: Envoy takes nothing else for an endpoint that it is told of. */
  readonly host: string;
  readonly port: number;
  readonly draining: boolean;
  readonly servers: readonly StdioServerReport[];
  /** Of its metrics, on the same host. Absent: it serves none. */
  readonly adminPort?: number;
}

export interface StdioServerReport {
  readonly name: string;
  readonly version: string;
  readonly state: StdioServerState;
  /** Why it is UNHEALTHY; otherwise empty. */
  readonly reason: string;
  readonly lastStderrLines: readonly string[];
  readonly processes: number;
  readonly sessions: number;
  readonly openRequests: number;
  readonly queueLength: number;
  /** What of the entry cannot be kept at this worker; it is served without. */
  readonly warnings: readonly string[];
}

export type StdioServerState = "STARTING" | "READY" | "UNHEALTHY";

export type ReadReport =
  | { readonly kind: "report"; readonly report: BridgeReport }
  | { readonly kind: "refused"; readonly why: string };

const maxNameLength = 253;
const maxServers = 10_000;
const maxReasonLength = 500;
const maxStderrLines = 20;
const maxWarnings = 10;

/** A field that has proto3's default value is absent on the wire. */
export function readBridgeReport(wire: BridgeReport__Output): ReadReport {
  const { worker = "", host = "", port = 0, draining = false, admin_port: adminPort = 0 } = wire;
  const report = { worker, host, port, draining, servers: wire.servers.map(toServerReport), ...(adminPort === 0 ? {} : { adminPort }) };
  const why = faultOf(report);
  if (why !== undefined) return { kind: "refused", why };
  return { kind: "report", report };
}

function faultOf({ worker, host, port, servers, adminPort }: BridgeReport): string | undefined {
  if (!isName(worker)) return `worker "${toPlain(worker, 40)}" is not a name of 1..${maxNameLength} printable characters`;
  if (isIP(host) === 0) return `host "${toPlain(host, 40)}" of worker "${worker}" is not an IP address`;
  if (host === "0.0.0.0" || host === "::") return `host "${host}" of worker "${worker}" means every address; the one that Envoy can reach is needed`;
  if (port < 1 || port > 65_535) return `port ${port} of worker "${worker}" is not in 1..65535`;
  if (adminPort !== undefined && adminPort > 65_535) return `admin port ${adminPort} of worker "${worker}" is not in 1..65535`;
  if (servers.length > maxServers) return `worker "${worker}" reports ${servers.length} servers, more than ${maxServers}`;
  const seen = new Set<string>();
  for (const { name } of servers) {
    if (!isName(name)) return `server "${toPlain(name, 40)}" of worker "${worker}" is not a name of 1..${maxNameLength} printable characters`;
    if (seen.has(name)) return `worker "${worker}" reports server "${name}" twice`;
    seen.add(name);
  }
  return undefined;
}

function toServerReport(wire: StdioServerReport__Output): StdioServerReport {
  return {
    name: wire.name ?? "",
    version: wire.version ?? "",
    // A state that only a newer bridge knows gives no server a route.
    state: wire.state === "READY" || wire.state === "UNHEALTHY" ? wire.state : "STARTING",
    reason: toPlain(wire.reason ?? "", maxReasonLength),
    lastStderrLines: wire.last_stderr_lines.slice(-maxStderrLines).map((line) => toPlain(line, maxReasonLength)),
    processes: wire.processes ?? 0,
    sessions: wire.sessions ?? 0,
    openRequests: wire.open_requests ?? 0,
    queueLength: wire.queue_length ?? 0,
    warnings: wire.warnings.slice(0, maxWarnings).map((warning) => toPlain(warning, maxReasonLength)),
  };
}

function isName(name: string): boolean {
  return name.length > 0 && name.length <= maxNameLength && !/[\p{Cc}\s]/u.test(name);
}

/** What a process wrote ends on an operator's terminal: colour codes and other control characters must not get there. */
function toPlain(text: string, maxLength: number): string {
  const bounded = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return bounded.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "").replace(/\p{Cc}/gu, " ");
}

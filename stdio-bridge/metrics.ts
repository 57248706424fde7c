/** What /metrics of a worker says: its servers in numbers, and what has happened to them. */

import { collectDefaultMetrics, Counter, Gauge, type Registry } from "prom-client";
import type { Tally, TallyName } from "./process/tally.js";
import type { ServerStatus } from "./session/hosted-server.js";

export interface MetricsInput {
  readonly statuses: () => readonly ServerStatus[];
  /** What concerns no server of this worker. */
  readonly tally: Tally;
  /** Event streams and web sockets to clients. */
  readonly openStreams: () => number;
}

/** Everything is read when it is asked for, so that nothing is counted twice. */
export function registerMetrics(registry: Registry, { statuses, tally, openStreams }: MetricsInput): void {
  collectDefaultMetrics({ register: registry });
  for (const { name, help, read } of gauges) {
    new Gauge({
      name: `${prefix}${name}`, help, labelNames: ["server"], registers: [registry],
      collect() {
        this.reset();
        for (const status of statuses()) this.set({ server: status.name }, read(status));
      },
    });
  }
  for (const { name, help, read } of [
    { name: "streams_open", help: "Answers and event streams that are open, and web sockets", read: openStreams },
    { name: "events_kept_bytes", help: "What is kept for clients that come back for events that they have missed", read: () => tally.read("events_kept_bytes").get("") ?? 0 },
  ]) {
    new Gauge({
      name: `${prefix}${name}`, help, registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
  for (const [name, { help, label, perUnit = 1 }] of Object.entries(counters) as readonly [TallyName, CounterFamily][]) {
    new Counter({
      name: `${prefix}${metricNames[name] ?? name}_total`, help, labelNames: ["server", ...(label === undefined ? [] : [label])], registers: [registry],
      collect() {
        this.reset();
        const all = [{ server: "", tally }, ...statuses().map((status) => ({ server: status.name, tally: status.tally }))];
        for (const { server, tally: itsTally } of all) {
          for (const [value, count] of itsTally.read(name)) this.inc({ server, ...(label !== undefined && { [label]: value }) }, count / perUnit);
        }
      },
    });
  }
}

const prefix = "mcp_mesh_bridge_";

const gauges: readonly { readonly name: string; readonly help: string; readonly read: (status: ServerStatus) => number }[] = [
  { name: "server_ready", help: "1 while new sessions of the server can be served", read: (status) => (status.state === "ready" ? 1 : 0) },
  { name: "processes", help: "Processes of the server, also those that start or end", read: (status) => status.processes },
  { name: "processes_left", help: "Processes at the other end of connections that live on though their input has ended", read: ({ tally }) => tally.read("processes_left").get("") ?? 0 },
  { name: "sessions", help: "Sessions that have begun and not ended", read: (status) => status.sessions },
  { name: "open_requests", help: "Requests of clients that have no answer yet", read: (status) => status.openRequests },
  { name: "queue_length", help: "Sessions, or requests to shared processes, that wait for a process", read: (status) => status.queueLength },
];

interface CounterFamily {
  readonly help: string;
  readonly label?: string;
  /** How many of what is counted make one of what is told. */
  readonly perUnit?: number;
}

/** Of the worker itself the label `server` is empty. */
const counters: Readonly<Record<Exclude<TallyName, "events_kept_bytes" | "processes_left">, CounterFamily>> = {
  processes_started: { help: "Processes started" },
  processes_ended: { help: "Processes that have ended, by how: stopped by the bridge, exited, killed, out_of_memory (limits.memory), closed_output, not_started", label: "how" },
  start_failures: { help: "Processes that failed before they were of use; after each the pool waits longer, and then starts another" },
  orphans_found: { help: "Processes ended because the one that had started them was gone: found at the end of a process (process_end), or of a worker that is no more (left_behind)", label: "found" },
  stderr_lines: { help: "Lines of standard error" },
  stderr_lines_suppressed: { help: "Lines of standard error that did not go to the log because they were too many" },
  noise_lines: { help: "Lines of standard output that are no message" },
  torn_messages: { help: "Messages of processes that were longer than limits.message_bytes" },
  sessions_opened: { help: "Sessions begun" },
  sessions_brought_back: { help: "Sessions that were begun at another worker, or had been forgotten here, and came back by their ids" },
  sessions_revived: { help: "Times that a session went on with another process of its own than it had before" },
  sessions_refused: { help: "Sessions that were not begun, by why", label: "why" },
  requests_refused: { help: "Requests to shared processes that none took: too many waited, or for too long, or no process could be started" },
  session_wait_ms: { help: "How long new sessions waited for their process, those too that waited in vain", perUnit: 1_000 },
  requests_queued: { help: "Requests that had to wait for a shared process" },
  request_wait_ms: { help: "How long they waited, those too that waited in vain", perUnit: 1_000 },
  events_dropped: { help: "Events that are no longer kept for clients that come back for them" },
  clients_cut: { help: "Clients cut off because they did not read" },
};

/** Where the metric is told in other units than it is counted in. */
const metricNames: Partial<Record<TallyName, string>> = { session_wait_ms: "session_wait_seconds", request_wait_ms: "request_wait_seconds" };

/** Which reports of the bridges still count, and what they say together: pure, time comes in as an argument. */

import type { BridgesView, Problem, WorkerEndpoint } from "../../model/model.js";
import type { BridgeReport, StdioServerReport } from "./report.js";

/** Everything the bridges have said that still counts. */
export interface Reports {
  readonly byWorker: ReadonlyMap<string, HeldReport>;
  /**
   * The servers that some worker has been able to serve. They keep their entry in the view when the last worker is
   * gone, so that a client gets a clear 503 (nobody serves it now) and not a 404 (no such server).
   */
  readonly takenUp: ReadonlySet<string>;
}

export interface HeldReport {
  readonly report: BridgeReport;
  readonly receivedAtMs: number;
  /** Present: the stream is gone, though the worker did not say that it would end. */
  readonly streamEndedAtMs?: number;
  /** By server: how it is listed as an endpoint. A server that is starting for the first time is not. */
  readonly listed: ReadonlyMap<string, Listing>;
}

interface Listing { readonly health: "healthy" | "unhealthy"; readonly reason?: string }

export interface Leases {
  /** How long a report counts. Bridges repeat it three times as often. */
  readonly leaseMs: number;
  /** How long a worker keeps its place after its stream broke: mostly the link broke, and it is about to reconnect. */
  readonly reconnectMs: number;
}

export const noReports: Reports = { byWorker: new Map(), takenUp: new Set() };

export interface TakenReport {
  readonly reports: Reports;
  /** Workers whose reports it replaces though they bear another id: a restarted worker on the same address. */
  readonly displaced: readonly string[];
  /** False for a heartbeat that says nothing new. */
  readonly isNews: boolean;
}

export function takeReport(reports: Reports, report: BridgeReport, nowMs: number): TakenReport {
  const before = reports.byWorker.get(report.worker);
  const displaced = before !== undefined && isSameAddress(before.report, report) ? [] : othersAt(reports, report);
  const isNews = displaced.length > 0 || before === undefined || !saysTheSame(before.report, report);
  const place = before ?? displaced.map((worker) => reports.byWorker.get(worker)).at(-1);
  const listed = isNews ? toListings(report, place?.listed) : before.listed;

  const byWorker = new Map(reports.byWorker);
  for (const worker of displaced) byWorker.delete(worker);
  byWorker.set(report.worker, { report, receivedAtMs: nowMs, listed });

  const newlyTakenUp = [...listed.keys()].filter((serverId) => !reports.takenUp.has(serverId));
  const takenUp = newlyTakenUp.length === 0 ? reports.takenUp : new Set([...reports.takenUp, ...newlyTakenUp]);
  return { reports: { byWorker, takenUp }, displaced, isNews };
}

/** A worker that said that it is about to end is gone at once; another may be about to reconnect. */
export function endStream(reports: Reports, worker: string, nowMs: number): Reports {
  const held = reports.byWorker.get(worker);
  if (held === undefined) return reports;
  const byWorker = new Map(reports.byWorker);
  if (held.report.draining) byWorker.delete(worker);
  else byWorker.set(worker, { ...held, streamEndedAtMs: nowMs });
  return { ...reports, byWorker };
}

export function dropExpired(reports: Reports, leases: Leases, nowMs: number): Reports {
  const living = [...reports.byWorker].filter(([, held]) => expiryOf(held, leases) > nowMs);
  return living.length === reports.byWorker.size ? reports : { ...reports, byWorker: new Map(living) };
}

/** When the first report stops to count; undefined without reports. */
export function nextExpiryMs(reports: Reports, leases: Leases): number | undefined {
  let next: number | undefined;
  for (const held of reports.byWorker.values()) next = Math.min(next ?? Infinity, expiryOf(held, leases));
  return next;
}

/** Forgets servers that the registry has no more, so that what was once taken up does not grow for ever. */
export function keepTakenUp(reports: Reports, stdioServerIds: ReadonlySet<string>): Reports {
  const kept = [...reports.takenUp].filter((serverId) => stdioServerIds.has(serverId));
  return kept.length === reports.takenUp.size ? reports : { ...reports, takenUp: new Set(kept) };
}

/** What did not change since `before` is the same object in the new view: translation relies on that to be quick. */
export function toBridgesView(reports: Reports, settled: boolean, before?: BridgesView): BridgesView {
  const workers = new Map<string, WorkerEndpoint[]>([...reports.takenUp].map((serverId) => [serverId, []]));
  const held = [...reports.byWorker.values()].sort((a, b) => compare(a.report.worker, b.report.worker));
  for (const { report, listed } of held) {
    for (const [serverId, listing] of listed) {
      const endpoints = workers.get(serverId) ?? [];
      endpoints.push(toEndpoint(report, listing));
      workers.set(serverId, endpoints);
    }
  }
  const sorted = [...workers].sort(([a], [b]) => compare(a, b)).map(([serverId, endpoints]) => [serverId, keptOr(endpoints, before?.workers.get(serverId))] as const);
  return { kind: "bridges", workers: new Map(sorted), problems: toProblems(held), settled };
}

function keptOr(endpoints: readonly WorkerEndpoint[], before: readonly WorkerEndpoint[] | undefined): readonly WorkerEndpoint[] {
  const isSame = before?.length === endpoints.length && endpoints.every((endpoint, index) => isSameEndpoint(endpoint, before[index]));
  return isSame ? before : endpoints;
}

function isSameEndpoint(a: WorkerEndpoint, b: WorkerEndpoint | undefined): boolean {
  return a.worker === b?.worker && a.host === b.host && a.port === b.port && a.health === b.health && a.reason === b.reason;
}

function toEndpoint({ worker, host, port, draining }: BridgeReport, { health, reason }: Listing): WorkerEndpoint {
  if (health === "unhealthy") return { worker, host, port, health, ...(reason === undefined ? {} : { reason }) };
  return { worker, host, port, health: draining ? "draining" : "healthy" };
}

/**
 * A server that is starting keeps the place it had: a changed command or a restarted worker takes no route away,
 * the bridge lets requests wait for the new process. One that was never seen to run gets no route yet.
 */
function toListings(report: BridgeReport, before: ReadonlyMap<string, Listing> | undefined): ReadonlyMap<string, Listing> {
  const listed = new Map<string, Listing>();
  for (const { name, state, reason } of report.servers) {
    const kept = before?.get(name);
    if (state === "READY") listed.set(name, { health: "healthy" });
    else if (state === "UNHEALTHY") listed.set(name, { health: "unhealthy", reason: reason === "" ? "no process can be started" : reason });
    else if (kept !== undefined) listed.set(name, kept);
  }
  return listed;
}

/** One problem for each server and reason: four workers that fail alike are one thing to repair. */
function toProblems(held: readonly HeldReport[]): readonly Problem[] {
  const groups = new Map<string, { readonly problem: Omit<Problem, "where">; readonly workers: string[] }>();
  const note = (key: string, worker: string, problem: Omit<Problem, "where">): void => {
    const group = groups.get(key) ?? { problem, workers: [] };
    group.workers.push(worker);
    groups.set(key, group);
  };
  for (const { report, listed } of held) {
    for (const { name, state, reason: given, lastStderrLines, warnings } of report.servers) {
      for (const warning of warnings) {
        note(`${name} warning ${warning}`, report.worker, { severity: "warning", serverId: name, what: `stdio server "${name}": ${warning}`, hint: "it is served without; remove it, or run the bridge where it can be kept" });
      }
      if (state !== "UNHEALTHY") continue;
      const reason = listed.get(name)?.reason ?? given;
      note(`${name} ${reason}`, report.worker, { severity: "error", serverId: name, what: `stdio server "${name}" cannot run: ${reason}`, hint: hintOf(lastStderrLines.slice(-5)) });
    }
  }
  return [...groups].sort(([a], [b]) => compare(a, b)).map(([, { problem, workers }]) => ({ where: whereOf(workers), ...problem }));
}

function whereOf(workers: readonly string[]): string {
  const [first, second, ...more] = workers;
  if (second === undefined) return `bridge ${first}`;
  return more.length === 0 ? `bridges ${first} and ${second}` : `bridges ${first}, ${second} and ${more.length} more`;
}

function hintOf(lines: readonly string[]): string {
  if (lines.length === 0) return "run its command by hand; it wrote nothing on stderr";
  return ["its last lines on stderr:", ...lines].join("\n");
}

function expiryOf({ receivedAtMs, streamEndedAtMs }: HeldReport, { leaseMs, reconnectMs }: Leases): number {
  const leaseEndMs = receivedAtMs + leaseMs;
  return streamEndedAtMs === undefined ? leaseEndMs : Math.min(leaseEndMs, streamEndedAtMs + reconnectMs);
}

function othersAt(reports: Reports, report: BridgeReport): readonly string[] {
  return [...reports.byWorker.values()]
    .filter((held) => held.report.worker !== report.worker && isSameAddress(held.report, report))
    .map((held) => held.report.worker);
}

function isSameAddress(a: BridgeReport, b: BridgeReport): boolean {
  return a.host === b.host && a.port === b.port;
}

/** Whether both lead to the same view; counters do not matter for that. */
function saysTheSame(a: BridgeReport, b: BridgeReport): boolean {
  return (
    isSameAddress(a, b) &&
    a.adminPort === b.adminPort &&
    a.draining === b.draining &&
    a.servers.length === b.servers.length &&
    a.servers.every((server, index) => isSameServer(server, b.servers[index]))
  );
}

function isSameServer(a: StdioServerReport, b: StdioServerReport | undefined): boolean {
  if (b === undefined || a.name !== b.name || a.state !== b.state || a.version !== b.version) return false;
  if (a.warnings.join("\n") !== b.warnings.join("\n")) return false;
  if (a.state !== "UNHEALTHY") return true;
  return a.reason === b.reason && a.lastStderrLines.join("\n") === b.lastStderrLines.join("\n");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

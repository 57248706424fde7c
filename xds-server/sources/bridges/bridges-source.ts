/** Takes the reports of the bridges in over gRPC and yields what they say together. */

import { status, type ServerDuplexStream, type StatusObject } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { BridgeReport__Output } from "../../../protos/gen/mcp_mesh/v1/BridgeReport.js";
import type { BridgeReportsHandlers } from "../../../protos/gen/mcp_mesh/v1/BridgeReports.js";
import type { ReportReceived } from "../../../protos/gen/mcp_mesh/v1/ReportReceived.js";
import { bridgeReportsService } from "../../../protos/services.js";
import type { BridgesView } from "../../model/model.js";
import { makeBell } from "../bell.js";
import type { Source } from "../source.js";
import { readBridgeReport, type BridgeReport } from "./report.js";
import { dropExpired, endStream, keepTakenUp, nextExpiryMs, noReports, takeReport, toBridgesView, type Leases, type Reports } from "./reports.js";
import { isSettled } from "./settled.js";

export interface BridgesSourceOptions {
  /** How many bridges there are; undefined where nobody knows. */
  readonly expectedBridges: number | undefined;
  /** The longest wait, after a start, for bridges that are still to report. */
  readonly settleMs: number;
  /** How long a report counts; bridges repeat it three times as often. */
  readonly leaseMs: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
  /** The stdio servers of the registry; undefined until it has been read. */
  readonly stdioServerIds: () => ReadonlySet<string> | undefined;
}

export interface BridgesSource {
  /** To be iterated once. */
  readonly source: Source<BridgesView>;
  readonly service: { readonly definition: typeof bridgeReportsService; readonly implementation: BridgeReportsHandlers };
  /** What counts now, with its counters, for the status. */
  readonly reports: () => readonly BridgeReport[];
}

type ReportStream = ServerDuplexStream<BridgeReport__Output, ReportReceived>;

const maxWorkers = 1_000;
/** While it is not settled, whether it is depends on the registry too, which tells nobody when it has been read. */
const settleCheckMs = 50;
/** A timer this late means that this process stood still, and reports may lie unread in its sockets. */
const stoodStillMs = 500;
const readingMs = 250;

export function makeBridgesSource(options: BridgesSourceOptions): BridgesSource {
  const { log, now, leaseMs } = options;
  const leases: Leases = { leaseMs, reconnectMs: Math.round(leaseMs / 3) };
  const lease = { seconds: Math.floor(leaseMs / 1_000), nanos: (leaseMs % 1_000) * 1_000_000 };
  const streams = new Map<string, ReportStream>();
  const news = makeBell();
  let reports: Reports = noReports;

  function takeIn(stream: ReportStream, wire: BridgeReport__Output): void {
    // What was on its way when the stream was refused must not bring the worker back.
    if (stream.writableEnded) return;
    const read = readBridgeReport(wire);
    if (read.kind === "refused") return refuse(stream, status.INVALID_ARGUMENT, read.why);
    const { report } = read;
    const { worker } = report;
    if (!reports.byWorker.has(worker) && reports.byWorker.size >= maxWorkers) {
      return refuse(stream, status.RESOURCE_EXHAUSTED, `worker "${worker}" is one more than the ${maxWorkers} that are taken`);
    }

    const taken = takeReport(reports, report, now());
    reports = taken.reports;
    for (const other of taken.displaced) replaceStream(other, `its address ${report.host}:${report.port} is now that of worker "${worker}"`);
    if (streams.get(worker) !== stream) {
      replaceStream(worker, "the worker has another stream now");
      streams.set(worker, stream);
      log.info({ worker, host: report.host, port: report.port, servers: report.servers.length }, "bridge reports");
    }
    if (!stream.writableNeedDrain) stream.write({ lease });
    if (taken.isNews) news.ring();
  }

  function replaceStream(worker: string, why: string): void {
    const stream = streams.get(worker);
    if (stream === undefined) return;
    streams.delete(worker);
    refuse(stream, status.ABORTED, why);
  }

  function refuse(stream: ReportStream, code: status, why: string): void {
    log.warn({ peer: stream.getPeer(), why }, "bridge report refused");
    // grpc-js ends the stream with the status that is in the error.
    const refusal: Partial<StatusObject> & Error = Object.assign(new Error(why), { code, details: why });
    stream.emit("error", refusal);
  }

  function streamIsOver(stream: ReportStream): void {
    for (const [worker, itsStream] of streams) {
      if (itsStream !== stream) continue;
      streams.delete(worker);
      reports = endStream(reports, worker, now());
      log.info({ worker }, "bridge's report stream is over");
      news.ring();
    }
  }

  const implementation: BridgeReportsHandlers = {
    StreamReports: (stream) => {
      stream.on("data", (wire: BridgeReport__Output) => takeIn(stream, wire));
      stream.on("end", () => {
        // It comes for a connection that broke, too: whether the worker itself is about to end, its last report said.
        streamIsOver(stream);
        stream.end();
      });
      stream.on("cancelled", () => streamIsOver(stream));
      stream.on("close", () => streamIsOver(stream));
      stream.on("error", () => streamIsOver(stream));
    },
  };

  async function* views(stop: AbortSignal): AsyncGenerator<BridgesView> {
    const startedAtMs = now();
    let yielded: { readonly reports: Reports; readonly view: BridgesView } | undefined;
    let settled = false;
    let expiry = { dueMs: Infinity, atMs: Infinity };
    while (!stop.aborted) {
      const stdioServerIds = options.stdioServerIds();
      if (stdioServerIds !== undefined && settled) reports = keepTakenUp(reports, stdioServerIds);
      settled ||= isSettled({ ...options, reports, stdioServerIds, sinceStartMs: now() - startedAtMs });
      if (yielded === undefined || yielded.view.settled !== settled || !isSameView(yielded.reports, reports)) {
        yielded = { reports, view: toBridgesView(reports, settled, yielded?.view) };
        yield yielded.view;
      }

      const dueMs = nextExpiryMs(reports, leases) ?? Infinity;
      if (dueMs !== expiry.dueMs) expiry = { dueMs, atMs: Math.max(dueMs, now() + readingMs) };
      const wakeAtMs = settled ? expiry.atMs : Math.min(expiry.atMs, now() + settleCheckMs);
      await news.rung(wakeAtMs - now(), stop);
      if (now() < expiry.atMs) continue;
      if (now() - expiry.atMs > stoodStillMs) expiry = { dueMs, atMs: now() + readingMs };
      else reports = dropExpired(reports, leases, now());
    }
  }

  return {
    source: { name: "bridges", views },
    service: { definition: bridgeReportsService, implementation },
    reports: () => [...reports.byWorker.values()].map((held) => held.report),
  };
}

/** A heartbeat makes new reports that lead to the same view. */
function isSameView(a: Reports, b: Reports): boolean {
  if (a.takenUp !== b.takenUp || a.byWorker.size !== b.byWorker.size) return false;
  return [...a.byWorker].every(([worker, held]) => {
    const other = b.byWorker.get(worker);
    return other !== undefined && other.listed === held.listed && other.report.draining === held.report.draining;
  });
}

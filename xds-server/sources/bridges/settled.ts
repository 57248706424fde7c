/** Whether the bridges have said enough for Envoy to be told of their servers after a start of the xds-server. */

import type { Reports } from "./reports.js";

export interface SettledInput {
  readonly reports: Reports;
  /** How many bridges there are; undefined where nobody knows. */
  readonly expectedBridges: number | undefined;
  /** The stdio servers of the registry; undefined until it has been read. */
  readonly stdioServerIds: ReadonlySet<string> | undefined;
  readonly sinceStartMs: number;
  /** After this long it is settled whatever is missing. */
  readonly settleMs: number;
}

/**
 * A restarted xds-server knows nothing of the bridges that still run. If it told Envoy so, their routes and sessions
 * would be lost; so it waits for them, but not for long: HTTP servers must not wait for a bridge that is gone.
 * Where nobody knows how many bridges there are, one that has reported does not mean that all have: only time tells.
 */
export function isSettled({ reports, expectedBridges, stdioServerIds, sinceStartMs, settleMs }: SettledInput): boolean {
  if (sinceStartMs >= settleMs) return true;
  if (stdioServerIds === undefined) return false;
  if (stdioServerIds.size === 0) return true;
  if (expectedBridges === undefined || reports.byWorker.size < expectedBridges) return false;

  const covered = new Set<string>();
  for (const { report } of reports.byWorker.values()) {
    for (const { name, state } of report.servers) {
      if (state === "STARTING") return false;
      covered.add(name);
    }
  }
  return [...stdioServerIds].every((serverId) => covered.has(serverId));
}

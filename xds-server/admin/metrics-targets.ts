/** Where the bridges serve their own metrics, in the form of Prometheus' HTTP service discovery: their ports change with each start. */

import { isIPv6 } from "node:net";
import type { Status } from "./status.js";

/** https://prometheus.io/docs/prometheus/latest/http_sd/ */
export interface TargetGroup { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }

export function toTargets({ bridges }: Pick<Status, "bridges">): readonly TargetGroup[] {
  return bridges.flatMap(({ worker, host, adminPort }) =>
    adminPort === undefined ? [] : [{ targets: [`${isIPv6(host) ? `[${host}]` : host}:${adminPort}`], labels: { worker } }]);
}

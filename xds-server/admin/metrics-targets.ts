/** Where Envoys and bridges serve their own metrics, in the form of Prometheus' HTTP service discovery: they come and go. */

import { isIPv6 } from "node:net";
import type { Status } from "./status.js";

/** https://prometheus.io/docs/prometheus/latest/http_sd/ */
export interface TargetGroup { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }

export interface TargetsInput extends Pick<Status, "proxies" | "bridges"> {
  /** What the asker calls us, and whether we can show the statistics of an Envoy beside us. */
  readonly admin: { readonly host: string; readonly hasEnvoyMetrics: boolean };
}

/** Where this admin port shows them. */
export const envoyMetricsPath = "/envoy/metrics";

export function toTargets({ proxies, bridges, admin }: TargetsInput): readonly TargetGroup[] {
  const envoys = proxies.flatMap(({ nodeId, peer, metricsPort }) =>
    metricsPort === undefined ? [] : [{ targets: [toTarget(hostOf(peer), metricsPort)], labels: { role: "envoy", envoy: nodeId, ...envoyPage } }]);
  // An Envoy that serves them itself would be counted twice.
  const beside = admin.hasEnvoyMetrics && envoys.length === 0 ? [{ targets: [admin.host], labels: { role: "envoy", __metrics_path__: envoyMetricsPath } }] : [];
  return [
    ...envoys,
    ...beside,
    ...bridges.flatMap(({ worker, host, adminPort }) =>
      adminPort === undefined ? [] : [{ targets: [toTarget(host, adminPort)], labels: { role: "bridge", worker } }]),
  ];
}

/** Labels that Prometheus takes for the URL. Envoy's statistics that nothing has touched yet would be most of the page. */
const envoyPage = { __metrics_path__: "/stats/prometheus", __param_usedonly: "true" };

/** `::ffff:10.0.0.5:40312` → `10.0.0.5` */
function hostOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(":")).replace(/^::ffff:(?=\d+\.)/, "");
}

function toTarget(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

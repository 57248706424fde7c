/** The dashboard as Grafana reads it, and its queries as Grafana asks them: for tests against a Prometheus, whoever runs it. */

import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../protos/project-root.js";
import type { PrometheusClient } from "./prometheus.js";
import { until } from "./until.js";

export const dashboardFile = join(projectRoot, "charts/mcp-mesh/dashboards/mcp-mesh.json");

/** Only what tests look at. */
export interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly datasource: Datasource; readonly expr?: string }[] };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: Datasource;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string; readonly datasource: Datasource }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

export interface Datasource { readonly type: string; readonly uid: string }

export interface Variable { readonly name: string; readonly type: string; readonly query: string | { readonly query: string }; readonly allValue?: string }

export function readDashboard(): Dashboard {
  // Our own file; a test says what is wrong with its shape.
  return JSON.parse(readFileSync(dashboardFile, "utf8")) as Dashboard;
}

export interface Filling {
  /** As Grafana makes it: four times the interval of the scrapes, or more. */
  readonly rateInterval: string;
  /** The servers that are chosen; absent: all. */
  readonly servers?: readonly string[];
}

export interface Query { readonly what: string; readonly expression: string }

/** Every query of the panels and the annotations, with the variables filled in. */
export function queriesOf(dashboard: Dashboard, { rateInterval, servers }: Filling): readonly Query[] {
  const chosen = servers === undefined ? dashboard.templating.list.find(({ name }) => name === "server")?.allValue ?? "" : servers.length === 1 ? toPattern(servers[0] ?? "") : `(${servers.map(toPattern).join("|")})`;
  const fill = (expression: string): string => expression.replaceAll("$__rate_interval", rateInterval).replaceAll("$server", chosen);
  const ofPanels = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr, legendFormat }) => ({ what: `${title}: ${legendFormat}`, expression: fill(expr) })));
  const ofAnnotations = dashboard.annotations.list.flatMap(({ name, expr }) => (expr === undefined ? [] : [{ what: name, expression: fill(expr) }]));
  return [...ofPanels, ...ofAnnotations];
}

/** What Envoy and the bridges count only from the first time that it happens. */
const rare = /^(Server errors by server|Refused by the gateway|Failed health checks|Failed connections and retries|Ejected endpoints|Wait for a process)|: (on another process|brought back|refused: .*|requests to shared processes refused|failed at the start|\{\{how\}\})$/;

/** Those that have something to show also while all is well. */
export function ordinaryQueriesOf(dashboard: Dashboard, filling: Filling): readonly Query[] {
  return queriesOf(dashboard, filling).filter(({ what }) => !rare.test(what));
}

/** Grafana takes the signs of a regular expression out of a value, once for the expression and once for the string around it. */
function toPattern(value: string): string {
  return value.replaceAll(/[\\^$*+?.()|[\]{}]/g, "\\\\$&");
}

/** `label_values(selector, label)`, the only form that the dashboard's variables have. */
export function labelValuesOf({ query }: Variable): { readonly selector: string; readonly label: string } {
  const [, selector = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(typeof query === "string" ? query : query.query) ?? [];
  return { selector, label };
}

/** Waits until each query has at least one number to show: what has to happen for it may just be happening. */
export async function expectData(prometheus: PrometheusClient, queries: readonly Query[], limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  const silent: string[] = [];
  for (const { what, expression } of queries) {
    const hasData = async (): Promise<boolean> => (await prometheus.query(expression)).some(({ value }) => Number.isFinite(value));
    await until(what, hasData, Math.max(0, end - performance.now())).catch((error: unknown) => silent.push(`${what}: ${expression} (${String(error)})`));
  }
  expect(silent, "queries without data").to.deep.equal([]);
}

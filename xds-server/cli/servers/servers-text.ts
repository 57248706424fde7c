/** Servers on Kubernetes as text for people. */

import type { ChangedServer, Outcome } from "../../lifecycle/lifecycle.js";
import type { ListedServer, ServerState, ServerStatus } from "../../lifecycle/server-status.js";
import { toPrintable, toTable, type Paint } from "../output.js";

export function toListText(servers: readonly ListedServer[], paint: Paint): string {
  if (servers.length === 0) return "no MCP servers: a Deployment or StatefulSet is one by the label app.kubernetes.io/component=mcp-server, or what --selector names";
  const rows = servers.map(({ name, namespace, kind, status, replicas, readyReplicas, endpoints }) => [
    paint.bold(name), namespace, kind, paintState(status, paint), `${readyReplicas}/${replicas}`, endpoints.length === 0 ? "-" : endpoints.join(", "),
  ]);
  return toTable(["SERVER", "NAMESPACE", "KIND", "STATUS", "READY", "ENDPOINTS"], rows, paint);
}

export function toStatusText(server: ServerStatus, paint: Paint): string {
  const { name, namespace, kind, status, replicas, readyReplicas, availableReplicas, updatedReplicas, endpoints, lastActivity, conditions, reason } = server;
  const lines = [
    `${paint.bold(name)}  ${paintState(status, paint)}`,
    `  ${kind} in ${namespace}`,
    `  replicas       ${readyReplicas} of ${replicas} ready, ${availableReplicas} available, ${updatedReplicas} up to date`,
    `  endpoints      ${endpoints.length === 0 ? "-" : endpoints.join(", ")}`,
    `  last activity  ${lastActivity ?? "-"}`,
    ...(reason === undefined ? [] : [`  reason         ${paint.red(toPrintable(reason))}`]),
    ...conditions.map(({ type, status: is, reason: why, message }) => `  ${type}=${is}${why === undefined ? "" : `  ${why}`}${message === undefined ? "" : `: ${toPrintable(message)}`}`),
  ];
  return lines.join("\n");
}

export function toChangeText({ name, status, replicas, readyReplicas, changed, warnings }: ChangedServer, paint: Paint): string {
  const head = `${paint.bold(name)}  ${paintState(status, paint)}  ${readyReplicas}/${replicas} ready${changed ? "" : ", nothing to change"}`;
  return [head, ...warnings.map((warning) => `${paint.yellow("warning")}  ${toPrintable(warning)}`)].join("\n");
}

export function doneOf<T>(outcomes: readonly Outcome<T>[]): readonly T[] {
  return outcomes.flatMap((outcome) => (outcome.kind === "done" ? [outcome.value] : []));
}

export function paintState(state: ServerState, paint: Paint): string {
  switch (state) {
    case "running": return paint.green(state);
    case "stopped": return paint.dim(state);
    case "pending":
    case "scaling": return paint.yellow(state);
  }
}

/** Whether clients can be served, and if not, what is still missing. */

import type { ClientStatus } from "../serve/client-status.js";

export interface Readiness { readonly ready: boolean; readonly reasons: readonly string[] }

/** Ready is: an Envoy has taken everything of the first snapshot. `isPublished`: there is one for it. */
export function toReadiness(clients: readonly ClientStatus[], isPublished: boolean): Readiness {
  const envoys = clients.filter(({ role }) => role === "envoy");
  if (isPublished && envoys.some(({ hasBeenInSync }) => hasBeenInSync)) return { ready: true, reasons: [] };
  const reasons = envoys.flatMap(toReasons);
  if (!isPublished) reasons.unshift("nothing is served yet: the registry is being read, or the bridges have not reported");
  if (envoys.length === 0) reasons.push("no Envoy is connected");
  return { ready: false, reasons };
}

function toReasons({ nodeId, types }: ClientStatus): readonly string[] {
  const refusals = types.flatMap(({ typeUrl, nack }) => (nack === undefined ? [] : [`Envoy ${nodeId} refuses ${toTypeName(typeUrl)}: ${nack.message}`]));
  return refusals.length > 0 ? refusals : [`Envoy ${nodeId} has not taken its configuration yet`];
}

/** `type.googleapis.com/envoy.config.cluster.v3.Cluster` → `Cluster` */
export function toTypeName(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf(".") + 1);
}

/** What the fields of a k8s entry must agree on among themselves. */

import type { Complaint } from "./complaints.js";
import type { Surroundings } from "./expansion.js";
import { upstreamRules } from "./http-rules.js";
import type { K8sEntry } from "./schema.js";

export function k8sRules(entry: K8sEntry, surroundings: Surroundings): readonly Complaint[] {
  const { autoscaling, scheme = "http" } = entry;
  const complaints: Complaint[] = [...upstreamRules(entry, entry.tls === undefined ? scheme : "https", surroundings)];
  if (entry.tls !== undefined && scheme === "http") complaints.push({ path: ["tls"], says: "contradicts the scheme: it is http, not https", hint: "add scheme: https, or remove tls" });
  if (autoscaling?.min !== undefined && autoscaling.min > autoscaling.max) complaints.push({ path: ["autoscaling", "min"], says: `is greater than autoscaling.max ${autoscaling.max}`, hint: "lower it, or raise the other" });
  if (entry.service !== undefined) {
    for (const field of ["replicas", "resources", "autoscaling", "env_vars", "transport"] as const) {
      if (entry[field] !== undefined) complaints.push({ path: [field], says: 'contradicts "service": a discovered server is not created here', hint: "remove one of the two" });
    }
  } else if (typeof entry.port === "string") {
    complaints.push({ path: ["port"], says: "is a name, and a pod that is to be created has none yet", hint: "write the number of the port" });
  }
  return complaints;
}

/** What the fields of a k8s entry must agree on among themselves. */

import type { Complaint } from "./complaints.js";
import type { Surroundings } from "./expansion.js";
import { upstreamRules } from "./http-rules.js";
import type { Path } from "./registry-node.js";
import type { K8sEntry } from "./schema.js";
import { builtInChart } from "../../model/workload.js";
import { isContainerPath, workloadOnlyFields } from "./schema-workload.js";

export function k8sRules(entry: K8sEntry, surroundings: Surroundings): readonly Complaint[] {
  const { autoscaling, scheme = "http" } = entry;
  const complaints: Complaint[] = [...upstreamRules(entry, entry.tls === undefined ? scheme : "https", surroundings)];
  if (entry.tls !== undefined && scheme === "http") complaints.push({ path: ["tls"], says: "contradicts the scheme: it is http, not https", hint: "add scheme: https, or remove tls" });
  const complain = (path: Path, says: string, hint: string): void => void complaints.push({ path, says, hint });
  if (entry.service !== undefined) {
    for (const field of ["command", ...workloadOnlyFields] as const) {
      if (entry[field] !== undefined) complain([field], 'contradicts "service": a discovered server is not created here', "remove one of the two");
    }
    return complaints;
  }
  if (typeof entry.port === "string") complain(["port"], "is a name, and a pod that is to be created has none yet", "write the number of the port");
  if (entry.chart === builtInChart && entry.image === undefined) complain(["image"], `is missing: the chart ${builtInChart} is built in, and runs any image`, "add image: registry/name:tag");
  if (entry.transport === "stdio") complaints.push(...stdioImageRules(entry));
  if (autoscaling?.min !== undefined && autoscaling.min > autoscaling.max) complain(["autoscaling", "min"], `is greater than autoscaling.max ${autoscaling.max}`, "lower it, or raise the other");
  if (autoscaling !== undefined && entry.replicas !== undefined) complain(["replicas"], 'contradicts "autoscaling": the load decides how many pods there are', "remove one of the two");
  for (const field of ["env_vars", "secrets"] as const) {
    for (const name of Object.keys(entry[field] ?? {})) {
      if (!/^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(name)) complain([field, name], "is no name of a variable", "letters, digits, _, - and ., and no digit first");
      else if (field === "secrets" && Object.hasOwn(entry.env_vars ?? {}, name)) complain([field, name], "is in env_vars too", "keep one of the two");
    }
  }
  for (const path of Object.keys(entry.config_files ?? {})) {
    if (!isContainerPath(path)) complain(["config_files", path], "is no path in the container", "write /app/config.json: it begins with a slash, and holds no .. and no //");
  }
  for (const [index, path] of (entry.writable_paths ?? []).entries()) {
    if (path === "/tmp" || entry.writable_paths?.indexOf(path) !== index) complain(["writable_paths", index], "is writable already", "remove it");
  }
  return complaints;
}

function stdioImageRules(entry: K8sEntry): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (path: Path, says: string, hint: string): void => void complaints.push({ path, says, hint });
  if (entry.chart !== undefined && entry.chart !== builtInChart) complain(["transport"], "contradicts \"chart\": only of an image is known what runs in its pods", "let the chart's image serve HTTP, or name the image alone");
  if (entry.command === undefined) complain(["command"], "is missing: Kubernetes does not tell what an image runs by itself", "add command: [program, argument, …], as the image's ENTRYPOINT and CMD say it");
  for (const field of ["path", "scheme", "tls"] as const) {
    if (entry[field] !== undefined) complain([field], "is the bridge's own where the image speaks stdio", "remove it");
  }
  if (typeof entry.health_check === "object" && entry.health_check.path !== undefined) complain(["health_check"], "asks for a path, and a bridge has none for that", "write tcp or mcp, or remove it");
  return complaints;
}

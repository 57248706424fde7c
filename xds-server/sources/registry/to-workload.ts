/** The fields of a k8s entry that is to be created → what is to be made. */

import { createHash } from "node:crypto";
import type { KubernetesOrigin } from "../../model/model.js";
import type { Quantities, SecretValue, Workload } from "../../model/workload.js";
import type { K8sEntry } from "./schema.js";

const cpuPercent = 80;

/** `filled` names the values that came from `${…}`: what is kept outside of the registry's text is not for everybody to read. */
export function toCreatedOrigin(id: string, fields: K8sEntry, filled: ReadonlySet<string>): KubernetesOrigin {
  return { ...(fields.namespace === undefined ? {} : { namespace: fields.namespace }), service: toServiceName(id), workload: toWorkload(fields, filled) };
}

function toWorkload(fields: K8sEntry, filled: ReadonlySet<string>): Workload {
  const { chart, image, command, args, replicas, autoscaling, resources, user, service_account: serviceAccount, health_check: healthCheck } = fields;
  const variables = Object.entries(fields.env_vars ?? {});
  const isFilled = (field: string, name: string): boolean => filled.has(`${field} ${name}`);
  return {
    madeFrom: chart === undefined ? { kind: "image", image: image ?? "" } : { kind: "chart", chart, ...(image === undefined ? {} : { image }) },
    transport: fields.transport ?? "http",
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(autoscaling === undefined ? {} : { autoscaling: { min: autoscaling.min ?? 1, max: autoscaling.max, cpuPercent: Math.max(1, Math.round(autoscaling.cpu ?? cpuPercent)) } }),
    ...(typeof fields.port === "number" ? { port: fields.port } : {}),
    env: Object.fromEntries(variables.filter(([name]) => !isFilled("env_vars", name))),
    secretEnv: {
      ...Object.fromEntries(variables.filter(([name]) => isFilled("env_vars", name)).map(([name, value]) => [name, { kind: "value", value } satisfies SecretValue])),
      ...Object.fromEntries(Object.entries(fields.secrets ?? {}).map(([name, value]): readonly [string, SecretValue] => [name, typeof value === "string" ? { kind: "value", value } : { kind: "reference", secret: value.secret, key: value.key }])),
    },
    configFiles: Object.fromEntries(Object.entries(fields.config_files ?? {}).map(([path, content]) => [path, { content, isSecret: isFilled("config_files", path) }])),
    ...(resources === undefined ? {} : { resources: { ...(resources.requests === undefined ? {} : { requests: toQuantities(resources.requests) }), ...(resources.limits === undefined ? {} : { limits: toQuantities(resources.limits) }) } }),
    ...(typeof healthCheck === "object" && "path" in healthCheck && healthCheck.path !== undefined ? { readinessPath: healthCheck.path } : {}),
    ...(fields.grace_period === undefined ? {} : { gracePeriodSeconds: Math.ceil(fields.grace_period / 1_000) }),
    ...(user === undefined ? {} : { user }),
    writablePaths: fields.writable_paths ?? [],
    imagePullSecrets: fields.image_pull_secrets ?? [],
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    nodeSelector: fields.node_selector ?? {},
    prune: fields.prune ?? true,
  };
}

function toQuantities({ cpu, memory }: NonNullable<NonNullable<K8sEntry["resources"]>["limits"]>): Quantities {
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}

const maxNameLength = 52;

/**
 * A DNS label that begins with a letter, as Services need, and short enough for the suffixes of pods. An id that is
 * none gets one that no other id has.
 */
export function toServiceName(id: string): string {
  if (new RegExp(`^[a-z]([a-z0-9-]{0,${maxNameLength - 2}}[a-z0-9])?$`).test(id)) return id;
  const plain = id.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+/, "");
  const suffix = createHash("sha256").update(id).digest("hex").slice(0, 8);
  const room = maxNameLength - suffix.length - 1;
  return `${(plain === "" ? "mcp" : plain).slice(0, room).replace(/-+$/, "")}-${suffix}`;
}

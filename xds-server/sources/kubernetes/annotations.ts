/** The annotations of a labelled Service → an MCP server, checked by the rules of the registry's fields (pure). */

import type { DiscoveredServer, Problem } from "../../model/model.js";
import { nearestOf } from "../registry/did-you-mean.js";
import { checkEntry } from "../registry/entry.js";
import type { Surroundings } from "../registry/expansion.js";
import { PieceReading } from "../registry/piece.js";
import { memberOf, type MapNode, type Member, type RegistryNode } from "../registry/registry-node.js";
import { refuseId } from "../registry/server-id.js";
import { toMcpServer } from "../registry/to-mcp-server.js";
import { readYaml } from "../registry/yaml-node.js";
import { annotationPrefix, type Service } from "./endpoint-slices.js";

/**
 * By annotation, the field of a k8s entry. Who may make a Service is not always who runs the gateway, so that what
 * protects a server (auth, cors) and what could carry secrets off (headers, tls, `${…}`) is the registry's alone.
 */
const fieldOf: Readonly<Record<string, string>> = {
  "circuit-breaker": "circuit_breaker",
  description: "description",
  enabled: "enabled",
  "health-check": "health_check",
  "host-header": "host_header",
  "load-balancing": "load_balancing",
  "outlier-detection": "outlier_detection",
  path: "path",
  port: "port",
  "rate-limit": "rate_limit",
  retries: "retries",
  scheme: "scheme",
  "session-affinity": "session_affinity",
  "slow-start": "slow_start",
  timeouts: "timeouts",
  tools: "tools",
};

const idAnnotation = "id";
export const annotationNames: readonly string[] = [idAnnotation, ...Object.keys(fieldOf)].sort();

export interface Told {
  /** out: it wishes so itself. bad: what it said before counts. */
  readonly outcome: { readonly kind: "good"; readonly server: DiscoveredServer } | { readonly kind: "out" } | { readonly kind: "bad" };
  readonly problems: readonly Problem[];
}

/** Each annotation's nodes have offsets of their own: Kubernetes allows 256 KiB for all of them together. */
const offsetsPerAnnotation = 1_000_000;
const nowhere: Surroundings = { environment: {}, folder: "/", lookUpFile: () => ({ kind: "unreadable", why: "annotations name no files" }) };
const noDefaults = { accessLog: false };

export function readAnnotations({ namespace, name, annotations = {}, externalName }: Service): Told {
  const where = `service ${namespace}/${name}`;
  const id = annotations[annotationPrefix + idAnnotation] ?? name;
  const given = Object.entries(annotations).map(([key, value]) => ({ name: key.slice(annotationPrefix.length), value })).filter((annotation) => annotation.name !== idAnnotation);
  const problems: Problem[] = [];
  const complain = (annotation: string | undefined, severity: Problem["severity"], what: string, hint: string): void => {
    problems.push({ severity, where: annotation === undefined ? where : `${where} annotation ${annotationPrefix}${annotation}`, serverId: id, what, hint });
  };

  const refusal = refuseId(id);
  if (refusal !== undefined) complain(annotations[annotationPrefix + idAnnotation] === undefined ? undefined : idAnnotation, "error", refusal.what, refusal.hint);
  const members = given.flatMap(({ name: annotation, value }, index): readonly Member[] => {
    const field = Object.hasOwn(fieldOf, annotation) ? fieldOf[annotation] : undefined;
    const offset = index * offsetsPerAnnotation;
    if (field === undefined) {
      const meant = nearestOf(annotation, annotationNames);
      complain(annotation, "warning", `there is no annotation ${annotationPrefix}${annotation}`, meant === undefined ? `there are ${annotationNames.join(", ")}` : `did you mean ${annotationPrefix}${meant}?`);
      return [];
    }
    if (value.includes("${")) {
      complain(annotation, "error", "holds ${…}, which only the registry may fill in", "write the value itself, or an entry of the registry");
      return [];
    }
    const node = readValue(value, offset);
    if ("what" in node) {
      complain(annotation, "error", node.what, node.hint);
      return [];
    }
    return [{ key: field, keyOffset: offset, node }];
  });

  const own: readonly Member[] = Object.entries({ type: "k8s", namespace, service: name }).map(([key, value]) => ({ key, keyOffset: -1, node: { kind: "scalar", value, offset: -1 } }));
  const entry: MapNode = { kind: "map", members: [...own, ...members], offset: -1 };
  // The id was looked at above, where it may be an annotation of its own.
  const checked = checkEntry({ name: refusal === undefined ? id : "refused", start: 0, reading: new PieceReading(-1, entry) }, false, new Map(), nowhere);
  for (const { severity, offset, what, hint } of checked.findings) complain(offset < 0 ? undefined : given[Math.floor(offset / offsetsPerAnnotation)]?.name, severity, what, hint);

  const { outcome } = checked;
  if (externalName !== undefined) {
    complain(undefined, "error", `is another name for ${externalName}, and only the registry may lead out of the cluster`, "write an entry of the registry, or take the label away");
    return { outcome: { kind: "out" }, problems };
  }
  if (outcome.kind === "out") return { outcome, problems };
  if (outcome.kind === "bad" || problems.some(({ severity }) => severity === "error")) return { outcome: { kind: "bad" }, problems };
  const server: DiscoveredServer = { mcpServer: toMcpServer(id, outcome.entry, noDefaults), where, saysHealthCheck: memberOf(entry, "health_check") !== undefined };
  return { outcome: { kind: "good", server }, problems };
}

/** A text as it is, or what is in brackets, as YAML has it: `{request: 30s}`. */
function readValue(value: string, offset: number): RegistryNode | { readonly what: string; readonly hint: string } {
  if (!/^\s*[[{]/.test(value)) return { kind: "scalar", value, offset };
  const { node, faults: [fault] } = readYaml(value);
  if (fault !== undefined) return fault;
  return node === undefined ? { kind: "scalar", value, offset } : shifted(node, offset);
}

function shifted(node: RegistryNode, by: number): RegistryNode {
  const offset = node.offset + by;
  switch (node.kind) {
    case "list": return { ...node, offset, items: node.items.map((item) => shifted(item, by)) };
    case "map": return { ...node, offset, members: node.members.map((member) => ({ ...member, keyOffset: member.keyOffset + by, node: shifted(member.node, by) })) };
    default: return { ...node, offset };
  }
}

/** What kind of server an entry is, told by its `type` or its fields, and which of its fields contradict each other. */

import type { Complaint } from "./complaints.js";
import { nearestOf } from "./did-you-mean.js";
import { memberOf, type MapNode, type Path } from "./registry-node.js";
import { httpTypes, isKnownField, knownFields, type EntryKind } from "./schema.js";

export interface KindOfEntry {
  /** Absent: it cannot be told. */
  readonly kind?: EntryKind;
  readonly complaints: readonly Complaint[];
  /** Fields that were complained of already. */
  readonly settled: ReadonlySet<string>;
}

const kindOfType: Readonly<Record<string, EntryKind>> = { ...Object.fromEntries(httpTypes.map((type) => [type, "http"] as const)), stdio: "stdio", k8s: "k8s", template: "template" };

const tellingFields: Readonly<Record<string, EntryKind>> = {
  template_name: "template", endpoint: "http", url: "http", instances: "http", cmd: "stdio", command: "stdio", chart: "k8s", service: "k8s", image: "k8s",
};

/** Of each line only one can be given. */
const alternatives: readonly (readonly Path[])[] = [
  [["endpoint"], ["url"], ["instances"]],
  [["cmd"], ["command"]],
  [["env_vars"], ["env"]],
  [["pool_size"], ["pool", "max"]],
  [["service"], ["chart"]],
  [["service"], ["image"]],
];

const needed: Readonly<Record<EntryKind, { readonly field: string; readonly hint: string }>> = {
  http: { field: "endpoint", hint: "add endpoint: http://host:port, or instances" },
  stdio: { field: "cmd", hint: "add cmd: [program, argument, …]" },
  k8s: { field: "service", hint: "add service (to discover), or chart or image (to create)" },
  template: { field: "template_name", hint: "name one of the registry's templates" },
};

export function kindOfEntry(entry: MapNode): KindOfEntry {
  const complaints: Complaint[] = [];
  const settled = new Set<string>();
  const telling = tellingMembers(entry);
  const declared = declaredType(entry);
  const kind = declared?.kind ?? telling[0]?.kind;

  if (declared !== undefined && declared.kind === undefined) {
    settled.add("type");
    const known = Object.keys(kindOfType);
    const meant = nearestOf(declared.written, known);
    complaints.push({ path: ["type"], says: `is not one of ${known.join(", ")}`, ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }) });
  }
  if (kind === undefined) {
    let isMisspelt = false;
    for (const { key } of entry.members) {
      if (isKnownField(key)) continue;
      const meant = nearestOf(key, Object.keys(tellingFields)) ?? nearestOf(key, [...knownFields]);
      isMisspelt ||= meant !== undefined;
      complaints.push({ path: [key], says: "", hint: meant === undefined ? "no kind of server has a field of this name: remove it" : `did you mean ${meant}?`, isUnknownField: true });
    }
    if (declared === undefined && !isMisspelt) complaints.push({ path: [], says: "has no type, and none of its fields tells it", hint: `add ${needed.http.field} (http), ${needed.stdio.field} (stdio), ${needed.k8s.field} (k8s) or ${needed.template.field} (template)` });
    return { complaints, settled };
  }
  for (const { field, kind: told } of telling) {
    if (told === kind) continue;
    settled.add(field);
    const first = declared?.kind === undefined ? `"${telling[0]?.field ?? ""}", which makes it ${kind}` : `type ${declared.written}`;
    complaints.push({ path: [field], says: `contradicts ${first}: it is for ${told} entries`, hint: "keep one of the two" });
  }
  for (const paths of alternatives) {
    const given = paths.filter((path) => isGiven(entry, path) && !settled.has(String(path[0])));
    for (const path of given.slice(1)) complaints.push({ path, says: `contradicts "${String(given[0]?.join("."))}": only one of them can be given`, hint: "keep one of the two" });
  }
  // A field that is there and misspelt is not missing as well.
  const isMisspelt = entry.members.some(({ key }) => !isKnownField(key) && nearestOf(key, Object.keys(tellingFields).filter((field) => tellingFields[field] === kind)) !== undefined);
  if (!isMisspelt && !telling.some(({ kind: told }) => told === kind)) complaints.push({ path: [needed[kind].field], says: "is missing", hint: needed[kind].hint });
  return { kind, complaints, settled };
}

function tellingMembers(entry: MapNode): readonly { readonly field: string; readonly kind: EntryKind }[] {
  const isTemplate = memberOf(entry, "template_name") !== undefined || declaredType(entry)?.kind === "template";
  const isContainer = declaredType(entry)?.kind === "k8s" || ["image", "chart", "service"].some((field) => memberOf(entry, field) !== undefined);
  return Object.entries(tellingFields)
    // A template's `instances` is a number, not a list of replicas, and a container may have a command.
    .filter(([field]) => memberOf(entry, field) !== undefined && !(field === "instances" && isTemplate) && !(field === "command" && isContainer))
    .map(([field, kind]) => ({ field, kind }));
}

function declaredType(entry: MapNode): { readonly written: string; readonly kind?: EntryKind } | undefined {
  const node = memberOf(entry, "type")?.node;
  if (node?.kind !== "scalar" || typeof node.value !== "string") return undefined;
  const kind = Object.hasOwn(kindOfType, node.value) ? kindOfType[node.value] : undefined;
  return { written: node.value, ...(kind === undefined ? {} : { kind }) };
}

function isGiven(entry: MapNode, path: Path): boolean {
  const member = memberOf(entry, String(path[0]));
  if (member === undefined || path.length === 1) return member !== undefined;
  return memberOf(member.node, String(path[1])) !== undefined;
}

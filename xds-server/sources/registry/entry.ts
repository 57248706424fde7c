/** One entry of the registry, checked: what it says, whether it can be served, and everything that is wrong with it. */

import type { z } from "zod";
import { fromClientEntry } from "./client-entry.js";
import { complaintsOf, isEcho, toFinding, type Complaint } from "./complaints.js";
import { didYouMean } from "./did-you-mean.js";
import { kindOfEntry } from "./entry-kind.js";
import { noFiles, toPlain, type FileText, type Surroundings } from "./expansion.js";
import { filledValues } from "./filled-values.js";
import { httpRules } from "./http-rules.js";
import { versionOfPemFiles } from "./pem-files.js";
import { policyRules } from "./policy-rules.js";
import { memberOf, type Finding, type MapNode, type RegistryNode } from "./registry-node.js";
import type { Piece } from "./piece.js";
import { sectionNames } from "./registry-text.js";
import { httpEntry, k8sEntry, stdioEntry, templateEntry, type EntryKind, type HttpEntry, type K8sEntry, type StdioEntry } from "./schema.js";
import { isDisabled, policyFields } from "./schema-policy.js";
import { refuseId } from "./server-id.js";
import { k8sRules } from "./k8s-rules.js";
import { stdioRules } from "./stdio-rules.js";
import { fillTemplate } from "./templates.js";

export interface CheckedEntry {
  /** out: its own wish, or a kind that is not served yet. bad: its last good version is what counts. */
  readonly outcome: { readonly kind: "good"; readonly entry: GoodEntry } | { readonly kind: "out" } | { readonly kind: "bad" };
  readonly findings: readonly Finding[];
  /** What it looked at, beside its own text, and what it saw there. */
  readonly template?: { readonly name: string; readonly node: RegistryNode | undefined };
  readonly files: ReadonlyMap<string, FileText>;
}

export type GoodEntry =
  | { readonly kind: "http"; readonly fields: HttpEntry; readonly folder: string; readonly tlsFilesVersion?: string }
  | { readonly kind: "k8s"; readonly fields: K8sEntry; readonly folder: string; readonly tlsFilesVersion?: string; readonly filled: ReadonlySet<string> }
  | { readonly kind: "stdio"; readonly fields: StdioEntry; readonly folder: string };

export type Templates = ReadonlyMap<string, RegistryNode>;

export function checkEntry({ name: id, reading: { node, keyOffset } }: Piece, isClientEntry: boolean, templates: Templates, surroundings: Surroundings): CheckedEntry {
  const refusal = refuseId(id);
  const idFindings: readonly Finding[] = refusal === undefined ? [] : [{ severity: "error", offset: keyOffset, ...refusal }];
  if (node.kind !== "map") return bad([...idFindings, notAnEntry(id, node, keyOffset)]);
  const { node: entry, findings: clientFindings } = isClientEntry ? fromClientEntry(node) : { node, findings: [] };
  const checked = checkMap(id, entry, keyOffset, templates, surroundings);
  const findings = [...idFindings, ...clientFindings, ...checked.findings].sort((a, b) => a.offset - b.offset);
  return { ...checked, findings, outcome: idFindings.length > 0 ? { kind: "bad" } : checked.outcome };
}

function checkMap(id: string, entry: MapNode, keyOffset: number, templates: Templates, surroundings: Surroundings): CheckedEntry {
  const { kind } = kindOfEntry(entry);
  if (kind !== "template") return checkFields(id, entry, keyOffset, "", surroundings);

  const own = checkAs("template", entry, keyOffset, "", surroundings);
  const nameNode = memberOf(entry, "template_name")?.node;
  const name = nameNode?.kind === "scalar" && nameNode.value !== null ? String(nameNode.value) : undefined;
  if (nameNode === undefined || name === undefined) return { ...bad(own.findings), files: own.files };
  const template = templates.get(name);
  const use = { name, node: template };
  if (template?.kind !== "map") {
    const meant = template !== undefined ? "put the fields of an entry below its name" : didYouMean(name, [...templates.keys()]) ?? (templates.size === 0 ? "add it below templates: in any of the registry's files" : `there are ${[...templates.keys()].join(", ")}`);
    const what = template === undefined ? `there is no template ${JSON.stringify(name)}` : `the template ${JSON.stringify(name)} holds no fields`;
    return { outcome: own.isDisabled ? { kind: "out" } : { kind: "bad" }, findings: [...own.findings, { severity: "error", offset: nameNode.offset, what, hint: meant }], files: own.files, template: use };
  }

  const filled = fillTemplate(template, entry, nameNode.offset);
  const made = withInstances(withOwnPolicy(filled.node, entry), entry, filled.usesInstances);
  const prefix = `template ${JSON.stringify(name)}: `;
  const nested = kindOfEntry(made.node).kind === "template";
  const nestedFinding: Finding = { severity: "error", offset: nameNode.offset, what: `${prefix}is made from another template`, hint: "a template expands to http, stdio or k8s" };
  const checked = nested ? bad([nestedFinding]) : checkFields(id, made.node, nameNode.offset, prefix, surroundings);
  const findings = dropRepeated([...own.findings, ...filled.findings, ...made.findings, ...checked.findings]);
  const isBad = findings.some(({ severity }) => severity === "error");
  return {
    outcome: own.isDisabled ? { kind: "out" } : isBad ? { kind: "bad" } : checked.outcome,
    findings,
    template: use,
    files: new Map([...own.files, ...checked.files]),
  };
}

function checkFields(id: string, entry: MapNode, keyOffset: number, prefix: string, surroundings: Surroundings): CheckedEntry {
  const { kind, complaints, settled } = kindOfEntry(entry);
  if (kind === undefined || kind === "template") {
    const asSection = didYouMean(id, sectionNames);
    const findings = complaints.map((complaint) => complaint.path.length > 0
      ? toFinding(complaint, "http", entry, keyOffset, prefix)
      : toFinding({ ...complaint, ...(asSection === undefined ? {} : { hint: asSection }) }, "http", entry, keyOffset, `${prefix}"${id}" `));
    return bad([...findings, ...toPlain(entry, surroundings).findings]);
  }
  const { data, findings: fieldFindings, files, isDisabled: isOut } = checkAs(kind, entry, keyOffset, prefix, surroundings, settled);
  const findings = [...complaints.map((complaint) => toFinding(complaint, kind, entry, keyOffset, prefix)), ...fieldFindings];
  const isBad = data === undefined || findings.some(({ severity }) => severity === "error");
  if (isOut) return { outcome: { kind: "out" }, findings, files };
  if (isBad) return { outcome: { kind: "bad" }, findings, files };
  // checkAs has read it by the schema of this kind.
  const good = { kind, fields: data, folder: surroundings.folder, ...(kind === "k8s" ? { filled: filledValues(entry, ["env_vars", "config_files"]) } : {}) } as GoodEntry;
  return { outcome: { kind: "good", entry: withTlsFiles(good, files) }, findings, files };
}

function withTlsFiles(entry: GoodEntry, files: ReadonlyMap<string, FileText>): GoodEntry {
  if (entry.kind === "stdio" || entry.fields.tls === undefined) return entry;
  const tlsFilesVersion = versionOfPemFiles(entry.fields.tls, entry.folder, files);
  return tlsFilesVersion === undefined ? entry : { ...entry, tlsFilesVersion };
}

interface CheckedFields {
  /** Absent where the schema refused it. */
  readonly data?: object;
  readonly findings: readonly Finding[];
  readonly files: ReadonlyMap<string, FileText>;
  readonly isDisabled: boolean;
}

const schemas: Readonly<Record<EntryKind, z.ZodType<object>>> = { http: httpEntry, stdio: stdioEntry, k8s: k8sEntry, template: templateEntry };

function checkAs(kind: EntryKind, entry: MapNode, keyOffset: number, prefix: string, surroundings: Surroundings, settled: ReadonlySet<string> = new Set()): CheckedFields {
  const considered: MapNode = settled.size === 0 ? entry : { ...entry, members: entry.members.filter(({ key }) => !settled.has(key)) };
  // What `config` holds is filled in where the template uses it.
  const visible: MapNode = kind === "template" ? { ...considered, members: considered.members.map((member) => member.key === "config" && member.node.kind === "map" ? { ...member, node: { ...member.node, members: [] } } : member) } : considered;
  const plain = toPlain(visible, surroundings);
  const parsed = schemas[kind].safeParse(plain.value);
  const files = new Map(plain.files);
  const lookUpFile = (path: string): FileText => {
    const file = surroundings.lookUpFile(path);
    files.set(path, file);
    return file;
  };
  const complaints: readonly Complaint[] = parsed.success ? rules(kind, parsed.data, { ...surroundings, lookUpFile }) : complaintsOf(parsed.error.issues, plain.value);
  const findings = [
    ...plain.findings.map((finding) => ({ ...finding, what: prefix + finding.what })),
    ...complaints.filter((complaint) => !isEcho(complaint, plain.unread)).map((complaint) => toFinding(complaint, kind, entry, keyOffset, prefix)),
  ];
  const usedFiles = files.size === 0 ? noFiles : files;
  const enabled = typeof plain.value === "object" && plain.value !== null ? (plain.value as Readonly<Record<string, unknown>>)["enabled"] : undefined;
  return { findings, files: usedFiles, isDisabled: isDisabled(enabled), ...(parsed.success && plain.unread.size === 0 ? { data: parsed.data } : {}) };
}

/** `fields` was read by the schema of this kind. */
function rules(kind: EntryKind, fields: object, surroundings: Surroundings): readonly Complaint[] {
  const common = policyRules(fields);
  switch (kind) {
    case "http": return [...httpRules(fields as HttpEntry, surroundings), ...common];
    case "stdio": return [...stdioRules(fields as StdioEntry), ...common];
    case "k8s": return [...k8sRules(fields as K8sEntry, surroundings), ...common];
    case "template": return common;
  }
}

/** What an entry says for itself counts more than what its template says for all. */
function withOwnPolicy(made: MapNode, entry: MapNode): MapNode {
  const own = entry.members.filter(({ key }) => Object.hasOwn(policyFields, key));
  const ownKeys = new Set(own.map(({ key }) => key));
  return { ...made, members: [...made.members.filter(({ key }) => !ownKeys.has(key)), ...own] };
}

/** `instances` of a template without a placeholder for it: so many processes, so many pods. */
function withInstances(made: MapNode, entry: MapNode, isUsed: boolean): { readonly node: MapNode; readonly findings: readonly Finding[] } {
  const instances = memberOf(entry, "instances");
  if (instances === undefined || isUsed) return { node: made, findings: [] };
  const kind = kindOfEntry(made).kind;
  if (kind === "stdio" && memberOf(made, "pool_size") === undefined && memberOf(memberOf(made, "pool")?.node ?? made, "max") === undefined) {
    return { node: { ...made, members: [...made.members, { ...instances, key: "pool_size" }] }, findings: [] };
  }
  if (kind === "k8s" && memberOf(made, "replicas") === undefined) {
    return { node: { ...made, members: [...made.members, { ...instances, key: "replicas" }] }, findings: [] };
  }
  const what = kind === "http" ? "instances means nothing here: the template is of type http and has no placeholder {{instances}}" : "instances contradicts the template, which sets that number itself";
  return { node: made, findings: [{ severity: "error", offset: instances.keyOffset, what, hint: "put {{instances}} into the template, or remove instances" }] };
}

/** A field of the entry itself is seen once with the entry and once with what the template makes. */
function dropRepeated(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ offset, what }) => {
    const key = `${offset} ${what.replace(/^template "[^"]*": /, "")}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function notAnEntry(id: string, node: RegistryNode, keyOffset: number): Finding {
  if (node.kind === "unreadable") return { severity: "error", offset: node.offset, what: node.what, hint: node.hint };
  const meant = didYouMean(id, sectionNames);
  const offset = node.kind === "scalar" && node.value === null ? keyOffset : node.offset;
  return { severity: "error", offset, what: `"${id}" holds no fields`, hint: meant ?? "a server has fields below its name, for example endpoint: http://127.0.0.1:3001" };
}

function bad(findings: readonly Finding[]): CheckedEntry {
  return { outcome: { kind: "bad" }, findings, files: noFiles };
}

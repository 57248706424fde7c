/** What Helm has rendered → the objects of a server, with our marks, or why they cannot be taken. */

import { parseAllDocuments, type Document, type DocumentOptions, type ParseOptions, type SchemaOptions } from "yaml";
import type { CreatedServer, PlanContext } from "./created-server.js";
import { createdKindNames, isCreatedKind, type KubernetesObject } from "./kubernetes-object.js";
import { toLabels, withMarks } from "./metadata.js";
import { annotations, labels } from "./ownership.js";

export type RenderedChart =
  | { readonly objects: readonly KubernetesObject[] }
  | { readonly what: string; readonly hint: string };

/**
 * Helm and kubectl read YAML 1.1: 0400 is octal, `<<` merges, and yes and on are booleans. They leave dates and
 * sexagesimal numbers, as 1:30, as the text that they are.
 */
const asHelmReads: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.1",
  customTags: (tags) => tags.filter((tag) => typeof tag === "string" ? tag !== "timestamp" : tag.tag !== "tag:yaml.org,2002:timestamp" && !("format" in tag && tag.format === "TIME")),
};

/** The parts of what a chart makes that are looked at. */
interface Rendered {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown } | null;
  readonly data?: unknown;
  readonly stringData?: unknown;
}

export function readRenderedChart(text: string, { name, namespace }: Pick<CreatedServer, "name" | "namespace">): RenderedChart {
  const objects: KubernetesObject[] = [];
  for (const document of parseAllDocuments(text, asHelmReads)) {
    if (!("errors" in document) || document.errors.length > 0) return { what: "the chart's output is no YAML", hint: "helm template shows it" };
    const rendered = toValue(document) as Rendered | "no value" | null;
    if (rendered === "no value") return { what: "the chart's output is no YAML", hint: "helm template shows it" };
    if (rendered === null) continue;
    const { kind, metadata } = rendered;
    if (typeof kind !== "string" || typeof metadata?.name !== "string" || typeof rendered.apiVersion !== "string") return { what: "the chart makes something without apiVersion, kind or name", hint: "helm template shows it" };
    if (!isCreatedKind(kind)) return { what: `the chart makes a ${kind} (${metadata.name}): nobody would take care of it here`, hint: `only ${createdKindNames.join(", ")} are made; turn the others off in the chart, or install it with helm and name its service` };
    if (metadata.namespace !== undefined && metadata.namespace !== namespace) return { what: `the chart puts ${kind} ${metadata.name} into the namespace ${JSON.stringify(metadata.namespace)}`, hint: `use {{ .Release.Namespace }}: the server belongs to ${namespace}` };
    const notText = toNotText(kind, rendered);
    if (notText !== undefined) return { what: `${notText} of the chart's ${kind} ${metadata.name} is not text`, hint: "quote it in the chart: {{ … | quote }}" };
    // Checked above, as far as we rely on it; the rest is for the API server to judge.
    objects.push(rendered as KubernetesObject);
  }
  const hasService = objects.some((object) => object.kind === "Service" && object.metadata.name === name);
  if (!hasService) return { what: `the chart makes no Service ${name}, by which its pods would be found`, hint: "name it by fullnameOverride, as helm create does" };
  if (!objects.some(({ kind }) => kind === "Deployment")) return { what: "the chart makes no Deployment", hint: "install it with helm, and name its service" };
  return { objects: objects.sort((a, b) => createdKindNames.indexOf(a.kind as (typeof createdKindNames)[number]) - createdKindNames.indexOf(b.kind as (typeof createdKindNames)[number])) };
}

/** An alias without its anchor is seen only here. */
function toValue(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch {
    return "no value";
  }
}

/** Which of a ConfigMap's or Secret's values is no text, by its key: the value itself may be a secret. */
function toNotText(kind: string, rendered: Rendered): string | undefined {
  if (kind !== "ConfigMap" && kind !== "Secret") return undefined;
  for (const part of ["data", "stringData"] as const) {
    const values = rendered[part] ?? {};
    if (typeof values !== "object" || Array.isArray(values)) return `all of ${part}`;
    const key = Object.entries(values).find(([, value]) => typeof value !== "string")?.[0];
    if (key !== undefined) return `${part}.${key}`;
  }
  return undefined;
}

/** Objects of any kind, as a chart's author has written them. */
interface WithTemplate extends KubernetesObject {
  readonly spec?: { readonly template?: { readonly metadata?: { readonly labels?: object; readonly annotations?: object } } };
}
interface WithTexts extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>> | null;
  readonly stringData?: Readonly<Record<string, string>> | null;
}

export function withChartMarks(object: KubernetesObject, server: CreatedServer, context: PlanContext): KubernetesObject {
  if (!isCreatedKind(object.kind)) return object;
  const marked = { ...object, metadata: withMarks(object, server, context, object.kind) };
  switch (object.kind) {
    case "Deployment": return withPodMarks(marked, server, context);
    case "Secret": return withoutStringData(marked);
    default: return marked;
  }
}

/** Pods are watched for what goes wrong; the selector stays the chart's. */
function withPodMarks(object: WithTemplate, server: CreatedServer, context: PlanContext): KubernetesObject {
  const metadata = object.spec?.template?.metadata;
  const podMetadata = { ...metadata, labels: { ...metadata?.labels, [labels.owner]: toLabels(server, context)[labels.owner] }, annotations: { ...metadata?.annotations, [annotations.id]: server.id } };
  const spec = { ...object.spec, template: { ...object.spec?.template, metadata: podMetadata } };
  return { ...object, spec } as KubernetesObject;
}

/** `stringData` can be written and never be read again, so that nobody could see whether it still holds. */
function withoutStringData({ stringData, data, ...rest }: WithTexts): KubernetesObject {
  const encoded = Object.fromEntries(Object.entries(stringData ?? {}).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  return { ...rest, data: { ...data, ...encoded } } as KubernetesObject;
}

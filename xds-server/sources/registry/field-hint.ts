/** What to do about a field whose rule does not say it itself: from its shape, else from what the schema tells editors of it. */

import { pathText, type Path } from "./registry-node.js";
import { registryJsonSchema } from "./json-schema.js";
import type { EntryKind } from "./schema.js";

export type SchemaName = EntryKind | "gateway";

interface JsonSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

const definitionNames: Readonly<Record<SchemaName, string>> = { http: "HttpServer", stdio: "StdioServer", k8s: "KubernetesServer", template: "TemplateServer", gateway: "Gateway" };

const shapes: Readonly<Record<string, string>> = {
  "must be a list": "write [first, second], or each on a line of its own after a dash",
  "must hold names and values": "write name: value, each on a line of its own below it",
  "must be a text": "write a text; lists and maps have no place here",
  "must be true or false": "write true or false",
  "has no value": "give it one, or remove the line",
};

export function fieldHint(path: Path, says: string, schemaName: SchemaName): string {
  const field = schemaOf(path, schemaName);
  if (says === "must hold fields") {
    const names = Object.keys(field === undefined ? {} : fieldsOf(field));
    return names.length === 0 ? "write name: value, each on a line of its own below it" : `it holds ${names.join(", ")}: write {${names[0] ?? ""}: …}`;
  }
  const shape = shapes[says];
  if (shape !== undefined) return shape;
  const description = field?.description ?? "";
  return description === "" ? `write one of these, or remove ${pathText(path)}` : `${String(path.findLast((step) => typeof step === "string"))}: ${asHint(description)}`;
}

/** It begins small, and ends without a full stop. */
function asHint(description: string): string {
  const plain = description.replace(/\.$/, "");
  return /^[A-Z][a-z ]/.test(plain) ? plain.charAt(0).toLowerCase() + plain.slice(1) : plain;
}

function schemaOf(path: Path, schemaName: SchemaName): JsonSchema | undefined {
  let at: JsonSchema | undefined = definitions()[definitionNames[schemaName]];
  for (const step of path) {
    at = at === undefined ? undefined : alternatives(at).map((one) => typeof step === "number" ? one.items : one.properties?.[step] ?? (typeof one.additionalProperties === "object" ? one.additionalProperties : undefined)).find((one) => one !== undefined);
  }
  return at;
}

function fieldsOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return alternatives(schema).find(({ properties }) => properties !== undefined)?.properties ?? {};
}

/** The schema itself and all that it may stand for. */
function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const referred = schema.$ref === undefined ? [] : [definitions()[schema.$ref.replace(/^.*\//, "")] ?? {}];
  return [schema, ...[...referred, ...schema.anyOf ?? []].flatMap(alternatives)];
}

let known: Readonly<Record<string, JsonSchema>> | undefined;

/** Made when the first problem needs it: most registries have none. */
function definitions(): Readonly<Record<string, JsonSchema>> {
  // Its shape is that of JSON Schema; only the parts named above are read.
  return (known ??= (registryJsonSchema() as { readonly definitions: Readonly<Record<string, JsonSchema>> }).definitions);
}

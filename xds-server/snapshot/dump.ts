/** Resources as Envoy itself would write them in JSON, for people, golden tests and `envoy --mode validate`. */

import protobuf from "protobufjs";
import type { Struct } from "../../protos/gen/google/protobuf/Struct.js";
import type { Value } from "../../protos/gen/google/protobuf/Value.js";
import { decodeMessage, messageType, typeUrlPrefix } from "../../protos/load.js";
import { fromStruct, fromValue, type Json } from "../../protos/struct.js";
import { follow, type ListKey, type Recipe, type Resources } from "./resources.js";
import { typeUrls, type Snapshot, type TypeUrl } from "./snapshot.js";

/** Shown secrets are for validation only: they must not reach a person or a log. */
export type Secrets = "redacted" | "shown";

export type Dump = Readonly<Partial<Record<ListKey, readonly Json[]>>>;

const dumped: Readonly<Record<ListKey, TypeUrl>> = {
  listeners: typeUrls.listener,
  scopes: typeUrls.scope,
  routes: typeUrls.routes,
  clusters: typeUrls.cluster,
  endpoints: typeUrls.endpoints,
  stdioServers: typeUrls.stdioServer,
};

/** Every list that is known, in the order given. */
export function dumpResources(resources: Resources, secrets: Secrets = "redacted"): Dump {
  return dumpLists((key, typeUrl) => resources[key]?.map((recipe: Recipe<object>) => dumpMessage(typeName(typeUrl), follow(recipe), secrets)));
}

/** What is really served: the bytes, read back. */
export function dumpSnapshot(snapshot: Snapshot, secrets: Secrets = "redacted"): Dump {
  return dumpLists((_key, typeUrl) => {
    const resources = snapshot.byType.get(typeUrl);
    if (resources === undefined) return undefined;
    return [...resources.values()].map((resource) => {
      const any = decodeMessage<{ value?: Uint8Array }>("google.protobuf.Any", resource.any);
      return dumpMessage(typeName(typeUrl), decodeMessage<object>(typeName(typeUrl), any.value ?? new Uint8Array()), secrets);
    });
  });
}

/** `message` is in the form of the generated types, made by hand or decoded. What is absent or an empty list is not written. */
export function dumpMessage(name: string, message: object, secrets: Secrets = "redacted"): Json {
  return toJson(messageType(name), message, { redact: secrets === "redacted", secret: false });
}

function dumpLists(listOf: (key: ListKey, typeUrl: TypeUrl) => readonly Json[] | undefined): Dump {
  const dump: { -readonly [Key in keyof Dump]: Dump[Key] } = {};
  // The table above has exactly these keys.
  for (const [key, typeUrl] of Object.entries(dumped) as [ListKey, TypeUrl][]) {
    const list = listOf(key, typeUrl);
    if (list !== undefined) dump[key] = list;
  }
  return dump;
}

interface Context {
  readonly redact: boolean;
  /** Inside a field whose values are secret. */
  readonly secret: boolean;
}

const redacted = "[redacted]";

/** Fields, whatever message they are in, whose header values or inline data are secret. */
const secretSubtrees: ReadonlySet<string> = new Set(["request_headers_to_add", "request_mutations", "initial_metadata", "private_key", "password", "secret"]);
const secretInSubtree: ReadonlySet<string> = new Set([
  ".envoy.config.core.v3.HeaderValue.value",
  ".envoy.config.core.v3.DataSource.inline_string",
  ".envoy.config.core.v3.DataSource.inline_bytes",
]);
const alwaysSecret: ReadonlySet<string> = new Set([".envoy.extensions.filters.http.api_key_auth.v3.Credential.key", ".mcp_mesh.v1.StdioServer.env", ".mcp_mesh.v1.SessionKey.key"]);

function toJson(type: protobuf.Type, message: object, context: Context): Json {
  const special = specialForms[type.fullName];
  if (special !== undefined) return special(message, context);
  const fields = fieldsToJson(type, message, context);
  const empty = wrapped[type.fullName];
  return empty === undefined ? fields : (fields["value"] ?? empty);
}

function fieldsToJson(type: protobuf.Type, message: object, context: Context): { readonly [key: string]: Json } {
  const json: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(message) as [string, unknown][]) {
    const field = type.fields[key];
    // "@type" was written by the Any around it, and decoded messages name the member of each oneof that is set.
    if (field === undefined && (key === "@type" || type.oneofs?.[key] !== undefined)) continue;
    if (field === undefined) throw new Error(`${type.fullName.slice(1)} has no field "${key}"`);
    const written = fieldToJson(field.resolve(), value, context);
    if (written !== undefined) json[key] = written;
  }
  return json;
}

function fieldToJson(field: protobuf.Field, value: unknown, outer: Context): Json | undefined {
  if (value === undefined || value === null) return undefined;
  const isSecret = alwaysSecret.has(field.fullName) || (outer.secret && secretInSubtree.has(field.fullName));
  const context = { ...outer, secret: outer.secret || secretSubtrees.has(field.name) };
  const one = (element: unknown): Json => (isSecret && outer.redact ? redacted : elementToJson(field, element, context));
  if (field.map) {
    // A map is an object, as the encoder checked.
    const entries = Object.entries(value as object).map(([key, element]: [string, unknown]) => [key, one(element)] as const);
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  if (!Array.isArray(value)) return one(value);
  return value.length === 0 ? undefined : value.map(one);
}

function elementToJson(field: protobuf.Field, value: unknown, context: Context): Json {
  if (field.resolvedType instanceof protobuf.Type) return toJson(field.resolvedType, value as object, context);
  if (field.resolvedType instanceof protobuf.Enum) return typeof value === "number" ? (field.resolvedType.valuesById[value] ?? value) : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  // JSON has no 64-bit integers, so the format writes them as strings.
  if (typeof value === "number" && field.type.endsWith("64")) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return value;
  return String(value);
}

/** The messages that have a JSON form of their own. */
const specialForms: Readonly<Record<string, (message: object, context: Context) => Json>> = {
  ".google.protobuf.Any": anyToJson,
  ".google.protobuf.Duration": durationToJson,
  // The names say which messages these are.
  ".google.protobuf.Struct": (message) => fromStruct(message as Struct),
  ".google.protobuf.Value": (message) => fromValue(message as Value),
  ".google.protobuf.ListValue": (message) => fromValue({ listValue: message }),
};

/** Wrappers are written as what they wrap; inside a wrapper, absent means this. */
const wrapped: Readonly<Record<string, Json>> = {
  ".google.protobuf.DoubleValue": 0,
  ".google.protobuf.FloatValue": 0,
  ".google.protobuf.Int64Value": "0",
  ".google.protobuf.UInt64Value": "0",
  ".google.protobuf.Int32Value": 0,
  ".google.protobuf.UInt32Value": 0,
  ".google.protobuf.BoolValue": false,
  ".google.protobuf.StringValue": "",
  ".google.protobuf.BytesValue": "",
};

function anyToJson(message: object, context: Context): Json {
  // Made by hand it has "@type" and the fields; decoded, the type's address and the bytes.
  const { "@type": typeUrl, type_url, value } = message as { "@type"?: string; type_url?: string; value?: Uint8Array };
  const name = typeName(typeUrl ?? type_url ?? "");
  const content = typeUrl === undefined ? decodeMessage<object>(name, value ?? new Uint8Array()) : message;
  const type = messageType(name);
  const hasOwnForm = type.fullName in specialForms || type.fullName in wrapped;
  return { "@type": typeUrlPrefix + name, ...(hasOwnForm ? { value: toJson(type, content, context) } : fieldsToJson(type, content, context)) };
}

/** `1.500s`: no digits behind the point, or three, six or nine. */
function durationToJson(message: object): Json {
  // The name of the message says so.
  const { seconds = 0, nanos = 0 } = message as { seconds?: number; nanos?: number };
  const digits = String(Math.abs(nanos)).padStart(9, "0").replace(/(000){1,3}$/, "");
  const sign = seconds < 0 || nanos < 0 ? "-" : "";
  return `${sign}${Math.abs(seconds)}${digits === "" ? "" : `.${digits}`}s`;
}

function typeName(typeUrl: string): string {
  return typeUrl.slice(typeUrlPrefix.length);
}

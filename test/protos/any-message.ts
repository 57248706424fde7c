/** Valid messages made up from the .proto files, and their reading back with every Any opened. */

import fc from "fast-check";
import protobuf from "protobufjs";
import { messageType, typeUrlPrefix } from "../../protos/load.js";

const anyContents = [
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  "envoy.extensions.filters.http.mcp.v3.Mcp",
  "envoy.extensions.filters.http.rbac.v3.RBAC",
  "envoy.extensions.filters.http.router.v3.Router",
  "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
  "google.protobuf.UInt32Value",
];

/** Without what decoding cannot tell from absence: empty lists, and defaults of fields without presence. */
export function anyMessage(type: protobuf.Type, depth: number): fc.Arbitrary<object> {
  if (type.fullName === ".google.protobuf.Any") return anyAny(depth);
  if (type.fullName === ".google.protobuf.Duration") return fc.record({ seconds: fc.integer({ min: 1, max: 315_576_000_000 }), nanos: fc.integer({ min: 1, max: 999_999_999 }) });
  const fields = type.fieldsArray.map((field) => field.resolve()).filter((field) => depth > 0 || !(field.resolvedType instanceof protobuf.Type));
  return fc.subarray(fields, { maxLength: Math.min(fields.length, 4) }).chain((chosen) => {
    const taken = new Set<string>();
    const members: Record<string, fc.Arbitrary<unknown>> = {};
    for (const field of chosen) {
      const oneof = field.partOf?.name;
      if (oneof !== undefined && taken.has(oneof)) continue;
      if (oneof !== undefined) taken.add(oneof);
      members[field.name] = anyField(field, depth - 1);
    }
    return fc.record(members);
  });
}

/** The message that the bytes say, in the form that encodeMessage takes. */
export function decodeExpanded(name: string, bytes: Uint8Array): unknown {
  const type = messageType(name);
  return expand(type, type.toObject(type.decode(bytes), { longs: Number, enums: String }));
}

function anyAny(depth: number): fc.Arbitrary<object> {
  const contents = depth > 1 ? anyContents : anyContents.slice(-1);
  return fc.constantFrom(...contents).chain((name) => anyMessage(messageType(name), depth - 1).map((message) => ({ "@type": typeUrlPrefix + name, ...message })));
}

function anyField(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const hasPresence = field.partOf !== null;
  if (field.map) return fc.dictionary(fc.string({ minLength: 1 }).filter((key) => key !== "__proto__"), anyElement(field, true, depth), { minKeys: 1, maxKeys: 3, noNullPrototype: true });
  return field.repeated ? fc.array(anyElement(field, true, depth), { minLength: 1, maxLength: 3 }) : anyElement(field, hasPresence, depth);
}

function anyElement(field: protobuf.Field, defaultToo: boolean, depth: number): fc.Arbitrary<unknown> {
  if (field.resolvedType instanceof protobuf.Type) return anyMessage(field.resolvedType, Math.max(depth, 0));
  const value = anyScalar(field);
  return defaultToo ? value : value.filter((one) => one !== "" && one !== false && !Object.is(one, 0) && !isFirst(field, one) && !(one instanceof Uint8Array && one.length === 0));
}

function isFirst(field: protobuf.Field, value: unknown): boolean {
  return field.resolvedType instanceof protobuf.Enum && field.resolvedType.values[String(value)] === 0;
}

function anyScalar(field: protobuf.Field): fc.Arbitrary<unknown> {
  if (field.resolvedType instanceof protobuf.Enum) return fc.constantFrom(...Object.keys(field.resolvedType.values));
  switch (field.type) {
    case "string": return fc.string({ unit: "grapheme" });
    case "bytes": return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    case "bool": return fc.boolean();
    case "double": return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "float": return fc.float({ noNaN: true, noDefaultInfinity: true });
    case "int32": case "sint32": case "sfixed32": return fc.integer();
    case "uint32": case "fixed32": return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case "uint64": case "fixed64": return fc.maxSafeNat();
    case "int64": case "sint64": case "sfixed64": return fc.maxSafeInteger();
    default: throw new Error(`no values for ${field.fullName} of type ${field.type}`);
  }
}

function expand(type: protobuf.Type, message: Readonly<Record<string, unknown>>): unknown {
  if (type.fullName === ".google.protobuf.Any") {
    const typeUrl = String(message["type_url"]);
    const bytes = message["value"] instanceof Uint8Array ? message["value"] : new Uint8Array();
    return { "@type": typeUrl, ...(decodeExpanded(typeUrl.slice(typeUrlPrefix.length), bytes) as object) };
  }
  return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, expandField(type.fields[key], value)]));
}

function expandField(field: protobuf.Field | undefined, value: unknown): unknown {
  const type = field?.resolve().resolvedType;
  if (!(type instanceof protobuf.Type)) return value;
  // What the library decodes as a message is an object.
  const one = (element: unknown): unknown => expand(type, element as Record<string, unknown>);
  if (Array.isArray(value)) return value.map(one);
  if (field?.map) return Object.fromEntries(Object.entries(value as object).map(([key, element]) => [key, one(element)]));
  return one(value);
}

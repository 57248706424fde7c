/** A plain JSON object as a google.protobuf.Struct, the form that json_format and metadata take, and back. */

import type { Struct } from "./gen/google/protobuf/Struct.js";
import type { Value } from "./gen/google/protobuf/Value.js";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export function toStruct(object: { readonly [key: string]: Json }): Struct {
  return { fields: Object.fromEntries(Object.entries(object).map(([key, value]) => [key, toValue(value)])) };
}

export function fromStruct(struct: Struct): { [key: string]: Json } {
  return Object.fromEntries(Object.entries(struct.fields ?? {}).map(([key, value]) => [key, fromValue(value)]));
}

export function toValue(json: Json): Value {
  if (json === null) return { nullValue: "NULL_VALUE" };
  if (typeof json === "string") return { stringValue: json };
  if (typeof json === "number") return { numberValue: json };
  if (typeof json === "boolean") return { boolValue: json };
  return isArray(json) ? { listValue: { values: json.map(toValue) } } : { structValue: toStruct(json) };
}

export function fromValue(value: Value): Json {
  if (typeof value.stringValue === "string") return value.stringValue;
  if (typeof value.boolValue === "boolean") return value.boolValue;
  if (value.numberValue !== undefined) return Number(value.numberValue);
  if (value.listValue) return (value.listValue.values ?? []).map(fromValue);
  if (value.structValue) return fromStruct(value.structValue);
  return null;
}

/** Array.isArray does not narrow readonly arrays. */
function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

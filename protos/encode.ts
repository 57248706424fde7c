/**
 * Writes a plain object as a protobuf message and refuses whatever does not fit it. The usual libraries drop such
 * things in silence: an unknown field, a misspelt enum value, an Any of an unknown type would simply be missing.
 */

import protobuf from "protobufjs";
import { anyContent, fail, show, type Path } from "./encode-error.js";
import { messageType, typeUrlPrefix } from "./load.js";
import { checkString, lengthDelimited, scalarOf, type Scalar, type Write } from "./scalars.js";

/**
 * `value` is an object in the form of the generated types: snake_case fields, enums by name, an Any as `{"@type": …, …fields}`,
 * bytes as a Uint8Array, 64-bit numbers as safe integers. Equal objects give equal bytes, whatever the order of their keys.
 * A frozen message in a list is written once and its bytes remembered: of 5,000 endpoints that differ in one, one is written.
 */
export function encodeMessage(name: string, value: object): Uint8Array {
  const writer = protobuf.Writer.create();
  planOf(messageType(name)).write(writer, value, []);
  return writer.finish();
}

interface MessagePlan {
  readonly fields: ReadonlyMap<string, FieldPlan>;
  write: Write;
}

interface FieldPlan {
  readonly id: number;
  readonly name: string;
  readonly oneof?: string;
  /** A null of these means absent, as in the generated types; of others it is an error. */
  readonly isMessage: boolean;
  readonly write: Write;
}

const plans = new Map<protobuf.Type, MessagePlan>();

function planOf(type: protobuf.Type): MessagePlan {
  const known = plans.get(type);
  if (known !== undefined) return known;
  const name = type.fullName.slice(1);
  const fields = new Map<string, FieldPlan>();
  const plan: MessagePlan = { fields, write: () => undefined };
  // Known before its fields are planned: messages contain themselves.
  plans.set(type, plan);
  for (const field of type.fieldsArray) fields.set(field.name, planField(field));
  plan.write = writeMessage(name, fields);
  if (name === "google.protobuf.Any") plan.write = writeAny;
  if (name === "google.protobuf.Duration") plan.write = writeDuration(plan.write);
  return plan;
}

function writeMessage(name: string, fields: ReadonlyMap<string, FieldPlan>): Write {
  return (writer, value, path) => {
    const object = plainObject(value, name, path);
    const present: FieldPlan[] = [];
    let oneofs: Map<string, string> | undefined;
    for (const key of Object.keys(object)) {
      const field = fields.get(key);
      if (field === undefined) {
        if (key === "@type" && path.at(-1) === anyContent) continue;
        throw fail(path, `${name} has no field "${key}" (value ${show(object[key])})`);
      }
      const member = object[key];
      if (member === undefined || (member === null && field.isMessage)) continue;
      present.push(field);
      if (field.oneof === undefined) continue;
      const other = (oneofs ??= new Map()).get(field.oneof);
      if (other !== undefined) throw fail(path, `${name} has both "${other}" and "${key}", of which only one may be set (oneof ${field.oneof})`);
      oneofs.set(field.oneof, key);
    }
    present.sort((a, b) => a.id - b.id);
    for (const field of present) {
      path.push(field.name);
      field.write(writer, object[field.name], path);
      path.pop();
    }
  };
}

function planField(field: protobuf.Field): FieldPlan {
  field.resolve();
  const oneof = field.partOf !== null && !field.options?.["proto3_optional"] ? field.partOf.name : undefined;
  const isMessage = field.resolvedType instanceof protobuf.Type && !field.repeated && !field.map;
  return {
    id: field.id,
    name: field.name,
    isMessage,
    write: writeField(field),
    ...(oneof === undefined ? {} : { oneof }),
  };
}

function writeField(field: protobuf.Field): Write {
  if (field instanceof protobuf.MapField) return writeMap(field);
  const resolved = field.resolvedType;
  if (resolved instanceof protobuf.Type) return field.repeated ? writeRepeated(writeRemembered(field.id, resolved)) : writeNested(field.id, resolved);
  const scalar = scalarOf(field);
  if (field.repeated) return scalar.wireType === lengthDelimited ? writeRepeated(tagged(field.id, scalar)) : writePacked(field.id, scalar);
  // Without presence, the default is not written: absent and default are one value, so they get the same bytes.
  return field.partOf === null ? writeUnlessDefault(field.id, scalar) : tagged(field.id, scalar);
}

function writeNested(id: number, type: protobuf.Type): Write {
  const tag = (id << 3) | lengthDelimited;
  const plan = planOf(type);
  return (writer, value, path) => {
    writer.uint32(tag).fork();
    plan.write(writer, value, path);
    writer.ldelim();
  };
}

/** By type and object, as long as somebody else keeps the object. */
function writeRemembered(id: number, type: protobuf.Type): Write {
  const tag = (id << 3) | lengthDelimited;
  const writeAnew = writeNested(id, type);
  const written = new WeakMap<object, Uint8Array>();
  return (writer, value, path) => {
    if (typeof value !== "object" || value === null || !Object.isFrozen(value)) return writeAnew(writer, value, path);
    let bytes = written.get(value);
    if (bytes === undefined) {
      const own = protobuf.Writer.create();
      planOf(type).write(own, value, path);
      // The writer's bytes lie in a slab beside those of others, and would keep them alive.
      bytes = Uint8Array.from(own.finish());
      written.set(value, bytes);
    }
    writer.uint32(tag).bytes(bytes);
  };
}

function writeRepeated(writeElement: Write): Write {
  return (writer, value, path) => forEachElement(value, path, (element) => writeElement(writer, element, path));
}

function writePacked(id: number, scalar: Scalar): Write {
  return (writer, value, path) => {
    if (Array.isArray(value) && value.length === 0) return;
    writer.uint32((id << 3) | lengthDelimited).fork();
    forEachElement(value, path, (element) => scalar.write(writer, element, path));
    writer.ldelim();
  };
}

function forEachElement(value: unknown, path: Path, write: (element: unknown) => void): void {
  if (!Array.isArray(value)) throw fail(path, `${show(value)} is not an array`);
  value.forEach((element: unknown, index) => {
    path.push(`[${index}]`);
    write(element);
    path.pop();
  });
}

function writeMap(field: protobuf.MapField): Write {
  if (field.keyType !== "string") throw new Error(`map ${field.fullName} has keys of type ${field.keyType}; only string is supported`);
  const resolved = field.resolvedType;
  const writeValue = resolved instanceof protobuf.Type ? writeNested(2, resolved) : tagged(2, scalarOf(field));
  const tag = (field.id << 3) | lengthDelimited;
  return (writer, value, path) => {
    const object = plainObject(value, "a map", path);
    // Sorted, so that the order in which a map was filled does not change the version of its resource.
    for (const key of Object.keys(object).sort()) {
      path.push(`[${JSON.stringify(key)}]`);
      checkString(key, path);
      writer.uint32(tag).fork().uint32((1 << 3) | lengthDelimited).string(key);
      writeValue(writer, object[key], path);
      writer.ldelim();
      path.pop();
    }
  };
}

const writeAny: Write = (writer, value, path) => {
  const object = plainObject(value, "google.protobuf.Any", path);
  const typeUrl = object["@type"];
  if (typeof typeUrl !== "string") throw fail(path, `an Any needs "@type" beside the fields of its message, but has ${show(value)}`);
  if (!typeUrl.startsWith(typeUrlPrefix)) throw fail(path, `"@type" ${show(typeUrl)} does not begin with ${typeUrlPrefix}`);
  let plan: MessagePlan;
  try {
    plan = planOf(messageType(typeUrl.slice(typeUrlPrefix.length)));
  } catch (cause) {
    throw fail(path, `"@type" ${show(typeUrl)}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  writer.uint32((1 << 3) | lengthDelimited).string(typeUrl);
  const content = protobuf.Writer.create();
  path.push(anyContent);
  plan.write(content, object, path);
  path.pop();
  const bytes = content.finish();
  if (bytes.length > 0) writer.uint32((2 << 3) | lengthDelimited).bytes(bytes);
};

const maxDurationSeconds = 315_576_000_000;

/** Envoy refuses a duration that breaks these rules of the format; the fields alone would let it pass. */
function writeDuration(writeFields: Write): Write {
  return (writer, value, path) => {
    writeFields(writer, value, path);
    // Both were found to be numbers, or absent, by the line above.
    const { seconds = 0, nanos = 0 } = value as { seconds?: number; nanos?: number };
    if (Math.abs(seconds) > maxDurationSeconds) throw fail([...path, "seconds"], `${seconds} is not within ±${maxDurationSeconds}`);
    if (Math.abs(nanos) > 999_999_999) throw fail([...path, "nanos"], `${nanos} is not within ±999999999`);
    if (seconds * nanos < 0) throw fail(path, `seconds ${seconds} and nanos ${nanos} differ in sign`);
  };
}

function tagged(id: number, scalar: Scalar): Write {
  const tag = (id << 3) | scalar.wireType;
  return (writer, value, path) => {
    writer.uint32(tag);
    scalar.write(writer, value, path);
  };
}

function writeUnlessDefault(id: number, scalar: Scalar): Write {
  const write = tagged(id, scalar);
  return (writer, value, path) => {
    if (!scalar.isDefault(value)) write(writer, value, path);
  };
}

function plainObject(value: unknown, what: string, path: Path): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    // Checked by the line above: anything else, such as a Map or a Date, has content that its keys do not show.
    if (prototype === Object.prototype || prototype === null) return value as Readonly<Record<string, unknown>>;
  }
  throw fail(path, `${show(value)} is not a plain object, as ${what} must be`);
}

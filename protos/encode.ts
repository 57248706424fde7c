/**
 * Writes a plain object as a protobuf message and refuses whatever does not fit it. The usual libraries drop such
 * things in silence: an unknown field, a misspelt enum value, an Any of an unknown type would simply be missing.
 */

import protobuf from "protobufjs";
import { messageType, typeUrlPrefix } from "./load.js";

/** A bug of whoever made the object: what is wrong, and where in it. */
export class EncodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EncodeError";
  }
}

/**
 * `value` is an object in the form of the generated types: snake_case fields, enums by name, an Any as `{"@type": …, …fields}`,
 * bytes as a Uint8Array, 64-bit numbers as safe integers. Equal objects give equal bytes, whatever the order of their keys.
 */
export function encodeMessage(name: string, value: object): Uint8Array {
  const writer = protobuf.Writer.create();
  planOf(messageType(name)).write(writer, value, []);
  return writer.finish();
}

type Path = string[];
/** Writes the value, or the field with its tag, and pushes to the path what it goes through. */
type Write = (writer: protobuf.Writer, value: unknown, path: Path) => void;

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

const lengthDelimited = 2;
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
  if (resolved instanceof protobuf.Type) return field.repeated ? writeRepeated(writeNested(field.id, resolved)) : writeNested(field.id, resolved);
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

const anyContent = "(content)";

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

interface Scalar {
  readonly wireType: 0 | 1 | 2 | 5;
  /** Checks the value and writes it without a tag. */
  readonly write: Write;
  readonly isDefault: (value: unknown) => boolean;
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

function scalarOf(field: protobuf.FieldBase): Scalar {
  if (field.resolvedType instanceof protobuf.Enum) return enumScalar(field.resolvedType);
  const scalar = scalars[field.type];
  if (scalar === undefined) throw new Error(`field ${field.fullName} has type ${field.type}, which cannot be written`);
  return scalar;
}

function enumScalar(type: protobuf.Enum): Scalar {
  const names = new Map(Object.entries(type.values));
  const numbers = new Set(names.values());
  const name = type.fullName.slice(1);
  return {
    wireType: 0,
    isDefault: (value) => value === 0 || names.get(value as string) === 0,
    write: (writer, value, path) => {
      const number = typeof value === "string" ? names.get(value) : numbers.has(value as number) ? (value as number) : undefined;
      if (number === undefined) throw fail(path, `${show(value)} is not one of ${name}: ${[...names.keys()].join(", ")}`);
      writer.int32(number);
    },
  };
}

const isZero = (value: unknown): boolean => Object.is(value, 0);

function integer(min: number, max: number, write: (writer: protobuf.Writer, value: number) => void, wireType: 0 | 1 | 5 = 0): Scalar {
  return {
    wireType,
    isDefault: (value) => value === 0,
    write: (writer, value, path) => {
      if (typeof value !== "number" || !Number.isInteger(value)) throw fail(path, `${show(value)} is not an integer`);
      if (value < min || value > max) throw fail(path, `${value} is not in ${min}..${max}`);
      write(writer, value);
    },
  };
}

/** Every number is finite on purpose: no field of ours means infinity, and JSON could not show it. */
function floating(wireType: 1 | 5, max: number, write: (writer: protobuf.Writer, value: number) => void): Scalar {
  return {
    wireType,
    isDefault: isZero,
    write: (writer, value, path) => {
      if (typeof value !== "number") throw fail(path, `${show(value)} is not a number`);
      if (!Number.isFinite(value) || Math.abs(value) > max) throw fail(path, `${value} is not a finite number`);
      write(writer, value);
    },
  };
}

const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
const [minInt32, maxInt32, maxUint32] = [-(2 ** 31), 2 ** 31 - 1, 2 ** 32 - 1];

const scalars: Readonly<Record<string, Scalar>> = {
  double: floating(1, Number.MAX_VALUE, (writer, value) => writer.double(value)),
  float: floating(5, 3.4028234663852886e38, (writer, value) => writer.float(value)),
  int32: integer(minInt32, maxInt32, (writer, value) => writer.int32(value)),
  sint32: integer(minInt32, maxInt32, (writer, value) => writer.sint32(value)),
  uint32: integer(0, maxUint32, (writer, value) => writer.uint32(value)),
  fixed32: integer(0, maxUint32, (writer, value) => writer.fixed32(value), 5),
  sfixed32: integer(minInt32, maxInt32, (writer, value) => writer.sfixed32(value), 5),
  int64: integer(MIN_SAFE_INTEGER, MAX_SAFE_INTEGER, (writer, value) => writer.int64(value)),
  sint64: integer(MIN_SAFE_INTEGER, MAX_SAFE_INTEGER, (writer, value) => writer.sint64(value)),
  uint64: integer(0, MAX_SAFE_INTEGER, (writer, value) => writer.uint64(value)),
  fixed64: integer(0, MAX_SAFE_INTEGER, (writer, value) => writer.fixed64(value), 1),
  sfixed64: integer(MIN_SAFE_INTEGER, MAX_SAFE_INTEGER, (writer, value) => writer.sfixed64(value), 1),
  bool: {
    wireType: 0,
    isDefault: (value) => value === false,
    write: (writer, value, path) => {
      if (typeof value !== "boolean") throw fail(path, `${show(value)} is not true or false`);
      writer.bool(value);
    },
  },
  string: {
    wireType: lengthDelimited,
    isDefault: (value) => value === "",
    write: (writer, value, path) => {
      if (typeof value !== "string") throw fail(path, `${show(value)} is not a string`);
      checkString(value, path);
      writer.string(value);
    },
  },
  bytes: {
    wireType: lengthDelimited,
    isDefault: (value) => value instanceof Uint8Array && value.length === 0,
    write: (writer, value, path) => {
      if (!(value instanceof Uint8Array)) throw fail(path, `${show(value)} is not a Uint8Array`);
      writer.bytes(value);
    },
  },
};

const halfOfAPair = /\p{Surrogate}/u;

/** Half a surrogate pair has no UTF-8 form: Envoy would refuse the whole message. */
function checkString(value: string, path: Path): void {
  if (halfOfAPair.test(value)) throw fail(path, `the string of ${value.length} characters holds half of a surrogate pair`);
}

function plainObject(value: unknown, what: string, path: Path): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    // Checked by the line above: anything else, such as a Map or a Date, has content that its keys do not show.
    if (prototype === Object.prototype || prototype === null) return value as Readonly<Record<string, unknown>>;
  }
  throw fail(path, `${show(value)} is not a plain object, as ${what} must be`);
}

function fail(path: Path, rule: string): EncodeError {
  const where = path.filter((step) => step !== anyContent).join(".").replaceAll(".[", "[");
  return new EncodeError(where === "" ? rule : `${where}: ${rule}`);
}

/** Strings are shown, as a misspelt name must be; the inside of objects is not, for it may hold secrets. */
function show(value: unknown): string {
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (value instanceof Uint8Array) return `a Uint8Array of ${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return `an object {${Object.keys(value).join(", ")}}`;
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}

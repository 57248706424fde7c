/** The values that are not messages: what each type allows, and how it is written. */

import protobuf from "protobufjs";
import { fail, show, type Path } from "./encode-error.js";

/** Writes the value, or the field with its tag, and pushes to the path what it goes through. */
export type Write = (writer: protobuf.Writer, value: unknown, path: Path) => void;

export const lengthDelimited = 2;

export interface Scalar {
  readonly wireType: 0 | 1 | 2 | 5;
  /** Checks the value and writes it without a tag. */
  readonly write: Write;
  readonly isDefault: (value: unknown) => boolean;
}

export function scalarOf(field: protobuf.FieldBase): Scalar {
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
export function checkString(value: string, path: Path): void {
  if (halfOfAPair.test(value)) throw fail(path, `the string of ${value.length} characters holds half of a surrogate pair`);
}

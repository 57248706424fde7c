/** Objects of the registry's schema: no field is silently ignored, and an unknown one is told its nearest name. */

import { z } from "zod";
import { nearestOf } from "./did-you-mean.js";

/** `belongsTo` says where a field that is unknown here has its place, as in "stdio servers". */
export function object<S extends z.core.$ZodLooseShape>(shape: S, belongsTo: (field: string) => string | undefined = () => undefined): z.ZodObject<S, z.core.$strict> {
  const fields = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => issue.code === "unrecognized_keys"
      // One hint a line, in the order of the keys; problems.ts takes them apart.
      ? (issue.keys as readonly string[]).map((key) => hintFor(key, fields, belongsTo(key))).join("\n")
      : "must hold fields",
  });
}

export function listOf<T extends z.core.SomeType>(item: T, min = 0, max = 10_000): z.ZodArray<T> {
  return z.array(item, { error: "must be a list" })
    .min(min, { error: min === 1 ? "is empty" : `must have at least ${min} items` })
    .max(max, { error: `has more than ${max} items` });
}

export function mapOf<T extends z.core.SomeType>(value: T): z.ZodRecord<z.ZodString, T> {
  return z.record(z.string(), value, { error: "must hold names and values" });
}

function hintFor(field: string, fields: readonly string[], elsewhere: string | undefined): string {
  if (elsewhere !== undefined) return `${field} is for ${elsewhere}`;
  const meant = nearestOf(field, fields);
  return meant === undefined ? `allowed here: ${fields.join(", ")}` : `did you mean ${meant}?`;
}

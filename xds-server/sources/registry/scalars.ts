/** How single values of the registry are written, durations and sizes and ports: each a zod schema with its own words. */

import { z } from "zod";
import { nearestOf } from "./did-you-mean.js";

/** What was read, or why it cannot be: a half sentence that follows the field and its value, as in `port 70000 is not in 1..65535`. */
export type Reading<T> = { readonly value: T } | Refusal;
export interface Refusal {
  readonly says: string;
  readonly hint?: string;
  /** Not this kind of value at all, so that another form of the same field may be meant. */
  readonly isOtherKind?: boolean;
}

/** The part of JSON Schema that editors are told. */
export type EditorSchema = Record<string, unknown>;

export type Field<T> = z.ZodPipe<z.ZodUnknown, z.ZodTransform<T, unknown>>;

/** Editors see a registry before `${…}` and `{{…}}` are filled in, so every value may be such a text. */
const expression: EditorSchema = { type: "string", pattern: "\\$\\{|\\{\\{" };

export function scalar<T>(editorSchema: EditorSchema, read: (value: unknown) => Reading<T>): Field<T> {
  return z.unknown().transform((value, context): T => {
    const reading = value === undefined ? { says: "is missing" } : value === null ? { says: "has no value", hint: "give it one, or remove the line" } : read(value);
    if ("value" in reading) return reading.value;
    const { says, ...params } = reading;
    context.issues.push({ code: "custom", input: value, message: says, params });
    return z.NEVER;
  }).meta(editorSchema);
}

function orExpression(editorSchema: EditorSchema): EditorSchema {
  return { anyOf: [editorSchema, expression] };
}

export interface TextRule { readonly pattern?: RegExp; readonly says?: string; readonly hint?: string; readonly maxLength?: number; readonly allowEmpty?: boolean }

/** Numbers and booleans count as their text: an argument 8080 needs no quotes. */
export function text({ pattern, says = "is not allowed", hint, maxLength = 65_536, allowEmpty = false }: TextRule = {}): Field<string> {
  return scalar({ type: ["string", "number", "boolean"] }, (value) => {
    const read = textOf(value);
    if (read === undefined) return { says: "must be a text", isOtherKind: true };
    if (read === "" && !allowEmpty) return { says: "is empty" };
    if (read.length > maxLength) return { says: `is longer than ${maxLength} characters` };
    if (read.includes("\0")) return { says: "holds a NUL character" };
    if (pattern !== undefined && !pattern.test(read)) return { says, ...(hint === undefined ? {} : { hint }) };
    return { value: read };
  });
}

export function integer(min: number, max: number): Field<number> {
  return scalar(orExpression({ type: "integer", minimum: min, maximum: max }), (value) => {
    const read = numberOf(value);
    if (read === undefined) return { says: "must be a whole number", isOtherKind: true };
    if (!Number.isSafeInteger(read)) return { says: "must be a whole number" };
    return read < min || read > max ? { says: `is not in ${min}..${max}` } : { value: read };
  });
}

export function boolean(): Field<boolean> {
  return scalar(orExpression({ type: "boolean" }), (value) => {
    const read = booleanOf(value);
    return read === undefined ? { says: "must be true or false", isOtherKind: true } : { value: read };
  });
}

export function choice<const T extends string>(values: readonly T[], aliases: Readonly<Record<string, T>> = {}): Field<T> {
  const known: readonly string[] = [...values, ...Object.keys(aliases)];
  return scalar(orExpression({ type: "string", enum: known }), (value) => {
    if (typeof value !== "string") return { says: `must be one of ${known.join(", ")}`, isOtherKind: true };
    const read = values.find((candidate) => candidate === value) ?? (Object.hasOwn(aliases, value) ? aliases[value] : undefined);
    if (read !== undefined) return { value: read };
    const meant = nearestOf(value, known);
    return { says: `is not one of ${known.join(", ")}`, ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }) };
  });
}

/** `off` or false. */
export function off(): Field<"off"> {
  return scalar({ enum: ["off", false] }, (value) => isOff(value) ? { value: "off" } : { says: "is not off", isOtherKind: true });
}

export function isOff(value: unknown): boolean {
  return value === false || typeof value === "string" && /^(off|false)$/i.test(value);
}

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const durationHint = "write a number of seconds, or 500ms, 30s, 5m, 2h";
const longestMs = 365 * 24 * 3_600_000;

/** In milliseconds. */
export function duration(minMs = 1, maxMs = longestMs): Field<number> {
  return scalar(durationSchema("seconds, or 500ms, 30s, 5m, 2h"), (value) => readDuration(value, minMs, maxMs));
}

/** In milliseconds; undefined where it is `off` or 0. */
export function durationOrOff(): Field<number | undefined> {
  return scalar<number | undefined>(durationSchema("seconds, or 500ms, 30s, 5m, 2h, or off"), (value) =>
    isOff(value) || value === 0 || value === "0" ? { value: undefined } : readDuration(value, 1, longestMs));
}

function durationSchema(description: string): EditorSchema {
  return { anyOf: [{ type: "number", minimum: 0 }, { type: "string", description }] };
}

function readDuration(value: unknown, minMs: number, maxMs: number): Reading<number> {
  const found = typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*$/.exec(value) : null;
  const ms = typeof value === "number" ? value * 1000 : found === null ? undefined : Number(found[1]) * durationUnitsMs[(found[2] ?? "s") as keyof typeof durationUnitsMs];
  if (ms === undefined || !Number.isFinite(ms)) return { says: "is not a duration", hint: durationHint, isOtherKind: typeof value === "object" };
  const rounded = Math.round(ms);
  if (rounded < minMs || rounded > maxMs) return { says: `is not in ${durationText(minMs)}..${durationText(maxMs)}`, hint: durationHint };
  return { value: rounded };
}

export function durationText(ms: number): string {
  const unit = (["h", "m", "s"] as const).find((candidate) => ms > 0 && ms % durationUnitsMs[candidate] === 0);
  return unit === undefined ? `${ms}ms` : `${ms / durationUnitsMs[unit]}${unit}`;
}

const sizeUnits = { "": 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 } as const;

/** In bytes. */
export function size(min: number, max: number): Field<number> {
  return scalar({ anyOf: [{ type: "integer", minimum: 0 }, { type: "string", description: "bytes, or 512KiB, 10MiB, 1GiB, 10MB" }] }, (value) => {
    const found = typeof value === "number" ? [value, value, ""] : typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)?\s*$/i.exec(value) : null;
    const bytes = found === null ? undefined : Math.round(Number(found[1]) * sizeUnits[String(found[2] ?? "").toUpperCase() as keyof typeof sizeUnits]);
    if (bytes === undefined || !Number.isSafeInteger(bytes)) return { says: "is not a size", hint: "write a number of bytes, or 512KiB, 10MiB, 1GiB, 10MB" };
    return bytes < min || bytes > max ? { says: `is not in ${sizeText(min)}..${sizeText(max)}` } : { value: bytes };
  });
}

export function sizeText(bytes: number): string {
  const unit = (["GIB", "MIB", "KIB"] as const).find((candidate) => bytes > 0 && bytes % sizeUnits[candidate] === 0);
  return unit === undefined ? `${bytes}B` : `${bytes / sizeUnits[unit]}${unit.replace("IB", "iB")}`;
}

/** 0..100 */
export function percentage(): Field<number> {
  return scalar({ anyOf: [{ type: "number", minimum: 0, maximum: 100 }, { type: "string", description: "for example 20%" }] }, (value) => {
    const read = numberOf(typeof value === "string" ? value.replace(/\s*%\s*$/, "") : value);
    if (read === undefined) return { says: "is not a percentage", hint: "write 20%", isOtherKind: typeof value !== "string" };
    return read < 0 || read > 100 ? { says: "is not in 0%..100%" } : { value: read };
  });
}

export interface StatusRange { readonly start: number; readonly end: number }

/** `200`, `200-299` or `2xx`. */
export function statusRange(): Field<StatusRange> {
  return scalar({ anyOf: [{ type: "integer", minimum: 100, maximum: 599 }, { type: "string", description: "200-299, or 2xx" }] }, (value) => {
    const hint = "write 200, 200-299 or 2xx";
    const written = textOf(value) ?? "";
    const hundreds = /^([1-5])xx$/i.exec(written);
    if (hundreds !== null) return { value: { start: Number(hundreds[1]) * 100, end: Number(hundreds[1]) * 100 + 100 } };
    const found = /^(\d{3})(?:\s*-\s*(\d{3}))?$/.exec(written);
    if (found === null) return { says: "is no range of statuses", hint };
    const [start, last] = [Number(found[1]), Number(found[2] ?? found[1])];
    return start < 100 || last > 599 || start > last ? { says: "is no range in 100-599", hint } : { value: { start, end: last + 1 } };
  });
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** What came from `${ENV}` is a text, also where a number is meant. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return undefined;
  return /^(true|on|yes)$/i.test(value) ? true : /^(false|off|no)$/i.test(value) ? false : undefined;
}

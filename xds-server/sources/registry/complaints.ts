/** What is wrong with a field, in words, and where: from the schema's issues and our own rules alike. */

import type { z } from "zod";
import { fieldHint, type SchemaName } from "./field-hint.js";
import { memberOf, nodeAt, pathText, type Finding, type Path, type RegistryNode } from "./registry-node.js";

export interface Complaint {
  readonly path: Path;
  /** Follows the field and its value: `port 70000` + `is not in 1..65535`. */
  readonly says: string;
  /** Absent: what the schema tells of the field. */
  readonly hint?: string;
  readonly severity?: "error" | "warning";
  /** The field should not be there at all: its key is the place, and its value is of no interest. */
  readonly isUnknownField?: boolean;
}

type Issue = z.core.$ZodIssue;

export function complaintsOf(issues: readonly Issue[], value: unknown, base: Path = []): readonly Complaint[] {
  return issues.flatMap((issue): readonly Complaint[] => {
    const path = [...base, ...(issue.path as Path)];
    switch (issue.code) {
      case "unrecognized_keys": {
        const hints = issue.message.split("\n");
        return issue.keys.map((key, index) => complaint([...path, key], "", hints[index], true));
      }
      case "invalid_union": {
        // Each branch says why it is not it; the one for this kind of value says what is meant.
        const branch = issue.errors.find((errors) => !errors.some(isOtherKind));
        return branch === undefined ? [complaint(path, missing(value, path) ?? issue.message)] : complaintsOf(branch, value, path);
      }
      case "custom": {
        const hint: unknown = issue.params?.["hint"];
        return [complaint(path, issue.message, typeof hint === "string" ? hint : undefined)];
      }
      default:
        return [complaint(path, missing(value, path) ?? issue.message)];
    }
  });
}

/** `keyOffset` is where the entry's own name stands: the place of what is not there at all. */
export function toFinding({ path, says, hint, severity = "error", isUnknownField }: Complaint, schemaName: SchemaName, root: RegistryNode, keyOffset: number, prefix = ""): Finding {
  const parent = nodeAt(root, path.slice(0, -1));
  const key = path.at(-1);
  const member = parent !== undefined && typeof key === "string" ? memberOf(parent, key) : undefined;
  const node = nodeAt(root, path);
  const parentOffset = path.length <= 1 ? keyOffset : parent?.offset ?? keyOffset;
  const offset = isUnknownField === true ? member?.keyOffset ?? parentOffset : node === undefined ? parentOffset : isEmptyScalar(node) ? member?.keyOffset ?? node.offset : node.offset;
  const where = path.length <= 1 ? "" : ` in ${pathText(path.slice(0, -1))}`;
  const what = isUnknownField === true ? `unknown field "${String(key)}"${where}` : [pathText(path), shown(path, node), says].filter((part) => part !== "").join(" ");
  return { severity, offset, what: prefix + what, hint: hint ?? fieldHint(path, says, schemaName) };
}

/** Whether what the schema says of a path only repeats that the path, or a part of it, could not be read. */
export function isEcho({ path }: Complaint, unread: ReadonlySet<string>): boolean {
  if (unread.size === 0) return false;
  const field = pathText(path);
  return [...unread].some((other) => isWithin(field, other) || isWithin(other, field));
}

function isWithin(inner: string, outer: string): boolean {
  return inner.startsWith(outer) && (inner.length === outer.length || /[.[]/.test(inner.charAt(outer.length)));
}

function complaint(path: Path, says: string, hint?: string, isUnknownField?: boolean): Complaint {
  return { path, says, ...(hint === undefined || hint === "" ? {} : { hint }), ...(isUnknownField === undefined ? {} : { isUnknownField }) };
}

function isOtherKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "custom") return issue.params?.["isOtherKind"] === true;
  return issue.code === "invalid_type" || issue.code === "invalid_union";
}

function missing(value: unknown, path: Path): string | undefined {
  const found = path.reduce<unknown>((at, step) => typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[step] : undefined, value);
  return found === undefined ? "is missing" : found === null ? "has no value" : undefined;
}

function isEmptyScalar(node: RegistryNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** Fields whose values may be secrets, however they got there. */
const secretFields = new Set(["headers", "env", "env_vars", "auth", "config", "cmd", "command", "args", "secrets", "config_files"]);

/** The value as it is written, before anything is filled in. */
function shown(path: Path, node: RegistryNode | undefined): string {
  if (node?.kind !== "scalar" || node.value === null || path.some((step) => secretFields.has(String(step)))) return "";
  if (typeof node.value !== "string") return String(node.value);
  const masked = node.value.replace(/\/\/[^/?#\s]*@/g, "//***@").replace(/\?.*$/s, "?***");
  return JSON.stringify(masked.length > 60 ? `${masked.slice(0, 57)}…` : masked);
}

/** Fills `${ENV}`, `${ENV:-default}` and `${file:/path}` into the texts of an entry, and makes plain values of its nodes. */

import { isAbsolute, join } from "node:path";
import { pathText, type Finding, type Path, type RegistryNode, type Scalar } from "./registry-node.js";

/** What an entry may look at beside its own text. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder of the registry file: relative paths begin there. */
  readonly folder: string;
  /** The same object as long as the file is the same. */
  readonly lookUpFile: (path: string) => FileText;
}

export type FileText = { readonly kind: "text"; readonly text: string } | { readonly kind: "unreadable"; readonly why: string };

export interface Plain {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** Paths that could not be read: what the schema says of them is an echo. */
  readonly unread: ReadonlySet<string>;
  readonly files: ReadonlyMap<string, FileText>;
}

export function toPlain(root: RegistryNode, surroundings: Surroundings): Plain {
  const findings: Finding[] = [];
  const unread = new Set<string>();
  const files = new Map<string, FileText>();

  const note = (path: Path, offset: number, what: string, hint: string): void => {
    const field = pathText(path);
    findings.push({ severity: "error", offset, what: field === "" ? what : `${field}: ${what}`, hint });
  };
  const refuse = (path: Path, offset: number, what: string, hint: string): undefined => {
    if (what !== "") note(path, offset, what, hint);
    unread.add(pathText(path));
    return undefined;
  };
  const lookUpFile = (path: string): FileText => {
    const file = surroundings.lookUpFile(path);
    files.set(path, file);
    return file;
  };
  const fill = (node: { readonly value: Scalar; readonly offset: number }, path: Path): unknown => {
    if (typeof node.value !== "string" || !node.value.includes("${")) return node.value;
    const filled = expand(node.value, { ...surroundings, lookUpFile });
    return "text" in filled ? filled.text : refuse(path, node.offset, filled.what, filled.hint);
  };
  const walk = (node: RegistryNode, path: Path): unknown => {
    switch (node.kind) {
      case "unreadable": return refuse(path, node.offset, node.what, node.hint);
      case "scalar": return fill(node, path);
      case "list": return node.items.map((item, index) => walk(item, [...path, index]));
      case "map": {
        const value: Record<string, unknown> = {};
        for (const member of node.members) {
          if (Object.hasOwn(value, member.key)) {
            note(path, member.keyOffset, `"${member.key}" is there twice`, "keep one of them");
          } else if (member.key === "__proto__") {
            note(path, member.keyOffset, `"${member.key}" cannot be a name`, "choose another");
          } else {
            value[member.key] = walk(member.node, [...path, member.key]);
          }
        }
        return value;
      }
    }
  };
  return { value: walk(root, []), findings, unread, files: files.size === 0 ? noFiles : files };
}

/** Thousands of entries name no files: they share that they do not. */
export const noFiles: ReadonlyMap<string, FileText> = new Map();

export type Expansion = { readonly text: string } | { readonly what: string; readonly hint: string };

/** `$${` stands for `${` itself. Messages name variables and files, never what is in them. */
export function expand(text: string, surroundings: Surroundings): Expansion {
  let refusal: { readonly what: string; readonly hint: string } | undefined;
  const filled = text.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole, expression: string | undefined, end: string) => {
    if (whole === "$${") return "${";
    const value = end === "" ? { what: `"${whole.slice(0, 40)}" has no closing }`, hint: "write $${ for a plain ${" } : valueOf(expression ?? "", surroundings);
    if ("text" in value) return value.text;
    refusal ??= value;
    return "";
  });
  return refusal ?? { text: filled };
}

function valueOf(expression: string, surroundings: Surroundings): Expansion {
  if (expression.startsWith("file:")) return fileValue(expression.slice("file:".length), surroundings);
  const input = /^input:([\w.-]+)$/.exec(expression);
  if (input !== null) return variable(variableOfInput(input[1] ?? ""), undefined, surroundings);
  const found = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/.exec(expression);
  if (found === null) return { what: `"\${${expression.slice(0, 40)}}" is neither a variable nor a file`, hint: "write ${NAME}, ${NAME:-default} or ${file:/path}; $${ for a plain ${" };
  if (found[2]?.includes("${") === true) return { what: `the default of \${${found[1] ?? ""}} holds another \${`, hint: "a default is plain text" };
  return variable(found[1] ?? "", found[2], surroundings);
}

/** VS Code asks its user for `${input:github-token}`; here it is the variable GITHUB_TOKEN. */
export function variableOfInput(id: string): string {
  const name = id.replace(/[^A-Za-z0-9]+/g, "_").toUpperCase();
  return /^[A-Z_]/.test(name) ? name : `_${name}`;
}

function variable(name: string, fallback: string | undefined, { environment }: Surroundings): Expansion {
  const value = environment[name];
  if (fallback !== undefined) return { text: value === undefined || value === "" ? fallback : value };
  return value === undefined
    ? { what: `the environment variable ${name} is not set`, hint: `set it where the xds-server is started, or write \${${name}:-default}` }
    : { text: value };
}

function fileValue(written: string, { folder, lookUpFile }: Surroundings): Expansion {
  if (written === "") return { what: "${file:} names no file", hint: "write ${file:/path}" };
  const path = absolutePath(written, folder);
  const file = lookUpFile(path);
  if (file.kind === "unreadable") return { what: `cannot read the file ${path}: ${file.why}`, hint: "the xds-server must be able to read it; a relative path begins at the registry file's folder" };
  return { text: file.text.replace(/\r?\n$/, "") };
}

export function absolutePath(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

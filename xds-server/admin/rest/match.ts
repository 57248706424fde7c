/** A request's method, path and query → the operation and its arguments, or why not. */

import type { z } from "zod";
import { operations, type Operation } from "./operations.js";

export type Match =
  | { readonly kind: "matched"; readonly operation: Operation; readonly names: readonly string[]; readonly query: unknown }
  | { readonly kind: "refused"; readonly status: 400 | 404 | 405; readonly why: string; readonly allow?: string };

export function matchOperation(method: string, url: string): Match {
  const [path = "", search = ""] = url.replace(/#.*$/s, "").split(/\?(.*)/s);
  const there = operations.flatMap((operation) => {
    const names = namesIn(operation.path, path);
    return names === undefined ? [] : [{ operation, names }];
  });
  if (there.length === 0) return { kind: "refused", status: 404, why: `no "${path}" here: /openapi.json says what is` };
  const found = there.find(({ operation }) => operation.method === method);
  const methods = there.map(({ operation }) => operation.method).join(", ");
  if (found === undefined) return { kind: "refused", status: 405, why: `method ${method} is not ${methods}`, allow: methods };
  const query = readQuery(found.operation.query, new URLSearchParams(search));
  if (!query.success) return { kind: "refused", status: 400, why: `query: ${toWhy(query.error)}` };
  return { kind: "matched", ...found, query: query.data };
}

/** What is wrong, in one line. */
export function toWhy(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`)).join("; ");
}

/** `/api/v1/servers/{names}/start`; no name of Kubernetes holds a comma. Undefined: another path. */
function namesIn(template: string, path: string): readonly string[] | undefined {
  const wanted = template.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const isSame = wanted.every((segment, index) => segment.startsWith("{") || segment === given[index]);
  if (!isSame) return undefined;
  const place = wanted.findIndex((segment) => segment.startsWith("{"));
  if (place < 0) return [];
  const text = decoded(given[place] ?? "");
  return wanted[place] === "{names}" ? text.split(",") : [text];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Then it is no name, which the check of names says.
    return text;
  }
}

/** Everything in a query is text: what is no text by the schema is read as the number or boolean that it looks like. */
function readQuery(schema: z.ZodObject, parameters: URLSearchParams): z.ZodSafeParseResult<unknown> {
  const values = [...new Set(parameters.keys())].map((name) => {
    const given = parameters.getAll(name);
    const [text = ""] = given;
    if (given.length > 1) return [name, given];
    // A name of Object.prototype is a name like any other that is unknown.
    const isText = !Object.hasOwn(schema.shape, name) || schema.shape[name]?.safeParse(text).success !== false;
    return [name, isText ? text : toPlain(text)];
  });
  return schema.safeParse(Object.fromEntries(values));
}

function toPlain(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

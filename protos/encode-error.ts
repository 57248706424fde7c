/** What is said of an object that does not fit its message: where in it, the value, and the rule. */

/** A bug of whoever made the object: what is wrong, and where in it. */
export class EncodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EncodeError";
  }
}

/** The fields and indexes gone through; the content of an Any is a step of its own, which is not shown. */
export type Path = string[];

export const anyContent = "(content)";

export function fail(path: Path, rule: string): EncodeError {
  const where = path.filter((step) => step !== anyContent).join(".").replaceAll(".[", "[");
  return new EncodeError(where === "" ? rule : `${where}: ${rule}`);
}

/** Strings are shown, as a misspelt name must be; the inside of objects is not, for it may hold secrets. */
export function show(value: unknown): string {
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (value instanceof Uint8Array) return `a Uint8Array of ${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return `an object {${Object.keys(value).join(", ")}}`;
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}

/** What a server may be called: its id is the first segment of its path at the gateway. */

/** Names that the gateway keeps for itself, beside all that begin with a dot. */
export const reservedIds: readonly string[] = [".well-known"];

export const maxIdLength = 128;

export interface IdRefusal { readonly what: string; readonly hint: string }

export function refuseId(id: string): IdRefusal | undefined {
  if (reservedIds.includes(id)) return { what: `the id "${id}" is reserved for the gateway itself`, hint: "choose another name" };
  if (id.startsWith(".")) return { what: `the id ${quoted(id)} begins with a dot: such names are reserved for the gateway itself`, hint: "begin it with a letter or a digit" };
  if (id.length > maxIdLength) return { what: `the id ${quoted(id)} is longer than ${maxIdLength} characters`, hint: "it is part of a URL: keep it short" };
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) return { what: `the id ${quoted(id)} is not made of letters, digits, -, _ and .`, hint: `it is the first part of a URL's path: begin it with a letter or a digit${suggestion(id)}` };
  return undefined;
}

/** The nearest thing that may be an id; empty where nothing is left. */
export function toId(name: string): string {
  return name.normalize("NFKD").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+|[-._]+$/g, "").slice(0, maxIdLength);
}

function suggestion(id: string): string {
  const possible = toId(id);
  return possible === "" ? "" : `, for example ${possible}`;
}

function quoted(id: string): string {
  return JSON.stringify(id.length > 60 ? `${id.slice(0, 57)}…` : id);
}

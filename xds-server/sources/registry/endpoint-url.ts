/** The URL of an HTTP MCP server → scheme, host, port and path, with everything refused that a route cannot keep. */

import { isIPv6 } from "node:net";
import type { Reading } from "./scalars.js";

export interface EndpointUrl {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** As it was written; absent where there is none. A lone `/` at the end is none. */
  readonly path?: string;
}

const example = "write http://host:port or https://host:port/path";

export function readEndpointUrl(value: unknown): Reading<EndpointUrl> {
  if (typeof value !== "string") return { says: "must be a URL", hint: example, isOtherKind: true };
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/.exec(value.trim());
  if (found === null) return { says: "is not a URL", hint: /^[\w.-]+(:\d+)?(\/|$)/.test(value) ? `did you mean http://${value}?` : example };
  const [, scheme = "", authority = "", path = "", query, fragment] = found;
  const lowered = scheme.toLowerCase();
  if (lowered !== "http" && lowered !== "https") return { says: `has the scheme ${lowered}, not http or https`, hint: lowered === "ws" || lowered === "wss" ? "WebSocket goes through an http endpoint as well: write http://…" : example };
  if (authority.includes("@")) return { says: "has credentials in it", hint: "put them into headers, for example Authorization: Bearer ${TOKEN}" };
  if (query !== undefined || fragment !== undefined) return { says: `has a ${query !== undefined ? "query" : "fragment"}, which a route cannot keep`, hint: "clients send their own query; put a key into headers" };
  const port = readPort(authority, lowered);
  if (typeof port !== "number") return port;
  const host = readHost(authority);
  if (host === undefined) return { says: "has no host that can be reached", hint: example };
  if (!isPlainPath(path)) return { says: "has a path that a route cannot keep", hint: "leave out .., //, spaces and percent signs for / and \\" };
  return { value: { scheme: lowered, host, port, ...(path === "" || path === "/" ? {} : { path }) } };
}

/** A path that means the same to everybody on the way. */
export function isPlainPath(path: string): boolean {
  return /^(\/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*$/.test(path)
    && !/\/\/|%2f|%5c|%2e|%00/i.test(path)
    && !/%(?![0-9a-f]{2})/i.test(path)
    && !path.split("/").some((segment) => segment === "." || segment === "..");
}

function readPort(authority: string, scheme: "http" | "https"): number | { readonly says: string; readonly hint: string } {
  const written = /:([^\]:]*)$/.exec(authority.replace(/^\[[^\]]*\]/, "host"))?.[1];
  if (written === undefined) return scheme === "http" ? 80 : 443;
  const port = /^\d+$/.test(written) ? Number(written) : Number.NaN;
  return port >= 1 && port <= 65535 ? port : { says: `has port ${written === "" ? '""' : written}, which is not in 1..65535`, hint: example };
}

function readHost(authority: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(authority)?.[1];
  if (bracketed !== undefined) return isIPv6(bracketed) ? bracketed : undefined;
  const name = authority.replace(/:\d+$/, "");
  // Docker Compose gives services names with underscores.
  return name.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/.test(name) && !looksLikeBrokenAddress(name) ? name.toLowerCase() : undefined;
}

/** `10.0.0.300` and `10.0.0` are no names either. */
function looksLikeBrokenAddress(name: string): boolean {
  return /^[\d.]+$/.test(name) && !/^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(name);
}

/** Which requests the admin port takes: none that a page of another site can make a browser send. */

import { isIP } from "node:net";

export interface RequestHead {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

export type Allowed =
  | { readonly kind: "allowed" }
  | { readonly kind: "refused"; readonly status: 403 | 405; readonly why: string };

/**
 * A page can point its own name at 127.0.0.1 (DNS rebinding) and then read what answers there; but the Host header
 * still bears the page's name. Where the port is bound to more than loopback, its names are not known here.
 */
export function allowRequest({ method, host, origin }: RequestHead, boundTo: string, methods: readonly string[] = ["GET", "HEAD"]): Allowed {
  if (!methods.includes(method)) return { kind: "refused", status: 405, why: `method ${method} is not ${methods.join(" or ")}` };
  if (isLoopback(boundTo) && !isLoopback(hostnameOf(host ?? ""))) {
    return { kind: "refused", status: 403, why: `host "${host ?? ""}" is not a name of this machine: use localhost or 127.0.0.1` };
  }
  if (origin !== undefined && !isLoopbackOrigin(origin)) return { kind: "refused", status: 403, why: `origin "${origin}" is not on this machine` };
  return { kind: "allowed" };
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}

/** `[::1]:8001` → `[::1]`, `localhost:8001` → `localhost`. */
function hostnameOf(host: string): string {
  return host.replace(/:\d*$/, "");
}

export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return bare === "localhost" || bare.endsWith(".localhost") || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

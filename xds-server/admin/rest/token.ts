/** Whether a request may use the REST: by the bearer token where there is one, else only where nobody but this machine can ask. */

import { createHash, timingSafeEqual } from "node:crypto";

export type Authorized = { readonly kind: "authorized" } | { readonly kind: "refused"; readonly status: 401 | 403; readonly why: string };

export function authorize(header: string | undefined, token: string | undefined, isLoopbackOnly: boolean): Authorized {
  if (token === undefined) {
    if (isLoopbackOnly) return { kind: "authorized" };
    return { kind: "refused", status: 403, why: "the admin port is open beyond this machine and has no token: start the xds-server with --admin-token-file" };
  }
  const [, given] = /^Bearer +(\S+)$/i.exec(header ?? "") ?? [];
  if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return { kind: "authorized" };
  return { kind: "refused", status: 401, why: given === undefined ? "a bearer token is needed: Authorization: Bearer TOKEN" : "the bearer token is another" };
}

/** Of the same length whatever is hashed, so that nothing is learned from how long the comparison takes. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Who may speak to the gateway at all: Host and Origin against DNS rebinding, and paths that mean what they say. */

import type { Permission } from "../../protos/gen/envoy/config/rbac/v3/Permission.js";
import type { Policy as RbacPolicy } from "../../protos/gen/envoy/config/rbac/v3/Policy.js";
import type { RBAC } from "../../protos/gen/envoy/extensions/filters/http/rbac/v3/RBAC.js";
import type { Cors, Gateway } from "../model/model.js";

/** Envoy puts the name of the policy that refused into the response code details; the local replies read it there. */
export const policyNames = { ambiguousPath: "ambiguous-path", foreignHost: "foreign-host", foreignOrigin: "foreign-origin", refusedTool: "refused-tool", unreadBody: "unread-body" } as const;

/**
 * A path is refused, not normalised, when some hop might read another server into it than its first segment:
 * `.` and `..` segments, also with a parameter (`..;x`, as Java servers have it), encoded dots and slashes, backslashes.
 * What follows `?` is free.
 */
const ambiguousPath = "(?i)[^?]*(/[.][.]?([/?;].*)?|(%2e|%2f|%5c|\\\\).*)";

/** The rules of the whole gateway; a server with `cors` lets its own origins in besides. */
export function toGuard(gateway: Gateway, cors?: Cors): RBAC {
  const anyHost = gateway.allowedHosts.includes("*");
  const anyOrigin = anyHost || cors?.allowOrigins.includes("*") === true;
  const host = hostPattern(gateway);
  const origins = [`https?://${host}`, ...(cors?.allowOrigins ?? []).map(escape)].join("|");
  const policies: Record<string, RbacPolicy> = {
    [policyNames.ambiguousPath]: forAnybody([headerMatches(":path", ambiguousPath)]),
    ...(anyHost ? {} : { [policyNames.foreignHost]: forAnybody([not(headerMatches(":authority", `(?i)${host}`))]) }),
    ...(anyOrigin ? {} : { [policyNames.foreignOrigin]: forAnybody([{ and_rules: { rules: [{ header: { name: "origin", present_match: true } }, not(headerMatches("origin", `(?i)(${origins})`))] } }]) }),
  };
  return { rules: { action: "DENY", policies } };
}

export function forAnybody(permissions: Permission[]): RbacPolicy {
  return { permissions, principals: [{ any: true }] };
}

export function not(permission: Permission): Permission {
  return { not_rule: permission };
}

function headerMatches(name: string, regex: string): Permission {
  return { header: { name, string_match: { safe_regex: { regex } } } };
}

/** Loopback names, the address that is listened on, and the configured names; any port. */
function hostPattern(gateway: Gateway): string {
  const listensOnAll = gateway.host === "0.0.0.0" || gateway.host === "::";
  const own = listensOnAll ? [] : [escape(gateway.host.includes(":") ? `[${gateway.host}]` : gateway.host)];
  const configured = gateway.allowedHosts.map((name) => (name.startsWith("*.") ? `([^.:/]+[.])+${escape(name.slice(2))}` : escape(name)));
  return `(${["localhost", "127(?:[.][0-9]{1,3}){3}", "\\[::1\\]", ...own, ...configured].join("|")})(:[0-9]+)?`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

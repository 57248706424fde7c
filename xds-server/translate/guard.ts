/** Who may speak to the gateway at all: Host and Origin against DNS rebinding, and paths that mean what they say. */

import type { Permission } from "../../protos/gen/envoy/config/rbac/v3/Permission.js";
import type { Policy as RbacPolicy } from "../../protos/gen/envoy/config/rbac/v3/Policy.js";
import type { RBAC } from "../../protos/gen/envoy/extensions/filters/http/rbac/v3/RBAC.js";
import type { StringMatcher } from "../../protos/gen/envoy/type/matcher/v3/StringMatcher.js";
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
  const origins = [...namesOf(gateway, ["http://", "https://"]), ...(cors?.allowOrigins ?? []).map((origin) => exactly(origin))];
  const policies: Record<string, RbacPolicy> = {
    [policyNames.ambiguousPath]: forAnybody([headerIs(":path", matches(ambiguousPath))]),
    ...(anyHost ? {} : { [policyNames.foreignHost]: forAnybody([not(headerIsOneOf(":authority", namesOf(gateway, [""])))]) }),
    ...(anyOrigin ? {} : { [policyNames.foreignOrigin]: forAnybody([{ and_rules: { rules: [{ header: { name: "origin", present_match: true } }, not(headerIsOneOf("origin", origins))] } }]) }),
  };
  return { rules: { action: "DENY", policies } };
}

export function forAnybody(permissions: Permission[]): RbacPolicy {
  return { permissions, principals: [{ any: true }] };
}

export function not(permission: Permission): Permission {
  return { not_rule: permission };
}

function headerIs(name: string, match: StringMatcher): Permission {
  return { header: { name, string_match: match } };
}

function headerIsOneOf(name: string, matches: readonly StringMatcher[]): Permission {
  const [first, ...others] = matches.map((match) => headerIs(name, match));
  return first !== undefined && others.length === 0 ? first : { or_rules: { rules: matches.map((match) => headerIs(name, match)) } };
}

/**
 * Loopback names, the address that is listened on, and the configured names; any port. Each configured name has matchers of
 * its own: in one pattern some of them would be too many for Envoy, which refuses a pattern of more than 100 steps.
 */
function namesOf(gateway: Gateway, prefixes: readonly string[]): readonly StringMatcher[] {
  const listensOnAll = gateway.host === "0.0.0.0" || gateway.host === "::";
  const own = listensOnAll ? [] : [escape(gateway.host.includes(":") ? `[${gateway.host}]` : gateway.host)];
  const scheme = prefixes.length > 1 ? "https?://" : "";
  const always = matches(`(?i)${scheme}(${["localhost", "127(?:[.][0-9]{1,3}){3}", "\\[::1\\]", ...own].join("|")})(:[0-9]+)?`);
  const configured = gateway.allowedHosts.flatMap((name) => {
    if (name.startsWith("*.")) return [matches(`(?i)${scheme}([^.:/]+[.])+${escape(name.slice(2))}(:[0-9]+)?`)];
    return prefixes.flatMap((prefix) => [exactly(prefix + name), { prefix: `${prefix}${name}:`, ignore_case: true }]);
  });
  return [always, ...configured];
}

function matches(regex: string): StringMatcher {
  return { safe_regex: { regex } };
}

function exactly(text: string): StringMatcher {
  return { exact: text, ignore_case: true };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

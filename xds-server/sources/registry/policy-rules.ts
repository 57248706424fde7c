/** What the fields that every entry has must agree on among themselves. */

import type { z } from "zod";
import type { Complaint } from "./complaints.js";
import type { Path } from "./registry-node.js";
import type { auth, PolicyFields } from "./schema-policy.js";

export function policyRules(entry: PolicyFields): readonly Complaint[] {
  const complaints: Complaint[] = [...authRules(entry.auth)];
  const { cors } = entry;
  if (typeof cors === "object" && "allow_origins" in cors && cors.allow_credentials === true && cors.allow_origins.includes("*")) {
    complaints.push({ path: ["cors", "allow_credentials"], says: 'contradicts allow_origins "*": any page could act for its visitor', hint: "name the origins" });
  }
  const denied = new Set(entry.tools?.deny);
  entry.tools?.allow?.forEach((tool, index) => {
    if (denied.has(tool)) complaints.push({ path: ["tools", "allow", index], severity: "warning", says: "is denied as well, and deny wins", hint: "keep one of the two" });
  });
  return complaints;
}

export function authRules(given: z.output<typeof auth> | undefined): readonly Complaint[] {
  if (given === undefined || given === "off") return [];
  const seen = new Set<string>();
  return given.api_keys.flatMap(({ key }, index): readonly Complaint[] => {
    const path: Path = ["auth", "api_keys", index, "key"];
    if (seen.has(key)) return [{ path, says: "is the key of another client too", hint: "give each client a key of its own" }];
    seen.add(key);
    return [];
  });
}

/** Which values of an entry's maps are not in its text but come from variables and files. */

import { memberOf, type MapNode } from "./registry-node.js";

/** As `field name`. `$${` is a plain `${`. */
export function filledValues(entry: MapNode, fields: readonly string[]): ReadonlySet<string> {
  return new Set(fields.flatMap((field) => {
    const node = memberOf(entry, field)?.node;
    if (node?.kind !== "map") return [];
    return node.members.filter((member) => member.node.kind === "scalar" && typeof member.node.value === "string" && member.node.value.replaceAll("$${", "").includes("${")).map(({ key }) => `${field} ${key}`);
  }));
}

/** Fills the {{placeholders}} of a template with the `config` of the entry that uses it. */

import { memberOf, scalarText, type Finding, type ListNode, type MapNode, type Member, type RegistryNode } from "./registry-node.js";

export interface Filled { readonly node: MapNode; readonly findings: readonly Finding[]; readonly usesInstances: boolean }

const placeholder = /\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}/g;
const onlyPlaceholder = /^\s*\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}\s*$/;

/**
 * Everything that comes out lies where the entry is: at the value of `config` that made it, else at `offset`, so that
 * a problem is shown where somebody can do something about it.
 */
export function fillTemplate(template: MapNode, entry: MapNode, offset: number): Filled {
  const config = memberOf(entry, "config")?.node;
  const values = new Map<string, Member>((config?.kind === "map" ? config.members : []).map((member) => [member.key, member]));
  const instances = memberOf(entry, "instances");
  if (instances !== undefined && !values.has("instances")) values.set("instances", instances);
  const findings: Finding[] = [];
  const used = new Set<string>();
  const missing = new Set<string>();

  const valueOf = (name: string): Member | undefined => {
    const value = values.get(name);
    used.add(name);
    if (value === undefined) missing.add(name);
    return value;
  };
  const fillText = (text: string): RegistryNode => {
    const whole = onlyPlaceholder.exec(text)?.[1];
    // A placeholder alone keeps its value's type: a number stays one, a list fits where a list is asked for.
    if (whole !== undefined) return valueOf(whole)?.node ?? { kind: "unreadable", offset, what: "", hint: "" };
    let place = offset;
    const filled = text.replace(placeholder, (written, name: string) => {
      const value = valueOf(name);
      if (value === undefined) return written;
      place = value.node.offset;
      if (value.node.kind === "scalar" && value.node.value !== null) return scalarText(value.node.value);
      findings.push({ severity: "error", offset: value.node.offset, what: `config.${name} must be a single value: it stands inside a text`, hint: `in the template, "{{${name}}}" alone may be a map or a list` });
      return "";
    });
    return { kind: "scalar", value: filled, offset: place };
  };
  const fill = (node: RegistryNode): RegistryNode => {
    switch (node.kind) {
      case "scalar": return typeof node.value === "string" && node.value.includes("{{") ? fillText(node.value) : { ...node, offset };
      case "list": return { kind: "list", items: node.items.map(fill), offset } satisfies ListNode;
      case "map": return { kind: "map", members: node.members.map((member) => ({ key: member.key, keyOffset: offset, node: fill(member.node) })), offset } satisfies MapNode;
      case "unreadable": return { ...node, offset };
    }
  };

  const members = template.members.map((member) => ({ key: member.key, keyOffset: offset, node: fill(member.node) }));
  for (const name of missing) {
    findings.push({ severity: "error", offset, what: `config.${name} is missing: the template has the placeholder {{${name}}}`, hint: `add ${name} below config` });
  }
  for (const [name, member] of values) {
    if (used.has(name) || member === instances) continue;
    findings.push({ severity: "error", offset: member.keyOffset, what: `config.${name} is not used: the template has no placeholder {{${name}}}`, hint: used.size === 0 ? "the template has no placeholders" : `it has ${[...used].map((known) => `{{${known}}}`).join(", ")}` });
  }
  return { node: { kind: "map", members, offset }, findings, usesInstances: used.has("instances") };
}

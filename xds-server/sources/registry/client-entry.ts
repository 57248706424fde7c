/** An entry as MCP clients have it in their configuration → the same entry with the registry's own field names. */

import { memberOf, type Finding, type MapNode, type Member, type RegistryNode } from "./registry-node.js";

/** Names that clients give to fields that we have too. */
const renamed: Readonly<Record<string, string>> = { cwd: "working_dir", serverUrl: "url", httpUrl: "url" };

/** What is about the client itself: asking its user, showing the server, how long it waits. */
const clientsOwn = new Set(["alwaysAllow", "autoApprove", "dev", "disabledTools", "enabledTools", "envFile", "gallery", "headersHelper", "icon", "iconUrl", "name", "oauth", "sandbox", "sandboxEnabled", "timeout", "trust", "version"]);

const hints: Readonly<Record<string, string>> = {
  envFile: "write its variables into env",
  headersHelper: "write the headers that it makes into headers",
  oauth: "the gateway signs nobody in: put a token into headers",
  auth: "the gateway signs nobody in: put a token into headers",
};

const typeNames: Readonly<Record<string, string>> = { streamableHttp: "streamable-http", streamable_http: "streamable-http", local: "stdio" };

/** What editors fill in by themselves and is the same here. */
const predefined: Readonly<Record<string, string>> = { "${userHome}": "${HOME}", "${pathSeparator}": "/", "${/}": "/" };

export function fromClientEntry(entry: MapNode): { readonly node: MapNode; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const members = entry.members.flatMap((member): readonly Member[] => {
    const { key, keyOffset, node } = member;
    if (key === "disabled" && node.kind === "scalar") {
      const enabled = typeof node.value === "boolean" ? !node.value : node.value;
      return [{ ...member, key: "enabled", node: { ...node, value: enabled } }];
    }
    if (key === "type" && node.kind === "scalar" && typeof node.value === "string" && Object.hasOwn(typeNames, node.value)) {
      return [{ ...member, node: { ...node, value: typeNames[node.value] ?? node.value } }];
    }
    // Copilot's list of the tools that may be used.
    if (key === "tools" && node.kind === "list") return namesAll(node.items) ? [] : [{ ...member, node: { kind: "map", offset: node.offset, members: [{ key: "allow", keyOffset, node }] } }];
    if (clientsOwn.has(key) || isOAuth(member)) {
      findings.push({ severity: "warning", offset: keyOffset, what: `"${key}" is for the client and means nothing at the gateway`, hint: hints[key] ?? "it is left out" });
      return [];
    }
    return [{ ...member, key: Object.hasOwn(renamed, key) ? renamed[key] ?? key : key, node: withPredefined(node) }];
  });
  return { node: { ...entry, members }, findings };
}

/** Cursor's `auth` is how it signs in; ours is whom we let in. */
function isOAuth({ key, node }: Member): boolean {
  return key === "auth" && node.kind === "map" && memberOf(node, "CLIENT_ID") !== undefined;
}

function namesAll(items: readonly RegistryNode[]): boolean {
  return items.some((item) => item.kind === "scalar" && item.value === "*");
}

function withPredefined(node: RegistryNode): RegistryNode {
  switch (node.kind) {
    case "map": return { ...node, members: node.members.map((member) => ({ ...member, node: withPredefined(member.node) })) };
    case "list": return { ...node, items: node.items.map(withPredefined) };
    case "scalar": return typeof node.value === "string" && node.value.includes("${") ? { ...node, value: node.value.replace(/\$\{(?:userHome|pathSeparator|\/)\}/g, (name) => predefined[name] ?? name) } : node;
    case "unreadable": return node;
  }
}

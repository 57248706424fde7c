/** An entry as MCP clients have it in their configuration → the same entry with the registry's own field names. */

import type { Finding, MapNode, Member } from "./registry-node.js";

/** Names that clients give to fields that we have too. */
const renamed: Readonly<Record<string, string>> = { cwd: "working_dir", serverUrl: "url", httpUrl: "url" };

/** What is about the client itself: asking its user, showing the server, how long it waits. */
const clientsOwn = new Set(["alwaysAllow", "autoApprove", "dev", "disabledTools", "enabledTools", "envFile", "gallery", "icon", "iconUrl", "name", "oauth", "sandbox", "sandboxEnabled", "timeout", "trust", "version"]);

const typeNames: Readonly<Record<string, string>> = { streamableHttp: "streamable-http", "streamable_http": "streamable-http" };

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
    if (clientsOwn.has(key)) {
      findings.push({ severity: "warning", offset: keyOffset, what: `"${key}" is for the client and means nothing at the gateway`, hint: key === "envFile" ? "write its variables into env" : "it is left out" });
      return [];
    }
    return [{ ...member, key: Object.hasOwn(renamed, key) ? renamed[key] ?? key : key }];
  });
  return { node: { ...entry, members }, findings };
}

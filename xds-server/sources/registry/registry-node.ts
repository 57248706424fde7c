/** What a registry file says, with the place of every key and value: the same for YAML and JSON. */

export type RegistryNode = ScalarNode | MapNode | ListNode | UnreadableNode;

/** Offsets count characters from the beginning of the piece of text that was read. */
export interface ScalarNode { readonly kind: "scalar"; readonly value: Scalar; readonly offset: number }
export interface MapNode { readonly kind: "map"; readonly members: readonly Member[]; readonly offset: number }
export interface ListNode { readonly kind: "list"; readonly items: readonly RegistryNode[]; readonly offset: number }
/** Well-formed, but nothing that a registry can mean. An empty `what` was complained of already. */
export interface UnreadableNode { readonly kind: "unreadable"; readonly offset: number; readonly what: string; readonly hint: string }

export interface Member { readonly key: string; readonly keyOffset: number; readonly node: RegistryNode }

/**
 * A number or boolean whose text is not its canonical form (`1.10`, `0755`, `True`, digits beyond 2^53) is kept as
 * that text, so that an argument or a variable reaches its process as it was written.
 */
export type Scalar = string | number | boolean | null;

/** What was found while reading one piece; the file and line are known to whoever has the whole file. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly offset: number;
  readonly what: string;
  readonly hint: string;
}

export type Path = readonly (string | number)[];

/** `instances[1].weight`, `headers["X Y"]`: how people write a path. */
export function pathText(path: Path): string {
  return path.map((step, index) => {
    if (typeof step === "number") return `[${step}]`;
    if (!/^[\w$-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
    return index === 0 ? step : `.${step}`;
  }).join("");
}

export function memberOf(node: RegistryNode, key: string): Member | undefined {
  return node.kind === "map" ? node.members.find((member) => member.key === key) : undefined;
}

export function nodeAt(root: RegistryNode, path: Path): RegistryNode | undefined {
  return path.reduce<RegistryNode | undefined>((node, step) => {
    if (node?.kind === "list" && typeof step === "number") return node.items[step];
    return node === undefined ? undefined : memberOf(node, String(step))?.node;
  }, root);
}

export function scalarText(value: Scalar): string {
  return value === null ? "null" : String(value);
}

/** The value as it would be in the other form, when its text is not what the language would write for it. */
export function scalarAsWritten(value: unknown, source: string): Scalar {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value) === source ? value : source;
  return source;
}

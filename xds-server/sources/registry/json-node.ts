/** JSON text, comments and trailing commas allowed → nodes with positions, by the `jsonc-parser` package. */

import { parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import { scalarAsWritten, type Finding, type RegistryNode } from "./registry-node.js";

export interface JsonText { readonly node?: RegistryNode; readonly faults: readonly Finding[] }

export function readJson(text: string): JsonText {
  const errors: ParseError[] = [];
  const tree = parse(text, errors);
  if (tree === "too deep") return { faults: [{ severity: "error", offset: 0, what: "not valid JSON: nested too deeply", hint: "a registry needs a few levels: look for a bracket that is never closed" }] };
  // At the end of the text, every bracket that is open is missed once more.
  const faults = errors.filter((error, index) => error.offset < text.trimEnd().length || index === 0).map((error): Finding => ({
    severity: "error", offset: error.offset, what: `not valid JSON: ${words(printParseErrorCode(error.error))}`, hint: "comments and trailing commas are allowed; keys and texts need double quotes",
  }));
  if (faults.length > 0 || tree === undefined) return { faults };
  return { node: toNode(tree, text), faults };
}

function parse(text: string, errors: ParseError[]): Node | undefined | "too deep" {
  try {
    return parseTree(text, errors, { allowTrailingComma: true });
  } catch (error) {
    // The parser recurses: text made of brackets alone exhausts its stack.
    if (error instanceof RangeError) return "too deep";
    throw error;
  }
}

function toNode(tree: Node, text: string): RegistryNode {
  const { offset } = tree;
  switch (tree.type) {
    case "object":
      return {
        kind: "map",
        offset,
        members: (tree.children ?? []).flatMap(({ children }) => {
          const [key, value] = children ?? [];
          return key === undefined || value === undefined ? [] : [{ key: String(key.value), keyOffset: key.offset, node: toNode(value, text) }];
        }),
      };
    case "array":
      return { kind: "list", offset, items: (tree.children ?? []).map((item) => toNode(item, text)) };
    default:
      return { kind: "scalar", offset, value: scalarAsWritten(tree.value, text.slice(offset, offset + tree.length)) };
  }
}

function words(code: string): string {
  return code.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

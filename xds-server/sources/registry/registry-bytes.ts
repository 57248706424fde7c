/** The bytes of a registry file → text, or why they are none. */

import { isUtf8 } from "node:buffer";
import type { Finding } from "./registry-node.js";

export const maxFileBytes = 16 * 1024 * 1024;

export type Decoded = { readonly text: string } | { readonly text: string; readonly fault: Finding };

/** With a fault, the text is only good for finding the line. */
export function decode(bytes: Buffer): Decoded {
  if (bytes.length > maxFileBytes) return fault("", 0, `the file is larger than ${maxFileBytes / 1024 / 1024} MiB`, "make several files of it: a folder of them is a registry too");
  const zero = bytes.indexOf(0);
  if (zero >= 0) return fault(bytes.toString("latin1"), zero, "this is a binary file: it holds a NUL byte", "a registry is YAML or JSON text");
  if (!isUtf8(bytes)) {
    const text = bytes.toString();
    return fault(text, Math.max(0, text.indexOf("\uFFFD")), "the text is not UTF-8", "save it as UTF-8");
  }
  // A byte order mark is no content.
  const text = bytes.toString();
  return { text: text.startsWith("\uFEFF") ? text.slice(1) : text };
}

function fault(text: string, offset: number, what: string, hint: string): Decoded {
  return { text, fault: { severity: "error", offset, what, hint } };
}

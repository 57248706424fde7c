/** The text of a header that says what a body says: as it is, or wrapped in base64 where it holds other than ASCII. */

/** Absent: it is wrapped, and cannot be read. */
export function readHeaderText(header: string): string | undefined {
  const value = header.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
  if (!value.startsWith(WRAP_START) || !value.endsWith(WRAP_END) || value.length < WRAP_START.length + WRAP_END.length) return value;
  const wrapped = value.slice(WRAP_START.length, -WRAP_END.length);
  const bytes = Buffer.from(wrapped, "base64");
  // Node passes over what is no base64, and puts a sign in the place of what is no UTF-8.
  if (bytes.toString("base64") !== wrapped) return undefined;
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

const WRAP_START = "=?base64?", WRAP_END = "?=";

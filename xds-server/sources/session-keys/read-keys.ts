/** The text of a session key file → keys. What is wrong is said by line, never with the line itself. */

export interface ReadKeys {
  readonly keys: readonly Uint8Array[];
  readonly complaints: readonly { readonly line: number; readonly what: string }[];
}

/** One key a line, in hex or base64; `#` begins a comment. */
export function readKeys(text: string): ReadKeys {
  const keys: Uint8Array[] = [];
  const complaints: { line: number; what: string }[] = [];
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const written = whole.replace(/#.*/, "").trim();
    if (written === "") continue;
    const key = decode(written);
    if (key === undefined) complaints.push({ line: index + 1, what: "is neither hex nor base64" });
    else if (key.length < minBytes) complaints.push({ line: index + 1, what: `is a key of ${key.length} bytes: ${minBytes} or more are needed` });
    else keys.push(key);
  }
  return { keys, complaints };
}

const minBytes = 32;

function decode(written: string): Uint8Array | undefined {
  if (/^(?:[0-9a-fA-F]{2})+$/.test(written)) return Buffer.from(written, "hex");
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(written) ? Buffer.from(written, "base64") : undefined;
}

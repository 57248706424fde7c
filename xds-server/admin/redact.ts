/** Takes the secrets out of what the running Envoy says of its own configuration. */

const redacted = "[redacted]";

/** Members whose header values, keys or inline data are secret, wherever they are. */
const secretMembers: ReadonlySet<string> = new Set(["request_headers_to_add", "request_mutations", "initial_metadata", "credentials", "private_key", "password", "secret"]);
/** What is secret inside them; a header's name and a file's path are not. */
const secretValues: ReadonlySet<string> = new Set(["value", "raw_value", "key_value", "inline_string", "inline_bytes"]);

/**
 * Envoy itself hides only what its API marks as sensitive; the keys of clients and the headers that we add are not.
 * What is not of the types above has no place for secrets in what we serve.
 */
export function redactConfig(json: unknown): unknown {
  return redact(json, undefined);
}

/** `inside`: the secret member that the value is in. */
function redact(value: unknown, inside: string | undefined): unknown {
  if (Array.isArray(value)) return value.map((element) => redact(element, inside));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]: [string, unknown]) => {
    const isSecret = inside !== undefined && (secretValues.has(name) || (inside === "credentials" && name === "key"));
    if (isSecret && typeof member === "string") return [name, redacted];
    return [name, redact(member, secretMembers.has(name) ? name : inside)];
  }));
}

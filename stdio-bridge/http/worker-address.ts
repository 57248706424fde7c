/** Where the messages of an HTTP+SSE session go: a session id with its worker's address around it, as Envoy's session envelope has it. */

/**
 * Clients of HTTP+SSE send no session header, so the gateway takes this from the query and puts it there,
 * and finds the worker by it as it does for all other sessions. Only characters that need no escape in a query.
 */
export function toSessionAddress(sessionId: string, worker: { readonly address: string; readonly port: number }): string {
  // An IPv4 client of a socket that listens for both is shown as ::ffff:1.2.3.4.
  const address = worker.address.replace(/^::ffff:(?=\d+\.)/, "");
  const host = address.includes(":") ? `[${address}]` : address;
  return `${toBase64(`${host}:${worker.port}`)};UV:${toBase64(sessionId)}`;
}

/** The session's id; absent where it is none of ours. */
export function readSessionAddress(text: string): string | undefined {
  const [, encoded] = /;UV:([A-Za-z0-9+/]+=*)$/.exec(unescaped(text)) ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("latin1");
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Some clients escape more than they must. */
function unescaped(text: string): string {
  return text.replaceAll(/%3B/gi, ";").replaceAll(/%3A/gi, ":").replaceAll(/%3D/gi, "=");
}

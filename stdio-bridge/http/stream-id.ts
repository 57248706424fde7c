/** The ids of event streams. That of an answer's stream says to which request: who comes back for it can be told that it was lost with its worker. */

/** `random`: in hex, not to be guessed. `requestId`: its bytes in JSON; absent where the stream is no answer, or to several requests. */
export function toStreamId(random: string, requestId: Buffer | undefined): string {
  return requestId === undefined || requestId.length > maxRequestIdBytes ? random : `${random}.${requestId.toString("base64url")}`;
}

/** The id of the request whose answer the stream of the event was to bring, wherever that stream was. Never throws. */
export function requestOfEvent(eventId: string): Buffer | undefined {
  const [, encoded] = /^[0-9a-f]+\.([A-Za-z0-9_-]+)_\d+$/.exec(eventId) ?? [];
  if (encoded === undefined) return undefined;
  const id = Buffer.from(encoded, "base64url");
  return id.length <= maxRequestIdBytes && isId(id.toString("utf8")) ? id : undefined;
}

const maxRequestIdBytes = 128;

/** It comes from a client, and goes into a message. */
function isId(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return (typeof value === "string" || typeof value === "number") && text.trim() === text;
  } catch {
    return false; // No JSON, so none of ours.
  }
}

/** The `requestState` that a client of 2026-07-28 brings back: sealed with where the answer is awaited, so that whichever worker gets it knows. */

import { createCipheriv, createDecipheriv } from "node:crypto";

/** 32 bytes, and the number by which a state says with which key it was sealed. */
export interface StateKey {
  readonly id: number;
  readonly key: Uint8Array;
}

export interface RequestState {
  /** Where the worker is reached, as `host:port`. */
  readonly address: string;
  /** Of the worker's life: it may have begun anew at the same address. */
  readonly life: string;
  readonly awaits: Awaits;
}

/** Who awaits what the client was asked for. */
export type Awaits =
  /** A process of 2026-07-28, known by its number in the worker. `state`: what it gave out itself, as it stands in JSON. */
  | { readonly kind: "process"; readonly serial: number; readonly state: Buffer }
  /** A call that was kept open. */
  | { readonly kind: "call"; readonly callId: string };

/** What begins so was sealed by a bridge, or pretends to be. */
const PREFIX = "mcp-mesh.";

/** As it stands in JSON: a string of letters, digits, "-", "_" and ".". `nonce`: 12 random bytes. */
export function sealState({ address, life, awaits }: RequestState, { id, key }: StateKey, serverName: string, nonce: Buffer): Buffer {
  const head = Buffer.alloc(KEY_ID_BYTES);
  head.writeUInt32BE(id);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(toAad(serverName));
  const where = Buffer.from(JSON.stringify(awaits.kind === "process" ? { address, life, serial: awaits.serial } : { address, life, callId: awaits.callId }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(where.length);
  const plain = Buffer.concat([length, where, ...(awaits.kind === "process" ? [awaits.state] : [])]);
  return Buffer.from(`"${PREFIX}${Buffer.concat([head, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64url")}"`);
}

export type OpenedState =
  /** None of a bridge: the process' own, or nobody's. */
  | { readonly kind: "foreign" }
  /** It pretends, or the keys have changed since. */
  | { readonly kind: "broken" }
  | { readonly kind: "opened"; readonly state: RequestState };

/** Never throws. */
export function openState(text: string, keys: readonly StateKey[], serverName: string): OpenedState {
  if (!text.startsWith(PREFIX)) return { kind: "foreign" };
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, "base64url");
  if (bytes.length < KEY_ID_BYTES + NONCE_BYTES + LENGTH_BYTES + TAG_BYTES || bytes.toString("base64url") !== encoded) return { kind: "broken" };
  const keyId = bytes.readUInt32BE();
  for (const { id, key } of keys) {
    const plain = id === keyId ? decrypt(bytes, key, serverName) : undefined;
    if (plain !== undefined) return { kind: "opened", state: readPlain(plain) };
  }
  return { kind: "broken" };
}

const KEY_ID_BYTES = 4, NONCE_BYTES = 12, TAG_BYTES = 16, LENGTH_BYTES = 2;

function decrypt(bytes: Buffer, key: Uint8Array, serverName: string): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES));
  decipher.setAAD(toAad(serverName));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(KEY_ID_BYTES + NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined; // Not sealed by this key for this server, which is all that can be wrong.
  }
}

/** It was sealed by us, so it is as `sealState` makes it. */
function readPlain(plain: Buffer): RequestState {
  const end = LENGTH_BYTES + plain.readUInt16BE();
  const { address, life, serial, callId = "" } = JSON.parse(plain.toString("utf8", LENGTH_BYTES, end)) as { address: string; life: string; serial?: number; callId?: string };
  return { address, life, awaits: serial === undefined ? { kind: "call", callId } : { kind: "process", serial, state: plain.subarray(end) } };
}

/** The same keys seal other things too: one is not to be taken for the other. */
function toAad(serverName: string): Buffer {
  return Buffer.from(`request state of ${serverName}`);
}

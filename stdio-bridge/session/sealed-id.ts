/** A session id that says all that is needed to begin the session again, sealed so that only bridges of this server can read or make one. */

import { createCipheriv, createDecipheriv } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** From the xds-server, for one MCP server. */
export interface SessionKey {
  /** Stands in the id, so that it is known which key opens it. */
  readonly id: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface SealedSession {
  /** 16 random bytes: no two sessions have the same. */
  readonly uid: Buffer;
  readonly issuedAtMs: number;
  /** The protocol revision that client and process have agreed on; empty while they have not. */
  readonly revision: string;
  /** The bytes of the client's `initialize` params. Absent where they are too long to be carried with every request. */
  readonly params: Buffer | undefined;
}

/** Makes a session id of visible ASCII. `nonce`: 12 random bytes. `hasParams`: they were there, and were not too long. */
export function sealId(session: SealedSession, key: SessionKey, serverName: string, nonce: Buffer): { readonly id: string; readonly hasParams: boolean } {
  const without = (): { id: string; hasParams: boolean } => ({ id: seal({ ...session, params: undefined }, key, serverName, nonce), hasParams: false });
  if (session.params === undefined || session.params.length > maxParamsBytes) return without();
  const id = seal(session, key, serverName, nonce);
  return id.length <= maxIdChars ? { id, hasParams: true } : without();
}

/** What an id holds; absent where it is none of this server's, whatever it is. Never throws. */
export function openId(id: string, keys: readonly SessionKey[], serverName: string): SealedSession | undefined {
  if (id.length > maxIdChars) return undefined;
  const bytes = Buffer.from(id, "base64url");
  // Node passes over what is no base64url, and the last character may hold bits of nothing: one session has one id.
  if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes.toString("base64url") !== id || bytes[0] !== FORMAT) return undefined;
  const keyId = bytes.readUInt32BE(1);
  for (const key of keys) {
    if (key.id !== keyId) continue;
    const plain = decrypt(bytes, key, serverName);
    if (plain !== undefined) return readPlain(plain);
  }
  return undefined;
}

const FORMAT = 1, NONCE_BYTES = 12, TAG_BYTES = 16, UID_BYTES = 16;
const NONCE_AT = 5, HEAD_BYTES = NONCE_AT + NONCE_BYTES;
const ISSUED_AT = UID_BYTES, REVISION_LENGTH_AT = ISSUED_AT + 6, REVISION_AT = REVISION_LENGTH_AT + 1;
const forms = { none: 0, plain: 1, deflated: 2 } as const;
/** Envoy puts the worker's address around it, by base64 once more, and Node's servers take 16 KiB of headers. */
const maxIdChars = 6 * 1024;
/** Nothing longer comes to fit by being deflated, but for what is nothing but repetition. */
const maxParamsBytes = 64 * 1024;

function seal(session: SealedSession, { id, key }: SessionKey, serverName: string, nonce: Buffer): string {
  const head = Buffer.alloc(NONCE_AT);
  head[0] = FORMAT;
  head.writeUInt32BE(id, 1);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(serverName));
  return Buffer.concat([head, nonce, cipher.update(toPlain(session)), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

function decrypt(bytes: Buffer, { key }: SessionKey, serverName: string): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(NONCE_AT, HEAD_BYTES));
  decipher.setAAD(Buffer.from(serverName));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined; // Not sealed by this key for this server, which is all that can be wrong.
  }
}

function toPlain({ uid, issuedAtMs, revision, params }: SealedSession): Buffer {
  const head = Buffer.alloc(REVISION_AT);
  uid.copy(head);
  head.writeUIntBE(issuedAtMs, ISSUED_AT, 6);
  const revisionBytes = Buffer.from(revision.slice(0, 64), "latin1");
  head[REVISION_LENGTH_AT] = revisionBytes.length;
  if (params === undefined) return Buffer.concat([head, revisionBytes, Buffer.of(forms.none)]);
  const deflated = deflateRawSync(params);
  const isShorter = deflated.length < params.length;
  return Buffer.concat([head, revisionBytes, Buffer.of(isShorter ? forms.deflated : forms.plain), isShorter ? deflated : params]);
}

/** It was sealed by us, so it is as `toPlain` makes it. */
function readPlain(plain: Buffer): SealedSession {
  const formAt = REVISION_AT + (plain[REVISION_LENGTH_AT] ?? 0);
  const rest = plain.subarray(formAt + 1);
  const form = plain[formAt];
  return {
    uid: plain.subarray(0, UID_BYTES),
    issuedAtMs: plain.readUIntBE(ISSUED_AT, 6),
    revision: plain.toString("latin1", REVISION_AT, formAt),
    params: form === forms.plain ? rest : form === forms.deflated ? inflateRawSync(rest, { maxOutputLength: maxParamsBytes }) : undefined,
  };
}

/** A master key → the key by which the bridges seal the session ids of one server. */

import { createHash, hkdfSync } from "node:crypto";
import type { SessionKey } from "../../protos/gen/mcp_mesh/v1/SessionKey.js";

/** By HKDF (RFC 5869): who holds the key of one server learns nothing of the others. The id says nothing of the key either. */
export function toSessionKey(serverId: string, masterKey: Uint8Array): SessionKey {
  const key = Buffer.from(hkdfSync("sha256", masterKey, "", `mcp-mesh session ${serverId}`, keyBytes));
  return { id: createHash("sha256").update("mcp-mesh session key id").update(key).digest().readUInt32BE(), key };
}

const keyBytes = 32;

/** One resource as the bytes that are sent, checked on the way, with a hash of them as its version. */

import * as crypto from "node:crypto";
import { encodeMessage } from "../../protos/encode.js";
import type { EncodedResource, Reference, TypeUrl } from "./snapshot.js";

/** Throws an EncodeError when the resource does not fit its .proto file. */
export function encodeResource(typeUrl: TypeUrl, name: string, resource: object, references: readonly Reference[] = []): EncodedResource {
  // The encoder's bytes lie in a slab beside those of its drafts, and would keep them alive: these stay, so they get their own.
  const any = Uint8Array.from(encodeMessage("google.protobuf.Any", { "@type": typeUrl, ...resource }));
  return { name, version: digest(any), any, ...(references.length === 0 ? {} : { references }) };
}

/** 96 bits: no two contents of one resource will ever share them, and 40,000 of them make a short reconnect request. */
export function digest(content: Uint8Array | string): string {
  return crypto.hash("sha256", content, "base64url").slice(0, 16);
}

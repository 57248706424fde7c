/** What goes over a stream, as plain data: requests of both protocols, and the replies to them. */

import type { EncodedResource, TypeUrl } from "../snapshot/snapshot.js";

export type Protocol = "delta" | "sotw";

/** May at once subscribe, unsubscribe and answer a response. */
export interface DeltaRequest {
  readonly kind: "delta";
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What the client holds from a stream before this one. Counts in the first request for a type only. */
  readonly initialVersions: Readonly<Record<string, string>>;
  /** Empty: not an answer. */
  readonly nonce: string;
  /** Present: the response with this nonce was refused (NACK), and why. */
  readonly refusal?: string;
}

/** Always names all that is wanted. */
export interface SotwRequest {
  readonly kind: "sotw";
  readonly typeUrl: string;
  readonly names: readonly string[];
  /** The version last accepted, also on a stream before this one. */
  readonly version: string;
  readonly nonce: string;
  readonly refusal?: string;
}

export interface Reply {
  readonly typeUrl: TypeUrl;
  /** State of the world: the version of the whole. Delta: empty, each resource has its own. */
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly EncodedResource[];
  /** Delta only: gone, or never there. */
  readonly removed: readonly string[];
}

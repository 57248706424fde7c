/** `server/discover`: the question with which a process of 2026-07-28 is told from an older one, and what its answer means. */

import { rawOf, type ResponseEnvelope } from "./envelope.js";
import { memberOf } from "./member.js";

/** The revision without sessions. */
export const modernVersion = "2026-07-28";

export const metaKeys = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
} as const;

/** What a process says of itself. */
export interface Discovered {
  /** The bytes of the result object, as the process wrote them. */
  readonly result: Buffer;
  /** As the process lists them: modern ones, and perhaps others too. */
  readonly supportedVersions: readonly string[];
}

/** `id`: as it stands in JSON. */
export function toDiscover(id: string): Buffer {
  const meta = {
    [metaKeys.protocolVersion]: modernVersion,
    [metaKeys.clientInfo]: { name: "mcp-mesh-stdio-bridge", version: "1" },
    [metaKeys.clientCapabilities]: {},
  };
  return Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"server/discover","params":{"_meta":${JSON.stringify(meta)}}}`);
}

/** Absent: whoever answers so does not speak 2026-07-28. Copied, so that it may be kept. */
export function readDiscovered(message: Buffer, envelope: ResponseEnvelope): Discovered | undefined {
  if (envelope.outcome === "error") return undefined;
  const result = memberOf(message, ["result"]);
  const versions = memberOf(message, ["result", "supportedVersions"]);
  if (result === undefined || versions === undefined) return undefined;
  const listed: unknown = JSON.parse(rawOf(message, versions).toString("utf8"));
  if (!Array.isArray(listed) || !listed.includes(modernVersion)) return undefined;
  return { result: Buffer.from(rawOf(message, result)), supportedVersions: listed.filter((version): version is string => typeof version === "string") };
}

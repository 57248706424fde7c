/** One delta response of the xds-server → what to apply, and what to say to it. */

import type { DeltaDiscoveryResponse__Output } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js";
import type { StdioServer__Output } from "../../protos/gen/mcp_mesh/v1/StdioServer.js";
import { decodeMessage } from "../../protos/load.js";
import { readStdioServer, type StdioServer } from "./stdio-server.js";

export const stdioServerTypeUrl = "type.googleapis.com/mcp_mesh.v1.StdioServer";

export interface ReadResponse {
  readonly changed: readonly StdioServer[];
  readonly removed: readonly string[];
  /** One sentence for each resource that was refused; absent: an ACK. */
  readonly refused: string | undefined;
}

/** One bad resource does not keep the others from being applied: the NACK names it, and what it replaces stays in force. */
export function readResponse(response: DeltaDiscoveryResponse__Output): ReadResponse {
  const changed: StdioServer[] = [];
  const refused: string[] = [];
  for (const resource of response.resources) {
    const name = resource.name ?? "";
    const typeUrl = resource.resource?.type_url;
    if (typeUrl !== stdioServerTypeUrl) {
      refused.push(`resource "${name}" is of type "${typeUrl ?? ""}", not ${stdioServerTypeUrl}`);
      continue;
    }
    const message = decode(resource.resource?.value ?? new Uint8Array());
    const checked = message === undefined ? ({ kind: "bad", what: "its bytes are no StdioServer" } as const) : readStdioServer(name, resource.version ?? "", message);
    if (checked.kind === "good") changed.push(checked.server);
    else refused.push(`stdio server "${name}": ${checked.what}`);
  }
  return { changed, removed: response.removed_resources, refused: refused.length === 0 ? undefined : refused.join("\n") };
}

function decode(bytes: Uint8Array | Buffer | string): StdioServer__Output | undefined {
  if (typeof bytes === "string") return undefined;
  try {
    return decodeMessage<StdioServer__Output>("mcp_mesh.v1.StdioServer", bytes);
  } catch {
    return undefined; // Whatever is wrong with the bytes, the resource is refused for it.
  }
}

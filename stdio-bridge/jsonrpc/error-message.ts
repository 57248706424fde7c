/** JSON-RPC errors that the bridge itself gives, with the id's bytes as they came. */

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Codes that the bridge uses. -32020…-32099 belong to the MCP specification: only those that it defines are used from there. */
export const errorCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  /** The bridge or the process cannot do it now. */
  unavailable: -32000,
  /** As the SDKs' own transports number it. */
  sessionNotFound: -32001,
  /** The headers of a request say other than its body. */
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
} as const;

/** An error as an answer; without an id where the request's could not be read. */
export function toErrorMessage(id: Buffer | undefined, error: RpcError): Buffer {
  const head = Buffer.from(`{"jsonrpc":"2.0","error":${JSON.stringify(error)},"id":`);
  return Buffer.concat([head, id ?? NULL, CLOSE]);
}

const NULL = Buffer.from("null"), CLOSE = Buffer.from("}");

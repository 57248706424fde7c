// Original file: protos/mcp_mesh/v1/stdio_server.proto


export interface SessionKey {
  'id'?: (number);
  'key'?: (Buffer | Uint8Array | string);
}

export interface SessionKey__Output {
  'id'?: (number);
  'key'?: (Buffer);
}

// Original file: protos/mcp_mesh/v1/stdio_server.proto


export interface Shared {
  'concurrency'?: (number);
  'max_requests'?: (number);
}

export interface Shared__Output {
  'concurrency'?: (number);
  'max_requests'?: (number);
}

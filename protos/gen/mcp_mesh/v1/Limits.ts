// Original file: protos/mcp_mesh/v1/stdio_server.proto

import type { Long } from '@grpc/proto-loader';

export interface Limits {
  'memory_bytes'?: (number | string | Long);
  'milli_cpus'?: (number);
}

export interface Limits__Output {
  'memory_bytes'?: (number);
  'milli_cpus'?: (number);
}

// Original file: protos/mcp_mesh/v1/stdio_server.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';

export interface Pool {
  'min'?: (number);
  'max'?: (number);
  'idle_timeout'?: (_google_protobuf_Duration | null);
  'queue_max'?: (number);
  'queue_timeout'?: (_google_protobuf_Duration | null);
}

export interface Pool__Output {
  'min'?: (number);
  'max'?: (number);
  'idle_timeout'?: (_google_protobuf_Duration__Output);
  'queue_max'?: (number);
  'queue_timeout'?: (_google_protobuf_Duration__Output);
}

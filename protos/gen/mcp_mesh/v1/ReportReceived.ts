// Original file: protos/mcp_mesh/v1/report.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';

export interface ReportReceived {
  'lease'?: (_google_protobuf_Duration | null);
}

export interface ReportReceived__Output {
  'lease'?: (_google_protobuf_Duration__Output);
}

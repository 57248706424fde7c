// Original file: protos/mcp_mesh/v1/stdio_server.proto

import type { SessionKey as _mcp_mesh_v1_SessionKey, SessionKey__Output as _mcp_mesh_v1_SessionKey__Output } from '../../mcp_mesh/v1/SessionKey.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.js';

export interface Sessions {
  'keys'?: (_mcp_mesh_v1_SessionKey)[];
  'end_on_loss'?: (boolean);
  'max_age'?: (_google_protobuf_Duration | null);
}

export interface Sessions__Output {
  'keys': (_mcp_mesh_v1_SessionKey__Output)[];
  'end_on_loss'?: (boolean);
  'max_age'?: (_google_protobuf_Duration__Output);
}

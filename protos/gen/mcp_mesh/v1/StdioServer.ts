// Original file: protos/mcp_mesh/v1/stdio_server.proto

import type { Pool as _mcp_mesh_v1_Pool, Pool__Output as _mcp_mesh_v1_Pool__Output } from '../../mcp_mesh/v1/Pool.js';
import type { Shared as _mcp_mesh_v1_Shared, Shared__Output as _mcp_mesh_v1_Shared__Output } from '../../mcp_mesh/v1/Shared.js';
import type { Limits as _mcp_mesh_v1_Limits, Limits__Output as _mcp_mesh_v1_Limits__Output } from '../../mcp_mesh/v1/Limits.js';
import type { Sessions as _mcp_mesh_v1_Sessions, Sessions__Output as _mcp_mesh_v1_Sessions__Output } from '../../mcp_mesh/v1/Sessions.js';
import type { Long } from '@grpc/proto-loader';

export interface StdioServer {
  'name'?: (string);
  'command'?: (string)[];
  'working_dir'?: (string);
  'env'?: ({[key: string]: string});
  'pool'?: (_mcp_mesh_v1_Pool | null);
  'max_message_bytes'?: (number | string | Long);
  'shared'?: (_mcp_mesh_v1_Shared | null);
  'limits'?: (_mcp_mesh_v1_Limits | null);
  'user'?: (string);
  'sessions'?: (_mcp_mesh_v1_Sessions | null);
}

export interface StdioServer__Output {
  'name'?: (string);
  'command': (string)[];
  'working_dir'?: (string);
  'env'?: ({[key: string]: string});
  'pool'?: (_mcp_mesh_v1_Pool__Output);
  'max_message_bytes'?: (number);
  'shared'?: (_mcp_mesh_v1_Shared__Output);
  'limits'?: (_mcp_mesh_v1_Limits__Output);
  'user'?: (string);
  'sessions'?: (_mcp_mesh_v1_Sessions__Output);
}

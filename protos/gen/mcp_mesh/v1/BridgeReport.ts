// Original file: protos/mcp_mesh/v1/report.proto

import type { StdioServerReport as _mcp_mesh_v1_StdioServerReport, StdioServerReport__Output as _mcp_mesh_v1_StdioServerReport__Output } from '../../mcp_mesh/v1/StdioServerReport.js';

export interface BridgeReport {
  'worker'?: (string);
  'host'?: (string);
  'port'?: (number);
  'draining'?: (boolean);
  'servers'?: (_mcp_mesh_v1_StdioServerReport)[];
  'admin_port'?: (number);
}

export interface BridgeReport__Output {
  'worker'?: (string);
  'host'?: (string);
  'port'?: (number);
  'draining'?: (boolean);
  'servers': (_mcp_mesh_v1_StdioServerReport__Output)[];
  'admin_port'?: (number);
}

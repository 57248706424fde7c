// Original file: protos/mcp_mesh/v1/report.proto


// Original file: protos/mcp_mesh/v1/report.proto

export const _mcp_mesh_v1_StdioServerReport_State = {
  STATE_UNSPECIFIED: 'STATE_UNSPECIFIED',
  STARTING: 'STARTING',
  READY: 'READY',
  UNHEALTHY: 'UNHEALTHY',
} as const;

export type _mcp_mesh_v1_StdioServerReport_State =
  | 'STATE_UNSPECIFIED'
  | 0
  | 'STARTING'
  | 1
  | 'READY'
  | 2
  | 'UNHEALTHY'
  | 3

export type _mcp_mesh_v1_StdioServerReport_State__Output = typeof _mcp_mesh_v1_StdioServerReport_State[keyof typeof _mcp_mesh_v1_StdioServerReport_State]

export interface StdioServerReport {
  'name'?: (string);
  'version'?: (string);
  'state'?: (_mcp_mesh_v1_StdioServerReport_State);
  'reason'?: (string);
  'last_stderr_lines'?: (string)[];
  'processes'?: (number);
  'sessions'?: (number);
  'open_requests'?: (number);
  'queue_length'?: (number);
  'warnings'?: (string)[];
}

export interface StdioServerReport__Output {
  'name'?: (string);
  'version'?: (string);
  'state'?: (_mcp_mesh_v1_StdioServerReport_State__Output);
  'reason'?: (string);
  'last_stderr_lines': (string)[];
  'processes'?: (number);
  'sessions'?: (number);
  'open_requests'?: (number);
  'queue_length'?: (number);
  'warnings': (string)[];
}

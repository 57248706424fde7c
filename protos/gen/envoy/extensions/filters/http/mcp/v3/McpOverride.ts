// Original file: protos/envoy/extensions/filters/http/mcp/v3/mcp.proto

import type { _envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode, _envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode__Output } from '../../../../../../envoy/extensions/filters/http/mcp/v3/Mcp.js';
import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../../../../google/protobuf/UInt32Value.js';
import type { ParserConfig as _envoy_extensions_filters_http_mcp_v3_ParserConfig, ParserConfig__Output as _envoy_extensions_filters_http_mcp_v3_ParserConfig__Output } from '../../../../../../envoy/extensions/filters/http/mcp/v3/ParserConfig.js';
import type { _envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode, _envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode__Output } from '../../../../../../envoy/extensions/filters/http/mcp/v3/Mcp.js';

export interface McpOverride {
  'traffic_mode'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode);
  'max_request_body_size'?: (_google_protobuf_UInt32Value | null);
  'clear_route_cache'?: (boolean);
  'parser_config'?: (_envoy_extensions_filters_http_mcp_v3_ParserConfig | null);
  'request_storage_mode'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode);
  'reject_duplicate_keys'?: (boolean);
}

export interface McpOverride__Output {
  'traffic_mode'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode__Output);
  'max_request_body_size'?: (_google_protobuf_UInt32Value__Output);
  'clear_route_cache'?: (boolean);
  'parser_config'?: (_envoy_extensions_filters_http_mcp_v3_ParserConfig__Output);
  'request_storage_mode'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode__Output);
  'reject_duplicate_keys'?: (boolean);
}

// Original file: protos/envoy/extensions/filters/http/mcp/v3/mcp.proto

import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../../../../google/protobuf/UInt32Value.js';
import type { ParserConfig as _envoy_extensions_filters_http_mcp_v3_ParserConfig, ParserConfig__Output as _envoy_extensions_filters_http_mcp_v3_ParserConfig__Output } from '../../../../../../envoy/extensions/filters/http/mcp/v3/ParserConfig.js';
import type { BoolValue as _google_protobuf_BoolValue, BoolValue__Output as _google_protobuf_BoolValue__Output } from '../../../../../../google/protobuf/BoolValue.js';
import type { StringValue as _google_protobuf_StringValue, StringValue__Output as _google_protobuf_StringValue__Output } from '../../../../../../google/protobuf/StringValue.js';

// Original file: protos/envoy/extensions/filters/http/mcp/v3/mcp.proto

export const _envoy_extensions_filters_http_mcp_v3_Mcp_AttributeSource = {
  BODY: 'BODY',
  VERIFY: 'VERIFY',
  HEADERS: 'HEADERS',
} as const;

export type _envoy_extensions_filters_http_mcp_v3_Mcp_AttributeSource =
  | 'BODY'
  | 0
  | 'VERIFY'
  | 1
  | 'HEADERS'
  | 2

export type _envoy_extensions_filters_http_mcp_v3_Mcp_AttributeSource__Output = typeof _envoy_extensions_filters_http_mcp_v3_Mcp_AttributeSource[keyof typeof _envoy_extensions_filters_http_mcp_v3_Mcp_AttributeSource]

export interface _envoy_extensions_filters_http_mcp_v3_Mcp_BaggagePropagationConfig {
}

export interface _envoy_extensions_filters_http_mcp_v3_Mcp_BaggagePropagationConfig__Output {
}

// Original file: protos/envoy/extensions/filters/http/mcp/v3/mcp.proto

export const _envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode = {
  MODE_UNSPECIFIED: 'MODE_UNSPECIFIED',
  DYNAMIC_METADATA: 'DYNAMIC_METADATA',
  FILTER_STATE: 'FILTER_STATE',
  DYNAMIC_METADATA_AND_FILTER_STATE: 'DYNAMIC_METADATA_AND_FILTER_STATE',
} as const;

export type _envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode =
  | 'MODE_UNSPECIFIED'
  | 0
  | 'DYNAMIC_METADATA'
  | 1
  | 'FILTER_STATE'
  | 2
  | 'DYNAMIC_METADATA_AND_FILTER_STATE'
  | 3

export type _envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode__Output = typeof _envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode[keyof typeof _envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode]

export interface _envoy_extensions_filters_http_mcp_v3_Mcp_TraceContextPropagationConfig {
}

export interface _envoy_extensions_filters_http_mcp_v3_Mcp_TraceContextPropagationConfig__Output {
}

// Original file: protos/envoy/extensions/filters/http/mcp/v3/mcp.proto

export const _envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode = {
  PASS_THROUGH: 'PASS_THROUGH',
  REJECT_NO_MCP: 'REJECT_NO_MCP',
  NOOP: 'NOOP',
} as const;

export type _envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode =
  | 'PASS_THROUGH'
  | 0
  | 'REJECT_NO_MCP'
  | 1
  | 'NOOP'
  | 2

export type _envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode__Output = typeof _envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode[keyof typeof _envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode]

export interface Mcp {
  'traffic_mode'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode);
  'clear_route_cache'?: (boolean);
  'max_request_body_size'?: (_google_protobuf_UInt32Value | null);
  'parser_config'?: (_envoy_extensions_filters_http_mcp_v3_ParserConfig | null);
  'request_storage_mode'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode);
  'propagate_trace_context'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_TraceContextPropagationConfig | null);
  'propagate_baggage'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_BaggagePropagationConfig | null);
  'reject_duplicate_keys'?: (_google_protobuf_BoolValue | null);
  'attribute_source'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_AttributeSource);
  'early_terminate_when_routable'?: (boolean);
  'max_supported_protocol_version'?: (_google_protobuf_StringValue | null);
}

export interface Mcp__Output {
  'traffic_mode'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_TrafficMode__Output);
  'clear_route_cache'?: (boolean);
  'max_request_body_size'?: (_google_protobuf_UInt32Value__Output);
  'parser_config'?: (_envoy_extensions_filters_http_mcp_v3_ParserConfig__Output);
  'request_storage_mode'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_RequestStorageMode__Output);
  'propagate_trace_context'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_TraceContextPropagationConfig__Output);
  'propagate_baggage'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_BaggagePropagationConfig__Output);
  'reject_duplicate_keys'?: (_google_protobuf_BoolValue__Output);
  'attribute_source'?: (_envoy_extensions_filters_http_mcp_v3_Mcp_AttributeSource__Output);
  'early_terminate_when_routable'?: (boolean);
  'max_supported_protocol_version'?: (_google_protobuf_StringValue__Output);
}

// Original file: protos/envoy/extensions/access_loggers/stats/v3/stats.proto

import type { Scope as _envoy_type_v3_Scope, Scope__Output as _envoy_type_v3_Scope__Output } from '../../../../../envoy/type/v3/Scope.js';
import type { UInt64Value as _google_protobuf_UInt64Value, UInt64Value__Output as _google_protobuf_UInt64Value__Output } from '../../../../../google/protobuf/UInt64Value.js';

export interface _envoy_extensions_access_loggers_stats_v3_Config_Counter {
  'stat'?: (_envoy_extensions_access_loggers_stats_v3_Config_Stat | null);
  'value_format'?: (string);
  'value_fixed'?: (_google_protobuf_UInt64Value | null);
}

export interface _envoy_extensions_access_loggers_stats_v3_Config_Counter__Output {
  'stat'?: (_envoy_extensions_access_loggers_stats_v3_Config_Stat__Output);
  'value_format'?: (string);
  'value_fixed'?: (_google_protobuf_UInt64Value__Output);
}

export interface _envoy_extensions_access_loggers_stats_v3_Config_Histogram {
  'stat'?: (_envoy_extensions_access_loggers_stats_v3_Config_Stat | null);
  'unit'?: (_envoy_extensions_access_loggers_stats_v3_Config_Histogram_Unit);
  'value_format'?: (string);
}

export interface _envoy_extensions_access_loggers_stats_v3_Config_Histogram__Output {
  'stat'?: (_envoy_extensions_access_loggers_stats_v3_Config_Stat__Output);
  'unit'?: (_envoy_extensions_access_loggers_stats_v3_Config_Histogram_Unit__Output);
  'value_format'?: (string);
}

export interface _envoy_extensions_access_loggers_stats_v3_Config_Stat {
  'name'?: (string);
  'tags'?: (_envoy_extensions_access_loggers_stats_v3_Config_Tag)[];
}

export interface _envoy_extensions_access_loggers_stats_v3_Config_Stat__Output {
  'name'?: (string);
  'tags': (_envoy_extensions_access_loggers_stats_v3_Config_Tag__Output)[];
}

export interface _envoy_extensions_access_loggers_stats_v3_Config_Tag {
  'name'?: (string);
  'value_format'?: (string);
}

export interface _envoy_extensions_access_loggers_stats_v3_Config_Tag__Output {
  'name'?: (string);
  'value_format'?: (string);
}

// Original file: protos/envoy/extensions/access_loggers/stats/v3/stats.proto

export const _envoy_extensions_access_loggers_stats_v3_Config_Histogram_Unit = {
  Unspecified: 'Unspecified',
  Bytes: 'Bytes',
  Microseconds: 'Microseconds',
  Milliseconds: 'Milliseconds',
  Percent: 'Percent',
} as const;

export type _envoy_extensions_access_loggers_stats_v3_Config_Histogram_Unit =
  | 'Unspecified'
  | 0
  | 'Bytes'
  | 1
  | 'Microseconds'
  | 2
  | 'Milliseconds'
  | 3
  | 'Percent'
  | 4

export type _envoy_extensions_access_loggers_stats_v3_Config_Histogram_Unit__Output = typeof _envoy_extensions_access_loggers_stats_v3_Config_Histogram_Unit[keyof typeof _envoy_extensions_access_loggers_stats_v3_Config_Histogram_Unit]

export interface Config {
  'stat_prefix'?: (string);
  'histograms'?: (_envoy_extensions_access_loggers_stats_v3_Config_Histogram)[];
  'counters'?: (_envoy_extensions_access_loggers_stats_v3_Config_Counter)[];
  'stats_scope'?: (_envoy_type_v3_Scope | null);
}

export interface Config__Output {
  'stat_prefix'?: (string);
  'histograms': (_envoy_extensions_access_loggers_stats_v3_Config_Histogram__Output)[];
  'counters': (_envoy_extensions_access_loggers_stats_v3_Config_Counter__Output)[];
  'stats_scope'?: (_envoy_type_v3_Scope__Output);
}

// Original file: protos/envoy/type/v3/scope.proto

import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../google/protobuf/UInt32Value.js';

export interface Scope {
  'max_counters'?: (_google_protobuf_UInt32Value | null);
  'max_gauges'?: (_google_protobuf_UInt32Value | null);
  'max_histograms'?: (_google_protobuf_UInt32Value | null);
  'enable_eviction'?: (boolean);
  'prefix'?: (string);
  'sharing_name'?: (string);
}

export interface Scope__Output {
  'max_counters'?: (_google_protobuf_UInt32Value__Output);
  'max_gauges'?: (_google_protobuf_UInt32Value__Output);
  'max_histograms'?: (_google_protobuf_UInt32Value__Output);
  'enable_eviction'?: (boolean);
  'prefix'?: (string);
  'sharing_name'?: (string);
}

// Original file: protos/envoy/extensions/filters/http/router/v3/router.proto

import type { BoolValue as _google_protobuf_BoolValue, BoolValue__Output as _google_protobuf_BoolValue__Output } from '../../../../../../google/protobuf/BoolValue.js';

export interface Router {
  'dynamic_stats'?: (_google_protobuf_BoolValue | null);
  'suppress_envoy_headers'?: (boolean);
}

export interface Router__Output {
  'dynamic_stats'?: (_google_protobuf_BoolValue__Output);
  'suppress_envoy_headers'?: (boolean);
}

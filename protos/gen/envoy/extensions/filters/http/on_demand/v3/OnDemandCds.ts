// Original file: protos/envoy/extensions/filters/http/on_demand/v3/on_demand.proto

import type { ConfigSource as _envoy_config_core_v3_ConfigSource, ConfigSource__Output as _envoy_config_core_v3_ConfigSource__Output } from '../../../../../../envoy/config/core/v3/ConfigSource.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../../../google/protobuf/Duration.js';

export interface OnDemandCds {
  'source'?: (_envoy_config_core_v3_ConfigSource | null);
  'resources_locator'?: (string);
  'timeout'?: (_google_protobuf_Duration | null);
}

export interface OnDemandCds__Output {
  'source'?: (_envoy_config_core_v3_ConfigSource__Output);
  'resources_locator'?: (string);
  'timeout'?: (_google_protobuf_Duration__Output);
}

// Original file: protos/envoy/extensions/filters/http/set_filter_state/v3/set_filter_state.proto

import type { FilterStateValue as _envoy_extensions_filters_common_set_filter_state_v3_FilterStateValue, FilterStateValue__Output as _envoy_extensions_filters_common_set_filter_state_v3_FilterStateValue__Output } from '../../../../../../envoy/extensions/filters/common/set_filter_state/v3/FilterStateValue.js';

export interface Config {
  'on_request_headers'?: (_envoy_extensions_filters_common_set_filter_state_v3_FilterStateValue)[];
  'clear_route_cache'?: (boolean);
}

export interface Config__Output {
  'on_request_headers': (_envoy_extensions_filters_common_set_filter_state_v3_FilterStateValue__Output)[];
  'clear_route_cache'?: (boolean);
}

// Original file: protos/envoy/extensions/filters/http/on_demand/v3/on_demand.proto

import type { OnDemandCds as _envoy_extensions_filters_http_on_demand_v3_OnDemandCds, OnDemandCds__Output as _envoy_extensions_filters_http_on_demand_v3_OnDemandCds__Output } from '../../../../../../envoy/extensions/filters/http/on_demand/v3/OnDemandCds.js';

export interface PerRouteConfig {
  'odcds'?: (_envoy_extensions_filters_http_on_demand_v3_OnDemandCds | null);
}

export interface PerRouteConfig__Output {
  'odcds'?: (_envoy_extensions_filters_http_on_demand_v3_OnDemandCds__Output);
}

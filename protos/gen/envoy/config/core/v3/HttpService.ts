// Original file: protos/envoy/config/core/v3/http_service.proto

import type { HttpUri as _envoy_config_core_v3_HttpUri, HttpUri__Output as _envoy_config_core_v3_HttpUri__Output } from '../../../../envoy/config/core/v3/HttpUri.js';
import type { HeaderValueOption as _envoy_config_core_v3_HeaderValueOption, HeaderValueOption__Output as _envoy_config_core_v3_HeaderValueOption__Output } from '../../../../envoy/config/core/v3/HeaderValueOption.js';
import type { TypedExtensionConfig as _envoy_config_core_v3_TypedExtensionConfig, TypedExtensionConfig__Output as _envoy_config_core_v3_TypedExtensionConfig__Output } from '../../../../envoy/config/core/v3/TypedExtensionConfig.js';

export interface HttpService {
  'http_uri'?: (_envoy_config_core_v3_HttpUri | null);
  'request_headers_to_add'?: (_envoy_config_core_v3_HeaderValueOption)[];
  'formatters'?: (_envoy_config_core_v3_TypedExtensionConfig)[];
}

export interface HttpService__Output {
  'http_uri'?: (_envoy_config_core_v3_HttpUri__Output);
  'request_headers_to_add': (_envoy_config_core_v3_HeaderValueOption__Output)[];
  'formatters': (_envoy_config_core_v3_TypedExtensionConfig__Output)[];
}

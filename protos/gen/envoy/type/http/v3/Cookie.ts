// Original file: protos/envoy/type/http/v3/cookie.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../google/protobuf/Duration.js';
import type { CookieAttribute as _envoy_type_http_v3_CookieAttribute, CookieAttribute__Output as _envoy_type_http_v3_CookieAttribute__Output } from '../../../../envoy/type/http/v3/CookieAttribute.js';

export interface Cookie {
  'name'?: (string);
  'ttl'?: (_google_protobuf_Duration | null);
  'path'?: (string);
  'attributes'?: (_envoy_type_http_v3_CookieAttribute)[];
}

export interface Cookie__Output {
  'name'?: (string);
  'ttl'?: (_google_protobuf_Duration__Output);
  'path'?: (string);
  'attributes': (_envoy_type_http_v3_CookieAttribute__Output)[];
}

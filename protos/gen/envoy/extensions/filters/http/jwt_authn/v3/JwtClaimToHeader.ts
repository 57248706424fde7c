// Original file: protos/envoy/extensions/filters/http/jwt_authn/v3/config.proto


export interface _envoy_extensions_filters_http_jwt_authn_v3_JwtClaimToHeader_PathSegment {
  'key'?: (string);
}

export interface _envoy_extensions_filters_http_jwt_authn_v3_JwtClaimToHeader_PathSegment__Output {
  'key'?: (string);
}

export interface JwtClaimToHeader {
  'header_name'?: (string);
  'claim_name'?: (string);
  'claim_path'?: (_envoy_extensions_filters_http_jwt_authn_v3_JwtClaimToHeader_PathSegment)[];
}

export interface JwtClaimToHeader__Output {
  'header_name'?: (string);
  'claim_name'?: (string);
  'claim_path': (_envoy_extensions_filters_http_jwt_authn_v3_JwtClaimToHeader_PathSegment__Output)[];
}

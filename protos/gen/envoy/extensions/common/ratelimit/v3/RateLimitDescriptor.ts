// Original file: protos/envoy/extensions/common/ratelimit/v3/ratelimit.proto


export interface _envoy_extensions_common_ratelimit_v3_RateLimitDescriptor_Entry {
  'key'?: (string);
  'value'?: (string);
}

export interface _envoy_extensions_common_ratelimit_v3_RateLimitDescriptor_Entry__Output {
  'key'?: (string);
  'value'?: (string);
}

export interface RateLimitDescriptor {
}

export interface RateLimitDescriptor__Output {
}

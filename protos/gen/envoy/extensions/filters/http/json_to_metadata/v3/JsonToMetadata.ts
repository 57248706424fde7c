// Original file: protos/envoy/extensions/filters/http/json_to_metadata/v3/json_to_metadata.proto

import type { Value as _google_protobuf_Value, Value__Output as _google_protobuf_Value__Output } from '../../../../../../google/protobuf/Value.js';
import type { RegexMatcher as _envoy_type_matcher_v3_RegexMatcher, RegexMatcher__Output as _envoy_type_matcher_v3_RegexMatcher__Output } from '../../../../../../envoy/type/matcher/v3/RegexMatcher.js';

export interface _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_KeyValuePair {
  'metadata_namespace'?: (string);
  'key'?: (string);
  'value'?: (_google_protobuf_Value | null);
  'type'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_ValueType);
  'preserve_existing_metadata_value'?: (boolean);
  'value_type'?: "value";
}

export interface _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_KeyValuePair__Output {
  'metadata_namespace'?: (string);
  'key'?: (string);
  'value'?: (_google_protobuf_Value__Output);
  'type'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_ValueType__Output);
  'preserve_existing_metadata_value'?: (boolean);
  'value_type'?: "value";
}

export interface _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_MatchRules {
  'rules'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_Rule)[];
  'allow_content_types'?: (string)[];
  'allow_empty_content_type'?: (boolean);
  'allow_content_types_regex'?: (_envoy_type_matcher_v3_RegexMatcher | null);
}

export interface _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_MatchRules__Output {
  'rules': (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_Rule__Output)[];
  'allow_content_types': (string)[];
  'allow_empty_content_type'?: (boolean);
  'allow_content_types_regex'?: (_envoy_type_matcher_v3_RegexMatcher__Output);
}

export interface _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_Rule {
  'selectors'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_Selector)[];
  'on_present'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_KeyValuePair | null);
  'on_missing'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_KeyValuePair | null);
  'on_error'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_KeyValuePair | null);
}

export interface _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_Rule__Output {
  'selectors': (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_Selector__Output)[];
  'on_present'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_KeyValuePair__Output);
  'on_missing'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_KeyValuePair__Output);
  'on_error'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_KeyValuePair__Output);
}

export interface _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_Selector {
  'key'?: (string);
  'selector'?: "key";
}

export interface _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_Selector__Output {
  'key'?: (string);
  'selector'?: "key";
}

// Original file: protos/envoy/extensions/filters/http/json_to_metadata/v3/json_to_metadata.proto

export const _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_ValueType = {
  PROTOBUF_VALUE: 'PROTOBUF_VALUE',
  STRING: 'STRING',
  NUMBER: 'NUMBER',
} as const;

export type _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_ValueType =
  | 'PROTOBUF_VALUE'
  | 0
  | 'STRING'
  | 1
  | 'NUMBER'
  | 2

export type _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_ValueType__Output = typeof _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_ValueType[keyof typeof _envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_ValueType]

export interface JsonToMetadata {
  'request_rules'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_MatchRules | null);
  'response_rules'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_MatchRules | null);
}

export interface JsonToMetadata__Output {
  'request_rules'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_MatchRules__Output);
  'response_rules'?: (_envoy_extensions_filters_http_json_to_metadata_v3_JsonToMetadata_MatchRules__Output);
}

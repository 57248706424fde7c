// Original file: protos/envoy/config/common/mutation_rules/v3/mutation_rules.proto

import type { HeaderValueOption as _envoy_config_core_v3_HeaderValueOption, HeaderValueOption__Output as _envoy_config_core_v3_HeaderValueOption__Output } from '../../../../../envoy/config/core/v3/HeaderValueOption.js';
import type { StringMatcher as _envoy_type_matcher_v3_StringMatcher, StringMatcher__Output as _envoy_type_matcher_v3_StringMatcher__Output } from '../../../../../envoy/type/matcher/v3/StringMatcher.js';

export interface _envoy_config_common_mutation_rules_v3_HeaderMutation_RemoveOnMatch {
  'key_matcher'?: (_envoy_type_matcher_v3_StringMatcher | null);
}

export interface _envoy_config_common_mutation_rules_v3_HeaderMutation_RemoveOnMatch__Output {
  'key_matcher'?: (_envoy_type_matcher_v3_StringMatcher__Output);
}

export interface HeaderMutation {
  'remove'?: (string);
  'append'?: (_envoy_config_core_v3_HeaderValueOption | null);
  'remove_on_match'?: (_envoy_config_common_mutation_rules_v3_HeaderMutation_RemoveOnMatch | null);
  'action'?: "remove"|"append"|"remove_on_match";
}

export interface HeaderMutation__Output {
  'remove'?: (string);
  'append'?: (_envoy_config_core_v3_HeaderValueOption__Output);
  'remove_on_match'?: (_envoy_config_common_mutation_rules_v3_HeaderMutation_RemoveOnMatch__Output);
  'action'?: "remove"|"append"|"remove_on_match";
}

// Original file: protos/envoy/extensions/filters/http/header_mutation/v3/header_mutation.proto

import type { HeaderMutation as _envoy_config_common_mutation_rules_v3_HeaderMutation, HeaderMutation__Output as _envoy_config_common_mutation_rules_v3_HeaderMutation__Output } from '../../../../../../envoy/config/common/mutation_rules/v3/HeaderMutation.js';
import type { KeyValueMutation as _envoy_config_core_v3_KeyValueMutation, KeyValueMutation__Output as _envoy_config_core_v3_KeyValueMutation__Output } from '../../../../../../envoy/config/core/v3/KeyValueMutation.js';

export interface Mutations {
  'request_mutations'?: (_envoy_config_common_mutation_rules_v3_HeaderMutation)[];
  'response_mutations'?: (_envoy_config_common_mutation_rules_v3_HeaderMutation)[];
  'query_parameter_mutations'?: (_envoy_config_core_v3_KeyValueMutation)[];
}

export interface Mutations__Output {
  'request_mutations': (_envoy_config_common_mutation_rules_v3_HeaderMutation__Output)[];
  'response_mutations': (_envoy_config_common_mutation_rules_v3_HeaderMutation__Output)[];
  'query_parameter_mutations': (_envoy_config_core_v3_KeyValueMutation__Output)[];
}

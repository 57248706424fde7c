// Original file: protos/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.proto

import type { HeaderMutation as _envoy_config_common_mutation_rules_v3_HeaderMutation, HeaderMutation__Output as _envoy_config_common_mutation_rules_v3_HeaderMutation__Output } from '../../../../../../envoy/config/common/mutation_rules/v3/HeaderMutation.js';

export interface HeaderMutation {
  'mutations'?: (_envoy_config_common_mutation_rules_v3_HeaderMutation)[];
}

export interface HeaderMutation__Output {
  'mutations': (_envoy_config_common_mutation_rules_v3_HeaderMutation__Output)[];
}

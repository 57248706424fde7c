// Original file: protos/envoy/config/rbac/v3/rbac.proto

import type { MetadataMatcher as _envoy_type_matcher_v3_MetadataMatcher, MetadataMatcher__Output as _envoy_type_matcher_v3_MetadataMatcher__Output } from '../../../../envoy/type/matcher/v3/MetadataMatcher.js';
import type { MetadataSource as _envoy_config_rbac_v3_MetadataSource, MetadataSource__Output as _envoy_config_rbac_v3_MetadataSource__Output } from '../../../../envoy/config/rbac/v3/MetadataSource.js';

export interface SourcedMetadata {
  'metadata_matcher'?: (_envoy_type_matcher_v3_MetadataMatcher | null);
  'metadata_source'?: (_envoy_config_rbac_v3_MetadataSource);
}

export interface SourcedMetadata__Output {
  'metadata_matcher'?: (_envoy_type_matcher_v3_MetadataMatcher__Output);
  'metadata_source'?: (_envoy_config_rbac_v3_MetadataSource__Output);
}

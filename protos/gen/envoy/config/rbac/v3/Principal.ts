// Original file: protos/envoy/config/rbac/v3/rbac.proto

import type { HeaderMatcher as _envoy_config_route_v3_HeaderMatcher, HeaderMatcher__Output as _envoy_config_route_v3_HeaderMatcher__Output } from '../../../../envoy/config/route/v3/HeaderMatcher.js';
import type { Principal as _envoy_config_rbac_v3_Principal, Principal__Output as _envoy_config_rbac_v3_Principal__Output } from '../../../../envoy/config/rbac/v3/Principal.js';
import type { PathMatcher as _envoy_type_matcher_v3_PathMatcher, PathMatcher__Output as _envoy_type_matcher_v3_PathMatcher__Output } from '../../../../envoy/type/matcher/v3/PathMatcher.js';
import type { CidrRange as _envoy_config_core_v3_CidrRange, CidrRange__Output as _envoy_config_core_v3_CidrRange__Output } from '../../../../envoy/config/core/v3/CidrRange.js';
import type { SourcedMetadata as _envoy_config_rbac_v3_SourcedMetadata, SourcedMetadata__Output as _envoy_config_rbac_v3_SourcedMetadata__Output } from '../../../../envoy/config/rbac/v3/SourcedMetadata.js';
import type { StringMatcher as _envoy_type_matcher_v3_StringMatcher, StringMatcher__Output as _envoy_type_matcher_v3_StringMatcher__Output } from '../../../../envoy/type/matcher/v3/StringMatcher.js';

export interface _envoy_config_rbac_v3_Principal_Authenticated {
  'principal_name'?: (_envoy_type_matcher_v3_StringMatcher | null);
}

export interface _envoy_config_rbac_v3_Principal_Authenticated__Output {
  'principal_name'?: (_envoy_type_matcher_v3_StringMatcher__Output);
}

export interface _envoy_config_rbac_v3_Principal_Set {
  'ids'?: (_envoy_config_rbac_v3_Principal)[];
}

export interface _envoy_config_rbac_v3_Principal_Set__Output {
  'ids': (_envoy_config_rbac_v3_Principal__Output)[];
}

export interface Principal {
  'and_ids'?: (_envoy_config_rbac_v3_Principal_Set | null);
  'or_ids'?: (_envoy_config_rbac_v3_Principal_Set | null);
  'any'?: (boolean);
  'authenticated'?: (_envoy_config_rbac_v3_Principal_Authenticated | null);
  'header'?: (_envoy_config_route_v3_HeaderMatcher | null);
  'not_id'?: (_envoy_config_rbac_v3_Principal | null);
  'url_path'?: (_envoy_type_matcher_v3_PathMatcher | null);
  'direct_remote_ip'?: (_envoy_config_core_v3_CidrRange | null);
  'remote_ip'?: (_envoy_config_core_v3_CidrRange | null);
  'sourced_metadata'?: (_envoy_config_rbac_v3_SourcedMetadata | null);
  'identifier'?: "and_ids"|"or_ids"|"any"|"authenticated"|"direct_remote_ip"|"remote_ip"|"header"|"url_path"|"not_id"|"sourced_metadata";
}

export interface Principal__Output {
  'and_ids'?: (_envoy_config_rbac_v3_Principal_Set__Output);
  'or_ids'?: (_envoy_config_rbac_v3_Principal_Set__Output);
  'any'?: (boolean);
  'authenticated'?: (_envoy_config_rbac_v3_Principal_Authenticated__Output);
  'header'?: (_envoy_config_route_v3_HeaderMatcher__Output);
  'not_id'?: (_envoy_config_rbac_v3_Principal__Output);
  'url_path'?: (_envoy_type_matcher_v3_PathMatcher__Output);
  'direct_remote_ip'?: (_envoy_config_core_v3_CidrRange__Output);
  'remote_ip'?: (_envoy_config_core_v3_CidrRange__Output);
  'sourced_metadata'?: (_envoy_config_rbac_v3_SourcedMetadata__Output);
  'identifier'?: "and_ids"|"or_ids"|"any"|"authenticated"|"direct_remote_ip"|"remote_ip"|"header"|"url_path"|"not_id"|"sourced_metadata";
}

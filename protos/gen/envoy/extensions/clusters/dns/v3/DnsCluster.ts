// Original file: protos/envoy/extensions/clusters/dns/v3/dns_cluster.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../../google/protobuf/Duration.js';
import type { DnsLookupFamily as _envoy_extensions_clusters_common_dns_v3_DnsLookupFamily, DnsLookupFamily__Output as _envoy_extensions_clusters_common_dns_v3_DnsLookupFamily__Output } from '../../../../../envoy/extensions/clusters/common/dns/v3/DnsLookupFamily.js';

export interface _envoy_extensions_clusters_dns_v3_DnsCluster_RefreshRate {
  'base_interval'?: (_google_protobuf_Duration | null);
  'max_interval'?: (_google_protobuf_Duration | null);
}

export interface _envoy_extensions_clusters_dns_v3_DnsCluster_RefreshRate__Output {
  'base_interval'?: (_google_protobuf_Duration__Output);
  'max_interval'?: (_google_protobuf_Duration__Output);
}

export interface DnsCluster {
  'dns_refresh_rate'?: (_google_protobuf_Duration | null);
  'dns_failure_refresh_rate'?: (_envoy_extensions_clusters_dns_v3_DnsCluster_RefreshRate | null);
  'respect_dns_ttl'?: (boolean);
  'dns_jitter'?: (_google_protobuf_Duration | null);
  'dns_lookup_family'?: (_envoy_extensions_clusters_common_dns_v3_DnsLookupFamily);
  'all_addresses_in_single_endpoint'?: (boolean);
  'dns_min_refresh_rate'?: (_google_protobuf_Duration | null);
}

export interface DnsCluster__Output {
  'dns_refresh_rate'?: (_google_protobuf_Duration__Output);
  'dns_failure_refresh_rate'?: (_envoy_extensions_clusters_dns_v3_DnsCluster_RefreshRate__Output);
  'respect_dns_ttl'?: (boolean);
  'dns_jitter'?: (_google_protobuf_Duration__Output);
  'dns_lookup_family'?: (_envoy_extensions_clusters_common_dns_v3_DnsLookupFamily__Output);
  'all_addresses_in_single_endpoint'?: (boolean);
  'dns_min_refresh_rate'?: (_google_protobuf_Duration__Output);
}

// Original file: protos/envoy/extensions/clusters/common/dns/v3/dns.proto

export const DnsLookupFamily = {
  UNSPECIFIED: 'UNSPECIFIED',
  AUTO: 'AUTO',
  V4_ONLY: 'V4_ONLY',
  V6_ONLY: 'V6_ONLY',
  V4_PREFERRED: 'V4_PREFERRED',
  ALL: 'ALL',
} as const;

export type DnsLookupFamily =
  | 'UNSPECIFIED'
  | 0
  | 'AUTO'
  | 1
  | 'V4_ONLY'
  | 2
  | 'V6_ONLY'
  | 3
  | 'V4_PREFERRED'
  | 4
  | 'ALL'
  | 5

export type DnsLookupFamily__Output = typeof DnsLookupFamily[keyof typeof DnsLookupFamily]

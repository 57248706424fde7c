// Original file: protos/envoy/config/rbac/v3/rbac.proto

export const MetadataSource = {
  DYNAMIC: 'DYNAMIC',
  ROUTE: 'ROUTE',
} as const;

export type MetadataSource =
  | 'DYNAMIC'
  | 0
  | 'ROUTE'
  | 1

export type MetadataSource__Output = typeof MetadataSource[keyof typeof MetadataSource]

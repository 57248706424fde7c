// Original file: protos/envoy/extensions/filters/http/set_metadata/v3/set_metadata.proto

import type { Struct as _google_protobuf_Struct, Struct__Output as _google_protobuf_Struct__Output } from '../../../../../../google/protobuf/Struct.js';

export interface Metadata {
  'metadata_namespace'?: (string);
  'allow_overwrite'?: (boolean);
  'value'?: (_google_protobuf_Struct | null);
}

export interface Metadata__Output {
  'metadata_namespace'?: (string);
  'allow_overwrite'?: (boolean);
  'value'?: (_google_protobuf_Struct__Output);
}

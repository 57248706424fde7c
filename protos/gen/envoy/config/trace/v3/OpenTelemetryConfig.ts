// Original file: protos/envoy/config/trace/v3/opentelemetry.proto

import type { GrpcService as _envoy_config_core_v3_GrpcService, GrpcService__Output as _envoy_config_core_v3_GrpcService__Output } from '../../../../envoy/config/core/v3/GrpcService.js';
import type { HttpService as _envoy_config_core_v3_HttpService, HttpService__Output as _envoy_config_core_v3_HttpService__Output } from '../../../../envoy/config/core/v3/HttpService.js';
import type { TypedExtensionConfig as _envoy_config_core_v3_TypedExtensionConfig, TypedExtensionConfig__Output as _envoy_config_core_v3_TypedExtensionConfig__Output } from '../../../../envoy/config/core/v3/TypedExtensionConfig.js';
import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../../google/protobuf/UInt32Value.js';
import type { BoolValue as _google_protobuf_BoolValue, BoolValue__Output as _google_protobuf_BoolValue__Output } from '../../../../google/protobuf/BoolValue.js';

export interface OpenTelemetryConfig {
  'grpc_service'?: (_envoy_config_core_v3_GrpcService | null);
  'service_name'?: (string);
  'http_service'?: (_envoy_config_core_v3_HttpService | null);
  'resource_detectors'?: (_envoy_config_core_v3_TypedExtensionConfig)[];
  'sampler'?: (_envoy_config_core_v3_TypedExtensionConfig | null);
  'max_cache_size'?: (_google_protobuf_UInt32Value | null);
  'set_telemetry_sdk_resource_attributes'?: (_google_protobuf_BoolValue | null);
  'set_service_name_resource_attribute'?: (_google_protobuf_BoolValue | null);
  'set_instrumentation_scope'?: (_google_protobuf_BoolValue | null);
  'exporter'?: (_envoy_config_core_v3_TypedExtensionConfig | null);
}

export interface OpenTelemetryConfig__Output {
  'grpc_service'?: (_envoy_config_core_v3_GrpcService__Output);
  'service_name'?: (string);
  'http_service'?: (_envoy_config_core_v3_HttpService__Output);
  'resource_detectors': (_envoy_config_core_v3_TypedExtensionConfig__Output)[];
  'sampler'?: (_envoy_config_core_v3_TypedExtensionConfig__Output);
  'max_cache_size'?: (_google_protobuf_UInt32Value__Output);
  'set_telemetry_sdk_resource_attributes'?: (_google_protobuf_BoolValue__Output);
  'set_service_name_resource_attribute'?: (_google_protobuf_BoolValue__Output);
  'set_instrumentation_scope'?: (_google_protobuf_BoolValue__Output);
  'exporter'?: (_envoy_config_core_v3_TypedExtensionConfig__Output);
}

// Original file: protos/envoy/extensions/filters/http/mcp/v3/mcp.proto


export interface _envoy_extensions_filters_http_mcp_v3_ParserConfig_AttributeExtractionRule {
  'path'?: (string);
}

export interface _envoy_extensions_filters_http_mcp_v3_ParserConfig_AttributeExtractionRule__Output {
  'path'?: (string);
}

export interface _envoy_extensions_filters_http_mcp_v3_ParserConfig_MethodConfig {
  'method'?: (string);
  'group'?: (string);
  'extraction_rules'?: (_envoy_extensions_filters_http_mcp_v3_ParserConfig_AttributeExtractionRule)[];
}

export interface _envoy_extensions_filters_http_mcp_v3_ParserConfig_MethodConfig__Output {
  'method'?: (string);
  'group'?: (string);
  'extraction_rules': (_envoy_extensions_filters_http_mcp_v3_ParserConfig_AttributeExtractionRule__Output)[];
}

export interface ParserConfig {
  'methods'?: (_envoy_extensions_filters_http_mcp_v3_ParserConfig_MethodConfig)[];
  'group_metadata_key'?: (string);
}

export interface ParserConfig__Output {
  'methods': (_envoy_extensions_filters_http_mcp_v3_ParserConfig_MethodConfig__Output)[];
  'group_metadata_key'?: (string);
}

// Original file: protos/envoy/config/core/v3/substitution_format_string.proto


export interface JsonFormatOptions {
}

export interface JsonFormatOptions__Output {
}

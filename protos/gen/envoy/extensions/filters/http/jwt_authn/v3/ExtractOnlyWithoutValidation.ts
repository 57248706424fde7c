// Original file: protos/envoy/extensions/filters/http/jwt_authn/v3/config.proto


export interface ExtractOnlyWithoutValidation {
  'verification_status_header'?: (string);
}

export interface ExtractOnlyWithoutValidation__Output {
  'verification_status_header'?: (string);
}

// Original file: protos/envoy/extensions/http/stateful_session/envelope/v3/envelope.proto


export interface _envoy_extensions_http_stateful_session_envelope_v3_EnvelopeSessionState_Header {
  'name'?: (string);
}

export interface _envoy_extensions_http_stateful_session_envelope_v3_EnvelopeSessionState_Header__Output {
  'name'?: (string);
}

export interface EnvelopeSessionState {
  'header'?: (_envoy_extensions_http_stateful_session_envelope_v3_EnvelopeSessionState_Header | null);
}

export interface EnvelopeSessionState__Output {
  'header'?: (_envoy_extensions_http_stateful_session_envelope_v3_EnvelopeSessionState_Header__Output);
}

// Original file: protos/envoy/type/http/v3/cookie.proto


export interface CookieAttribute {
  'name'?: (string);
  'value'?: (string);
}

export interface CookieAttribute__Output {
  'name'?: (string);
  'value'?: (string);
}

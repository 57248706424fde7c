// Original file: protos/envoy/extensions/path/rewrite/uri_template/v3/uri_template_rewrite.proto


export interface UriTemplateRewriteConfig {
  'path_template_rewrite'?: (string);
}

export interface UriTemplateRewriteConfig__Output {
  'path_template_rewrite'?: (string);
}

/** What is read from a request's JSON body, for replies and the access log. */

import type { JsonToMetadata } from "../../protos/gen/envoy/extensions/filters/http/json_to_metadata/v3/JsonToMetadata.js";
import { bodyMetadata } from "./filter-names.js";

/**
 * Envoy's mcp filter would know all of it too, but costs three times as much and is marked as work in progress:
 * it only runs where tools are restricted.
 */
export const idFromBody: JsonToMetadata = toBodyRules({ id: ["id"] });

/** The log wants more than replies do. */
export const loggedFromBody: JsonToMetadata = toBodyRules({ id: ["id"], method: ["method"], tool: ["params", "name"] });

function toBodyRules(paths: Readonly<Record<string, readonly string[]>>): JsonToMetadata {
  return {
    request_rules: {
      rules: Object.entries(paths).map(([name, path]) => ({
        selectors: path.map((key) => ({ key })),
        on_present: { metadata_namespace: bodyMetadata, key: name },
      })),
      // Nearly all say exactly this, and a comparison costs less than an expression.
      allow_content_types: ["application/json"],
      allow_content_types_regex: { regex: "(?i)application/json *(;.*)?" },
    },
  };
}

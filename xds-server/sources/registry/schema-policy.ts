/** The fields that every entry may have, whatever it runs as, and that the gateway may set for all. */

import { z } from "zod";
import { boolean, duration, integer, isOff, off, scalar, text } from "./scalars.js";
import { listOf, mapOf, object } from "./schema-objects.js";

/** A token as HTTP knows it: what a header's name may consist of. */
export const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** What may stand in a header without changing what the next line means. */
export const headerValue = /^[\t\x20-\x7e\x80-\u{10ffff}]*$/u;

export const apiKeys = object({
  api_keys: listOf(object({
    client: text({ maxLength: 256 }).describe("Who has this key; shown in logs in its place."),
    key: text({ pattern: /^[\x21-\x7e]{1,4096}$/, says: "must be 1 to 4096 visible ASCII characters", hint: "write ${ENV} or ${file:/path}" }).describe("The key itself: better ${ENV} or ${file:/path} than the key in the registry."),
  }), 1).describe("One of these keys is asked for."),
  header: text({ pattern: headerName, says: "is no header name" }).optional().describe("The header that carries the key. Default: Authorization: Bearer KEY."),
});

export const auth = z.union([apiKeys, off()], { error: "must be off, or api_keys with a list of {client, key}" });

const origin = scalar({ type: "string", description: "* or https://host[:port]" }, (value) =>
  typeof value === "string" && /^(\*|[a-z][a-z0-9+.-]*:\/\/[^/\s?#*]+)$/i.test(value) ? { value: value.toLowerCase() } : { says: "is no origin", hint: "write * or https://host[:port], without a path", isOtherKind: typeof value === "object" });

export const cors = z.union([
  listOf(origin, 1),
  object({
    allow_origins: listOf(origin, 1).describe("Pages of these origins may use the server from a browser; * is any."),
    allow_credentials: boolean().optional().describe("Whether browsers may send cookies and Authorization. Default false."),
    max_age: duration().optional().describe("How long a browser may remember the answer. Default 10m."),
  }),
  off(),
], { error: "must be a list of origins, or {allow_origins, allow_credentials, max_age}" });

export const policyFields = {
  description: text({ allowEmpty: true }).optional().describe("For people: shown in status and lists."),
  labels: mapOf(text({ allowEmpty: true })).optional().describe("Names and values of your own, for grouping."),
  enabled: boolean().optional().describe("false takes the server out without removing its entry. Default true."),
  auth: auth.optional().describe("Who may use the server: api_keys, or off for everybody. Default: gateway.auth."),
  rate_limit: z.union([object({
    requests: integer(1, 1_000_000_000).describe("How many requests `per` allows."),
    per: duration(50).describe("The time in which they are allowed: 1s, 1m, 1h."),
    burst: integer(1, 1_000_000_000).optional().describe("How many may come at once. Default: `requests`."),
  }), off()], { error: "must be {requests, per, burst}" }).optional().describe("A limit for the server as a whole, in each Envoy; more is answered with 429."),
  tools: object({
    allow: listOf(text({ maxLength: 1024 })).optional().describe("Only these tools may be called. Default: all."),
    deny: listOf(text({ maxLength: 1024 })).optional().describe("These tools may not be called, even when allowed."),
  }).optional().describe("Which tools may be called through the gateway."),
  cors: cors.optional().describe("Which web pages may use the server from a browser. Default: none."),
  access_log: boolean().optional().describe("Whether requests are logged. Default: gateway.access_log."),
};

export type PolicyFields = z.output<z.ZodObject<typeof policyFields>>;

/** An entry that says so in plain words is out, whatever else may be wrong with it. */
export function isDisabled(enabled: unknown): boolean {
  return isOff(enabled);
}

/** What is taken out of Envoy's own configuration, and what stays. */

import { expect } from "chai";
import { redactConfig } from "../../../xds-server/admin/redact.js";

const cases: readonly (readonly [string, unknown, unknown])[] = [
  [
    "values of headers that are added, not their names",
    { request_headers_to_add: [{ header: { key: "authorization", value: "s" }, append_action: "OVERWRITE" }] },
    { request_headers_to_add: [{ header: { key: "authorization", value: "[redacted]" }, append_action: "OVERWRITE" }] },
  ],
  ["keys of clients, not their names", { credentials: [{ key: "s", client: "me" }] }, { credentials: [{ key: "[redacted]", client: "me" }] }],
  ["inline private keys", { private_key: { inline_bytes: "s" } }, { private_key: { inline_bytes: "[redacted]" } }],
  ["taking the path to a private key for one", { private_key: { filename: "/key.pem" } }, { private_key: { filename: "/key.pem" } }],
  ["what is deep inside", { a: [{ initial_metadata: [{ x: { raw_value: "s" } }] }] }, { a: [{ initial_metadata: [{ x: { raw_value: "[redacted]" } }] }] }],
  ["taking anything else for a secret", { value: "v", inline_string: "body", keys: [1, null, true], key: "k" }, { value: "v", inline_string: "body", keys: [1, null, true], key: "k" }],
];

describe("Envoy's configuration is shown", () => {
  for (const [name, json, expected] of cases) {
    it(`without ${name}`, () => expect(redactConfig(json)).to.deep.equal(expected));
  }
});

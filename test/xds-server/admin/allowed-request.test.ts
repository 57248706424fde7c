/** Which requests the admin port takes. */

import { expect } from "chai";
import { allowRequest } from "../../../xds-server/admin/allowed-request.js";

const cases: readonly (readonly [string, string, string | undefined, string | undefined, string, number | "allowed"])[] = [
  ["takes localhost", "GET", "localhost:8001", undefined, "127.0.0.1", "allowed"],
  ["takes an address of the loopback net", "HEAD", "127.0.0.5", undefined, "127.0.0.1", "allowed"],
  ["takes IPv6 loopback", "GET", "[::1]:8001", undefined, "::1", "allowed"],
  ["takes a loopback origin", "GET", "localhost:8001", "http://localhost:3000", "127.0.0.1", "allowed"],
  ["refuses a name that was pointed here", "GET", "evil.example:8001", undefined, "127.0.0.1", 403],
  ["refuses a name that only begins like loopback", "GET", "localhost.evil.example", undefined, "127.0.0.1", 403],
  ["refuses a name that only begins like an address", "GET", "127.0.0.1.evil.example", undefined, "127.0.0.1", 403],
  ["refuses no name at all", "GET", undefined, undefined, "127.0.0.1", 403],
  ["refuses a page of another site", "GET", "localhost:8001", "https://evil.example", "127.0.0.1", 403],
  ["refuses a sandboxed page", "GET", "localhost:8001", "null", "127.0.0.1", 403],
  ["takes any name where it is bound to all addresses", "GET", "xds-server:8001", undefined, "0.0.0.0", "allowed"],
  ["refuses a page of another site there too", "GET", "xds-server:8001", "https://evil.example", "0.0.0.0", 403],
  ["refuses to change anything", "POST", "localhost:8001", undefined, "127.0.0.1", 405],
  ["refuses a preflight", "OPTIONS", "localhost:8001", "http://localhost:3000", "127.0.0.1", 405],
];

describe("the admin port", () => {
  for (const [name, method, host, origin, boundTo, expected] of cases) {
    it(name, () => {
      const allowed = allowRequest({ method, host, origin }, boundTo);
      expect(allowed.kind === "allowed" ? "allowed" : allowed.status).to.equal(expected);
    });
  }
});

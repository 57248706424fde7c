/** Addresses of sessions: in Envoy's form, and read back. */

import { expect } from "chai";
import { readSessionAddress, toSessionAddress } from "../../../stdio-bridge/http/worker-address.js";

describe("worker address", () => {
  const addresses = [["10.0.0.1", "10.0.0.1:80"], ["::ffff:10.0.0.1", "10.0.0.1:80"], ["::1", "[::1]:80"]] as const;
  for (const [address, expected] of addresses) {
    it(`names ${address} as Envoy does`, () => {
      const text = toSessionAddress("abc-_1", { address, port: 80 });
      expect(Buffer.from(text.split(";")[0] ?? "", "base64").toString()).to.equal(expected);
      expect(readSessionAddress(text)).to.equal("abc-_1");
      expect(readSessionAddress(encodeURIComponent(text))).to.equal("abc-_1");
    });
  }

  it("reads nothing out of what is none", () => {
    for (const text of ["", "abc", ";UV:", ";UV:%", "MTI3;UV:a b"]) expect(readSessionAddress(text)).to.equal(undefined);
  });
});

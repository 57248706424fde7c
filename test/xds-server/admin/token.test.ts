/** Who may use the admin port's REST. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { authorize } from "../../../xds-server/admin/rest/token.js";
import { readTokenFile, TokenFileError } from "../../../xds-server/admin/rest/token-file.js";

const cases: readonly (readonly [what: string, header: string | undefined, token: string | undefined, isLoopbackOnly: boolean, expected: number | "authorized"])[] = [
  ["takes this machine without a token", undefined, undefined, true, "authorized"],
  ["takes nobody from beyond without a token", undefined, undefined, false, 403],
  ["does not take any token where there is none", "Bearer x", undefined, false, 403],
  ["takes who has it", "Bearer secret", "secret", false, "authorized"],
  ["takes who has it, however the scheme is written", "bearer secret", "secret", false, "authorized"],
  ["wants it from this machine, too", undefined, "secret", true, 401],
  ["takes no other", "Bearer other", "secret", true, 401],
  ["takes none that only begins alike", "Bearer secrets", "secret", false, 401],
  ["takes no other scheme", "Basic secret", "secret", false, 401],
  ["takes no empty one", "Bearer ", "secret", false, 401],
];

describe("the admin token", () => {
  for (const [what, header, token, isLoopbackOnly, expected] of cases) {
    it(what, () => {
      const authorized = authorize(header, token, isLoopbackOnly);
      expect(authorized.kind === "authorized" ? "authorized" : authorized.status).to.equal(expected);
    });
  }

  describe("in its file", () => {
    const folder = mkdtempSync(join(tmpdir(), "mcp-mesh-token-"));
    after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "token");

    it("is without the line break at its end", async () => {
      writeFileSync(path, "secret\n");
      expect(await readTokenFile(path)).to.equal("secret");
    });

    it("does not open the door when it is empty or gone", async () => {
      writeFileSync(path, " \n");
      for (const file of [path, join(folder, "nowhere")]) expect(await readTokenFile(file).catch((error: unknown) => error)).to.be.instanceOf(TokenFileError);
    });
  });
});

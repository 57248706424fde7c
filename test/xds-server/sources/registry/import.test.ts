/** Client configurations and server.json files become registry entries, and those are good ones. */

import { stringify } from "yaml";
import { expect } from "chai";
import { importClientConfiguration } from "../../../../xds-server/sources/registry/import-client-configuration.js";
import { importServerJson } from "../../../../xds-server/sources/registry/import-server-json.js";
import { Registry } from "../../../../xds-server/sources/registry/registry.js";
import { golden } from "../../../golden.js";

golden("test/testdata/registry-import", ({ kind, text }: { readonly kind: "client" | "server.json"; readonly text: string }) => {
  const { value, problems } = kind === "client" ? importClientConfiguration(text, "client.json") : importServerJson(text, "server.json");
  expectGoodEntries(value);
  return { servers: value, problems };
});

/** Whatever is imported can be read back: the only thing that may be missing is the value of a variable. */
function expectGoodEntries(servers: unknown): void {
  const registry = new Registry({ environment: {}, lookUpFile: () => ({ kind: "unreadable", why: "there is none" }) });
  const bytes = Buffer.from(stringify({ servers }));
  const { view } = registry.read([{ path: "r", found: { kind: "files", isFolder: false, files: [{ path: "r.yaml", folder: "/", read: { kind: "bytes", bytes } }] } }]);
  expect(view.problems.filter(({ severity, what }) => severity === "error" && !what.includes("environment variable")).map(({ what }) => what)).to.deep.equal([]);
}

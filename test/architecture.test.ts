/** Keeps the house in order: reads every source file and holds it against the import rules of STYLE.md. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../protos/project-root.js";
import { violations } from "./architecture.js";

const rooms = ["xds-server", "stdio-bridge", "protos", "envoy", "test"];

describe("architecture", () => {
  it("no source file breaks a rule", () => {
    const sources = new Map(rooms.flatMap(sourceFiles).map((path) => [path, readFileSync(join(projectRoot, path), "utf8")]));
    expect(sources.size).to.be.greaterThan(20);
    expect(violations(sources)).to.deep.equal([]);
  });

  const line = "/** A file for the test. */\n";
  const cases: readonly (readonly [string, Record<string, string>, readonly RegExp[]])[] = [
    ["model that imports a package", { "xds-server/model/a.ts": `${line}import { z } from "zod";` }, [/model\/ imports nothing outside/]],
    ["model that imports another room, as a type", { "xds-server/model/a.ts": `${line}import type { S } from "../snapshot/s.js";` }, [/model\/ imports nothing outside/]],
    ["sources that import translate", { "xds-server/sources/a.ts": `${line}export { t } from "../translate/t.js";` }, [/meet in model\/ and snapshot\//]],
    ["serve that imports sources, when it is needed", { "xds-server/serve/a.ts": `${line}await import("../sources/s.js");` }, [/meet in model\/ and snapshot\//]],
    ["sources that know Envoy's types", { "xds-server/sources/a.ts": `${line}import type { C } from "../../protos/gen/envoy/config/cluster/v3/Cluster.js";` }, [/know Envoy's types/]],
    ["serve that knows a cluster", { "xds-server/serve/a.ts": `${line}import type { C } from "../../protos/gen/envoy/config/cluster/v3/Cluster.js";` }, [/know Envoy's types/]],
    ["serve that speaks the discovery protocol", { "xds-server/serve/a.ts": `${line}import type { C } from "../../protos/gen/envoy/service/discovery/v3/DiscoveryRequest.js";` }, []],
    ["a pool that imports the session", { "stdio-bridge/pool/a.ts": `${line}import { s } from "../session/session.js";` }, [/folders to its right/]],
    ["a session that imports the pool", { "stdio-bridge/session/a.ts": `${line}import { p } from "../pool/pool.js";` }, []],
    ["control that imports the pool", { "stdio-bridge/control/a.ts": `${line}import { p } from "../pool/pool.js";` }, [/control\/ stands apart/]],
    ["http that imports control", { "stdio-bridge/http/a.ts": `${line}import { p } from "../control/c.js";` }, [/control\/ stands apart/]],
    ["programs that import each other", { "stdio-bridge/main.ts": `${line}import { p } from "../xds-server/config.js";` }, [/meet only in protos\//]],
    ["environment outside config", { "envoy/find.ts": `${line}export const a = process.env["PATH"];` }, [/process\.env: only config\.ts/]],
    ["environment inside config", { "xds-server/config.ts": `${line}export const a = process.env["PATH"];` }, []],
    ["a clock in translate", { "xds-server/translate/a.ts": `${line}export const a = () => Date.now();` }, [/Date\.now: a pure file/]],
    ["randomness in a pure file", { "stdio-bridge/process/backoff.ts": `${line}export const a = () => Math.random();` }, [/Math\.random: a pure file/]],
    ["async in translate", { "xds-server/translate/a.ts": `${line}export async function a() { return 1; }` }, [/async in a pure file/]],
    ["a circle of two", { "xds-server/serve/a.ts": `${line}import "./b.js";`, "xds-server/serve/b.ts": `${line}import "./a.js";` }, [/serve\/a\.ts → xds-server\/serve\/b\.ts → xds-server\/serve\/a\.ts: an import circle/]],
    ["an index file", { "xds-server/serve/index.ts": line }, [/import from the file that has the thing/]],
    ["no sentence at the top", { "xds-server/serve/a.ts": "import { b } from './b.js';\n" }, [/first line is not a comment sentence/]],
    ["program code that imports a test", { "protos/a.ts": `${line}import { golden } from "../test/golden.js";` }, [/only tests import tests/]],
  ];
  for (const [name, files, expected] of cases) {
    it(`${expected.length === 0 ? "allows" : "finds"} ${name}`, () => {
      const found = violations(new Map(Object.entries(files)));
      expect(found).to.have.length(expected.length);
      expected.forEach((pattern, index) => expect(found[index]).to.match(pattern));
    });
  }
});

function sourceFiles(room: string): readonly string[] {
  return readdirSync(join(projectRoot, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length + 1));
}

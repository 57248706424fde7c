/** Every problem that a golden file shows says what to do about it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { projectRoot } from "../protos/project-root.js";

const folder = join(projectRoot, "test", "testdata");

describe("every problem in test/testdata has a hint", () => {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".out.yaml"))
    .flatMap((name) => problemsIn(parse(readFileSync(join(folder, name), "utf8"))).map((problem) => ({ name, ...problem })));

  it("and there are many of them", () => expect(found.length).to.be.greaterThan(150));

  it("which is not empty, nor only says again what is wrong", () => {
    expect(found.filter(({ what, hint }) => hint.trim().length < 5 || hint === what)).to.deep.equal([]);
  });
});

interface Found { readonly what: string; readonly hint: string }

function problemsIn(value: unknown): readonly Found[] {
  if (Array.isArray(value)) return value.flatMap(problemsIn);
  if (typeof value !== "object" || value === null) return [];
  const own = "severity" in value && "what" in value ? [{ what: String(value.what), hint: "hint" in value ? String(value.hint) : "" }] : [];
  return [...own, ...Object.values(value).flatMap(problemsIn)];
}

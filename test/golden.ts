/** Golden tests: a folder of NAME.in.yaml beside NAME.out.yaml, one mocha test a pair. */

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { projectRoot } from "../protos/project-root.js";

const inSuffix = ".in.yaml";
const outSuffix = ".out.yaml";

/**
 * Declares one test for every NAME.in.yaml in `folder` (relative to the project's root): what `transform` makes of it
 * must be NAME.out.yaml, to the letter. UPDATE_GOLDEN=1 writes the outputs instead; the diff is then the review.
 */
export function golden<I>(folder: string, transform: (input: I) => unknown | Promise<unknown>): void {
  const path = join(projectRoot, folder);
  describe(folder, () => {
    const files = existsSync(path) ? readdirSync(path).sort() : [];
    const names = files.filter((file) => file.endsWith(inSuffix)).map((file) => file.slice(0, -inSuffix.length));
    if (names.length === 0) it("has cases", () => expect.fail(`no *${inSuffix} in ${path}`));

    for (const name of names) {
      it(name.replaceAll("-", " "), async () => {
        // The file was written for this transform; a wrong one shows as a wrong output.
        const input = parse(readFileSync(join(path, name + inSuffix), "utf8")) as I;
        compare(join(path, name + outSuffix), toYaml(await transform(input)));
      });
    }

    for (const name of outputsWithoutInput(files)) {
      it(name.replaceAll("-", " "), () => expect.fail(`${name}${outSuffix} has no ${name}${inSuffix}: remove it, or bring its input back`));
    }
  });
}

/** Keys stay in the order given and lines are not folded, so that a diff shows what changed and nothing else. */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

export function outputsWithoutInput(files: readonly string[]): readonly string[] {
  return files
    .filter((file) => file.endsWith(outSuffix))
    .map((file) => file.slice(0, -outSuffix.length))
    .filter((name) => !files.includes(name + inSuffix));
}

function compare(outPath: string, actual: string): void {
  if (process.env["UPDATE_GOLDEN"] === "1") {
    writeFileSync(outPath, actual);
    return;
  }
  expect(existsSync(outPath), `${outPath} is missing: npm run test:update writes it`).to.equal(true);
  expect(actual).to.equal(readFileSync(outPath, "utf8"));
}

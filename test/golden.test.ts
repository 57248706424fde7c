/** The golden helper itself: what it writes, and that an output without its input is found. */

import { expect } from "chai";
import { golden, outputsWithoutInput, toYaml } from "./golden.js";

golden("test/testdata/golden", (input: { readonly words: readonly string[] }) => ({ count: input.words.length, joined: input.words.join(" ") }));

describe("golden", () => {
  it("finds outputs that have lost their input", () => {
    expect(outputsWithoutInput(["a.in.yaml", "a.out.yaml", "b.out.yaml", "c.in.yaml"])).to.deep.equal(["b"]);
  });

  it("keeps the order of keys and writes every object out", () => {
    const same = { x: 1 };
    expect(toYaml({ b: same, a: same })).to.equal("b:\n  x: 1\na:\n  x: 1\n");
  });
});

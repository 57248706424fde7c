/** Reading a file block by block gives what parsing it as a whole gives: the cut is only ever a matter of speed. */

import { expect } from "chai";
import fc from "fast-check";
import { parse, parseAllDocuments, stringify } from "yaml";
import { parse as parseJsonc } from "jsonc-parser";
import type { RegistryNode } from "../../../../xds-server/sources/registry/registry-node.js";
import { readRegistryText, type Language } from "../../../../xds-server/sources/registry/registry-text.js";
import { readPlainYaml } from "../../../../xds-server/sources/registry/plain-yaml.js";
import { splitBlocks } from "../../../../xds-server/sources/registry/yaml-blocks.js";
import { readYaml } from "../../../../xds-server/sources/registry/yaml-node.js";

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,8}$/);
const text = fc.oneof(
  word,
  fc.string({ maxLength: 12 }),
  fc.constantFrom("http://h:80", "a: b", "# no comment", "*.example.com", "&x", "- item", "|", "two\nlines", "key:\n  deep: 1\n", "  spaces  ", "---", "{{x}}", "${A:-b}", "true", "1.10", "0x1F", "", "%", "@a", "'", '"', "…"),
);
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, text, fc.integer(), fc.boolean(), fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(word, tie("value"), { maxKeys: 3 })),
})).value;
const entries = fc.dictionary(fc.oneof(word, fc.constantFrom("8080", "a b", "true", "x:y", "-x", "ä", "a#b")), value, { minKeys: 1, maxKeys: 6 });
const style = fc.record({
  indent: fc.constantFrom(2, 4),
  lineWidth: fc.constantFrom(0, 20, 80),
  defaultStringType: fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL", "BLOCK_FOLDED") as fc.Arbitrary<"PLAIN">,
  collectionStyle: fc.constantFrom("any", "block", "flow") as fc.Arbitrary<"any">,
  indentSeq: fc.boolean(),
});
/** What people put between the lines of a file that was written by a program. */
const noise = fc.array(fc.tuple(fc.nat(40), fc.constantFrom("", "# comment", "  # comment", "      # deep", "a", "b: 1", "  c: 2", "]", "- x", "\t", "---", "...", "? x", '"q', "k: |", "k: [1,")), { maxLength: 3 });

describe("registry text, block by block", () => {
  it("gives what the whole parse gives, for whatever a program writes", () => {
    fc.assert(fc.property(entries, style, fc.boolean(), (servers, options, isFlat) => {
      const source = stringify(isFlat ? servers : { servers }, options);
      // The writer has faults of its own: an empty list without indentation cannot be read back.
      fc.pre(parseAllDocuments(source).every((document) => document.errors.length === 0));
      expect(read(source, "yaml")).to.deep.equal(entriesOf(parse(source, { uniqueKeys: false }), isFlat));
    }), { numRuns: 500 });
  });

  it("gives what the whole parse gives, or refuses the same text, whatever stands between the lines", () => {
    fc.assert(fc.property(entries, style, noise, fc.constantFrom("\n", "\r\n"), fc.boolean(), (servers, options, disturbances, newline, isFlat) => {
      const lines = stringify(isFlat ? servers : { servers }, options).split("\n");
      for (const [at, line] of disturbances) lines.splice(at % lines.length, 0, line);
      agree(lines.join(newline));
    }), { numRuns: 2000 });
  });

  it("gives what the whole parse gives for a text that is cut off anywhere", () => {
    fc.assert(fc.property(entries, style, fc.nat(), (servers, options, at) => {
      const source = stringify({ servers }, options);
      agree(source.slice(0, at % (source.length + 1)));
    }), { numRuns: 500 });
  });

  it("the quick reader says what the yaml package says, places included, or nothing", () => {
    fc.assert(fc.property(entries, style, noise, (servers, options, disturbances) => {
      const lines = stringify(servers, options).split("\n");
      for (const [at, line] of disturbances) lines.splice(at % lines.length, 0, line);
      const source = lines.join("\n");
      const quick = readPlainYaml(source);
      if (quick !== undefined) expect(readYaml(source), source).to.deep.equal({ node: quick, faults: [], hasAlias: false });
    }), { numRuns: 2000 });
  });

  it("the quick reader understands what a registry is mostly made of", () => {
    const source = "a:\n  type: http\n  instances:\n    - endpoint: http://h:1/mcp\n      weight: 2\n    - http://h:2\n  tools:\n    allow:\n    - x\n    - 'y z'\n\n  # a comment\n  timeouts:\n    connect: 5s\n  enabled: true\n  headers:\n    X-Key: ${file:/run/key}\n    Y: \"a: b # c\"\n";
    expect(readPlainYaml(source)).to.deep.equal(readYaml(source).node);
  });

  for (const value of ["1.10", "0755", "1e3", "0x1F", "True", "null", "~", "a: b", "a #b", "a:", "*x", "&x y", "!t x", "|", ">", "[a]", "{a: b}", "-1", "- a", "@a", "'it''s'", '"a\\n"', "a\tb", "ä", ".inf", ".5", "+1", "a\n    b", ""]) {
    it(`the quick reader leaves the value ${JSON.stringify(value)} to the yaml package`, () => expect(readPlainYaml(`a:\n  b: ${value}\n`)).to.equal(undefined));
  }

  it("gives what the whole parse gives for json with comments", () => {
    fc.assert(fc.property(entries, fc.constantFrom(0, 2, "\t"), fc.boolean(), fc.boolean(), (servers, indent, isFlat, hasComments) => {
      const plain = JSON.stringify(isFlat ? servers : { servers }, null, indent);
      const source = hasComments && indent !== 0 ? plain.replaceAll(/,\n/g, ", // one\n").replace("{", "/* { */ {") : plain;
      expect(read(source, "json")).to.deep.equal(entriesOf(parseJsonc(source), isFlat));
    }), { numRuns: 500 });
  });

  it("cuts what people usually write", () => {
    const source = "# head\n\na:\n  endpoint: http://h\n\n  # inside\n  x: 1\n\"b\":\n- 1\n- 2\n# between\n'c' : {d: 1,\n  e: 2\n}\n";
    expect(splitBlocks(source, 0, source.length)?.map(({ name }) => name)).to.deep.equal(["a", "b", "c"]);
    expect(read(source, "yaml")).to.deep.equal([["a", { endpoint: "http://h", x: 1 }], ["b", [1, 2]], ["c", { d: 1, e: 2 }]]);
  });

  for (const source of ["a:\n\tb: 1\n", "  a: 1\nb: 2\n", "a: 1\n---\nb: 2\n", "%YAML 1.2\n---\na: 1\n", "- a\n", "{a: 1}\n", "? a\n: 1\n"]) {
    it(`leaves ${JSON.stringify(source)} to the whole parse`, () => expect(splitBlocks(source, 0, source.length)).to.equal(undefined));
  }
});

/** Both ways say the same of the text: the same entries, or that it cannot be used. */
function agree(source: string): void {
  const result = readRegistryText(source, "yaml", new Map());
  const whole = readYaml(source);
  const isUsable = whole.faults.length === 0 && (whole.node === undefined || whole.node.kind === "map");
  if (!isUsable) {
    expect("faults" in result, `the whole parse refuses ${JSON.stringify(source)}: ${JSON.stringify(whole.faults)} ${parseAllDocuments(source).length}`).to.equal(true);
    return;
  }
  const members = whole.node?.kind === "map" ? whole.node.members : [];
  const sections = members.filter(({ key }) => key === "servers");
  if (sections.length === 0) {
    if ("faults" in result) return;
    const known = new Set(["gateway", "templates", "mcpServers", "$schema"]);
    expect(pieces(result)).to.deep.equal(members.filter(({ key }) => !known.has(key)).map(({ key, node }) => [key, plain(node)]));
    return;
  }
  const section = sections[0]?.node;
  const isNull = section?.kind === "scalar" && section.value === null;
  if (section?.kind !== "map" && !isNull) {
    expect("faults" in result, `servers is no map in ${JSON.stringify(source)}`).to.equal(true);
    return;
  }
  expect("faults" in result ? result.faults : [], source).to.deep.equal([]);
  expect(pieces(result)).to.deep.equal(section.kind === "map" ? section.members.map(({ key, node }) => [key, plain(node)]) : []);
}

function read(source: string, language: Language): unknown {
  return pieces(readRegistryText(source, language, new Map()));
}

function pieces(result: ReturnType<typeof readRegistryText>): unknown {
  if ("faults" in result) return result.faults;
  return result.content.servers.flatMap((group) => group.pieces.map(({ name, reading }) => [name, plain(reading.node)]));
}

function plain(node: RegistryNode): unknown {
  switch (node.kind) {
    case "scalar": return node.value;
    case "list": return node.items.map(plain);
    case "map": return Object.fromEntries(node.members.map(({ key, node: value }) => [key, plain(value)]));
    case "unreadable": return node.what;
  }
}

/** In the order of the text: an object would put 8080 first. */
function entriesOf(document: unknown, isFlat: boolean): unknown {
  const servers = isFlat ? document : (document as { readonly servers: unknown }).servers;
  return Object.entries(servers as object);
}

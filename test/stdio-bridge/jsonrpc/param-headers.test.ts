/** Which arguments a tool wants in headers too, and whether they agree. */

import { expect } from "chai";
import fc from "fast-check";
import { faultOfHeaders, readParamHeaders, type SentHeaders } from "../../../stdio-bridge/jsonrpc/param-headers.js";

const list = (inputSchema: unknown): Buffer => Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools: [{ name: "plain", inputSchema: { type: "object" } }, { name: "t", inputSchema }] } }));
const call = (args: string): Buffer => Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":${args}}}`);
const region = { type: "string", "x-mcp-header": "Region" };

describe("arguments in headers", () => {
  it("are found where properties alone lead, and by the name in small letters", () => {
    const schema = { type: "object", properties: { region, deep: { type: "object", properties: { er: { type: "integer", "x-mcp-header": "X-1" } } } } };
    expect([...readParamHeaders(list(schema))]).to.deep.equal([["t", [{ header: "mcp-param-region", path: ["region"] }, { header: "mcp-param-x-1", path: ["deep", "er"] }]]]);
  });

  for (const [what, schema] of [
    ["in items", { properties: { all: { type: "array", items: region } } }],
    ["in a choice", { anyOf: [{ properties: { region } }] }],
    ["at the root", { "x-mcp-header": "Root" }],
    ["without a name", { properties: { region: { "x-mcp-header": "" } } }],
    ["with a name that is no header's", { properties: { region: { "x-mcp-header": "a b" } } }],
    ["with a name that is no text", { properties: { region: { "x-mcp-header": 1 } } }],
    ["in what is no schema", ["x-mcp-header"]],
  ] as const) {
    it(`are none ${what}`, () => expect([...readParamHeaders(list(schema))]).to.deep.equal([]));
  }

  const wanted = [{ header: "mcp-param-region", path: ["region"] }];
  const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString("base64")}?=`;
  const cases: readonly (readonly [what: string, args: string, sent: SentHeaders, fault: RegExp | undefined])[] = [
    ["agree as they are", '{"region":"eu"}', { "mcp-param-region": " eu " }, undefined],
    ["agree wrapped", '{"region":"\\u00fc"}', { "mcp-param-region": base64("ü") }, undefined],
    ["agree as numbers", '{"region":42.0}', { "mcp-param-region": "42" }, undefined],
    ["agree as a number beyond 2^53", '{"region":12345678901234567890}', { "mcp-param-region": "12345678901234567890" }, undefined],
    ["agree as true", '{"region":true}', { "mcp-param-region": "true" }, undefined],
    ["need no header for what is not there", "{}", { "mcp-param-region": "x" }, undefined],
    ["need no header for null", '{"region":null}', {}, undefined],
    ["must be there", '{"region":"eu"}', {}, /mcp-param-region is missing/],
    ["must agree", '{"region":"eu"}', { "mcp-param-region": "us" }, /"us", but the argument region is "eu"/],
    ["must agree to the letter", '{"region":"eu"}', { "mcp-param-region": "EU" }, /but/],
    ["must be good base64 where they are wrapped", '{"region":"Hello"}', { "mcp-param-region": "=?base64?SGVsbG8?=" }, /no base64/],
    ["are text where the wrapping is not whole", '{"region":"SGVsbG8="}', { "mcp-param-region": "SGVsbG8=" }, undefined],
    ["are no number where the argument is text", '{"region":"42"}', { "mcp-param-region": "42.0" }, /but/],
  ];
  for (const [what, args, sent, fault] of cases) {
    it(what, () => {
      const found = faultOfHeaders(call(args), wanted, sent);
      if (fault === undefined) expect(found).to.equal(undefined);
      else expect(found).to.match(fault);
    });
  }

  it("agree whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(faultOfHeaders(call(JSON.stringify({ region: text })), wanted, { "mcp-param-region": base64(text) })).to.equal(undefined);
      expect(faultOfHeaders(call(JSON.stringify({ region: text })), wanted, { "mcp-param-region": base64(`${text}.`) })).to.be.a("string");
    }));
  });

  it("never throw, whatever the server lists and the client sends", () => {
    fc.assert(fc.property(fc.json(), fc.json(), fc.string(), (schema, args, header) => {
      readParamHeaders(Buffer.from(`{"result":{"tools":[{"name":"x-mcp-header","inputSchema":${schema}}, ${schema}]}}`));
      faultOfHeaders(call(args), wanted, { "mcp-param-region": header });
    }));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => {
      readParamHeaders(Buffer.concat([Buffer.from("x-mcp-header"), bytes]));
      faultOfHeaders(Buffer.from(bytes), wanted, {});
    }));
  });
});

/** What older processes say, as 2026-07-28 has it: only what is put in differs. */

import { expect } from "chai";
import fc from "fast-check";
import {
  honoured, levelOf, offers, readInputResponses, readListening, toAcknowledgement, toDiscoverAnswer, toInputRequired, withResultType, withSubscription,
} from "../../../stdio-bridge/jsonrpc/as-modern.js";

/** JSON that a parser would change: numbers beyond doubles, escapes that need none, lone surrogates, members that are there twice. */
const raw: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("12345678901234567890", "1.0", "1e400", "-0", "1E+2", "true", "null", '"\\ud800"', '"\\u0041\\/"', '"é"', '" { } \\" ] "'),
    fc.array(tie("value"), { maxLength: 3 }).map((values) => `[ ${values.join(" ,")}]`),
    members(tie("value")),
  ),
})).value;

function members(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const name = fc.constantFrom("a", "a", "content", "_meta", "b\\u0062", "resultType", "ttlMs");
  return fc.array(fc.tuple(name, value), { maxLength: 4 }).map((pairs) => `{${pairs.map(([key, of]) => ` "${key}" : ${of}`).join(",")} }`);
}

const object = members(raw);

/** That `out` is `bytes` with something put in at one place. */
function expectPutIn(out: Buffer, bytes: string): void {
  const before = Buffer.from(bytes);
  let same = 0;
  while (same < before.length && before[same] === out[same]) same++;
  expect(out.subarray(0, same).toString("latin1") + out.subarray(out.length - (before.length - same)).toString("latin1")).to.equal(before.toString("latin1"));
}

describe("as modern", () => {
  it("puts the type into any result, and changes no byte that was there", () => {
    fc.assert(fc.property(object, fc.constantFrom("tools/list", "tools/call"), (result, method) => {
      const answer = `{"jsonrpc":"2.0","id":7,"result":${result} }`;
      const out = withResultType(Buffer.from(answer), method);
      expectPutIn(out, answer);
      const { result: read } = JSON.parse(out.toString("utf8")) as { readonly result: Record<string, unknown> };
      expect(read).to.have.property("resultType");
      if (!result.includes('"resultType"')) expect(read["resultType"]).to.equal("complete");
      if (method === "tools/list") expect(read).to.include.keys("ttlMs", "cacheScope");
      else if (!result.includes('"ttlMs"')) expect(read).to.not.have.property("ttlMs");
    }));
  });

  it("leaves a result that is no object, and one that says all, as they are", () => {
    for (const answer of ['{"id":1,"result":[1.0]}', '{"id":1,"result":{"resultType":"other"}}', '{"id":1,"error":{}}']) {
      expect(withResultType(Buffer.from(answer), "tools/call").toString()).to.equal(answer);
    }
  });

  it("puts the subscription into any notification, and changes no byte that was there", () => {
    fc.assert(fc.property(fc.option(object, { nil: undefined }), fc.constantFrom('"l:1"', "12345678901234567890"), (params, id) => {
      const notification = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"${params === undefined ? "" : `,"params":${params}`}}`;
      const out = withSubscription(Buffer.from(notification), Buffer.from(id)).toString("utf8");
      expect(out).to.include(`"io.modelcontextprotocol/subscriptionId":${id}`);
      if (params === undefined || !params.includes('"_meta"')) expectPutIn(Buffer.from(out), notification);
      JSON.parse(out);
    }));
  });

  it("keeps what a process asks for, and what a client answers, to the byte", () => {
    fc.assert(fc.property(object, (params) => {
      const asked = toInputRequired(Buffer.from('"id"'), [{ key: "input-1", method: "elicitation/create", params: Buffer.from(params) }], Buffer.from('"state"'));
      expect(asked.toString("utf8")).to.equal(`{"jsonrpc":"2.0","id":"id","result":{"resultType":"input_required","inputRequests":{"input-1":{"method":"elicitation/create","params":${params}}},"requestState":"state"}}`);
      const retry = Buffer.from(`{"id":1,"method":"tools/call","params":{"inputResponses":{"input-1":${params},"other":1}}}`);
      expect(readInputResponses(retry).get("input-1")?.toString("utf8")).to.equal(params);
    }));
  });

  it("answers server/discover with what initialize said, but for tasks", () => {
    const initialized = '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"tasks":{"list":{}},"x":1.0},"serverInfo":{"name":"s","version":"1.0"},"instructions":"\\u0061sk"}}';
    expect(toDiscoverAnswer(Buffer.from("5"), Buffer.from(initialized)).toString()).to.equal(
      '{"jsonrpc":"2.0","id":5,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"x":1.0},"instructions":"\\u0061sk","ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1.0"}}}}',
    );
    expect(JSON.parse(toDiscoverAnswer(Buffer.from("5"), Buffer.from('{"id":1,"result":{"protocolVersion":"x"}}')).toString())).to.have.nested.property("result.capabilities").that.deep.equals({});
  });

  it("listens for what the process can tell of", () => {
    const listening = readListening(Buffer.from('{"params":{"notifications":{"toolsListChanged":true,"promptsListChanged":false,"resourcesListChanged":true,"resourceSubscriptions":["a:\\u0062", "c:d"]}}}'));
    if (listening === undefined) throw new Error("it says what for");
    expect(listening.kinds).to.deep.equal(["tools", "resources"]);
    const agreed = honoured(listening, Buffer.from('{"result":{"capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true}}}}'));
    expect(toAcknowledgement(Buffer.from("1"), agreed).toString()).to.equal(
      '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a:\\u0062","c:d"]},"_meta":{"io.modelcontextprotocol/subscriptionId":1}}}',
    );
    expect(honoured(listening, Buffer.from('{"result":{"capabilities":{"resources":{"listChanged":true}}}}'))).to.deep.equal({ kinds: ["resources"], resources: [] });
    for (const params of ["{}", '{"notifications":[]}', '{"notifications":{"resourceSubscriptions":[1]}}']) expect(readListening(Buffer.from(`{"params":${params}}`))).to.equal(undefined);
  });

  it("knows what a client offers, and how grave a message is", () => {
    expect(offers(Buffer.from('{"sampling":{},"roots":null}'), "sampling")).to.equal(true);
    expect(offers(Buffer.from('{"sampling":{},"roots":null}'), "roots")).to.equal(false);
    expect(levelOf(Buffer.from('{"params":{"level":"inf\\u006f"}}'))).to.equal("info");
    expect(levelOf(Buffer.from('{"params":{"level":1}}'))).to.equal(undefined);
  });
});

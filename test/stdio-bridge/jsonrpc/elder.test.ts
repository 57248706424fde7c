/** What passes between an older client and a process of 2026-07-28: translated where it must be, and otherwise byte for byte. */

import { expect } from "chai";
import fc from "fast-check";
import { readOffers, toInitializeAnswer } from "../../../stdio-bridge/jsonrpc/elder-initialize.js";
import { readResultKind, toClientRequest, toRetryParams } from "../../../stdio-bridge/jsonrpc/input-required.js";
import { isEmpty, readAgreedResources, subscriptionOf, toListen, withoutSubscription } from "../../../stdio-bridge/jsonrpc/listening.js";
import { readElderClient, toModernRequest, toRequestMeta } from "../../../stdio-bridge/jsonrpc/modern-request.js";
import { golden } from "../../golden.js";

/** One case of any of the translations; each gives what it is called for. */
interface Case {
  readonly initialize?: string;
  readonly logLevel?: string;
  readonly requests?: readonly string[];
  readonly discovered?: string;
  readonly results?: readonly string[];
  readonly notifications?: readonly string[];
}

const versions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

golden("test/testdata/elder", ({ initialize, logLevel, requests = [], discovered, results = [], notifications = [] }: Case) => {
  const out: Record<string, unknown> = {};
  const begin = Buffer.from(initialize ?? '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}');
  const meta = toRequestMeta(readElderClient(begin), logLevel === undefined ? undefined : Buffer.from(logLevel));
  if (requests.length > 0) out["requests"] = requests.map((request) => toModernRequest(Buffer.from(request), meta).toString());
  if (discovered !== undefined) {
    const bytes = Buffer.from(discovered);
    out["answer"] = toInitializeAnswer(Buffer.from('"a"'), begin, { discovered: bytes, versions, serverName: "files" }).toString();
    out["offers"] = readOffers(bytes);
  }
  if (results.length > 0) {
    out["results"] = results.map((result) => {
      const read = readResultKind(Buffer.from(result));
      if (read.kind !== "input_required") return read;
      const answers = read.requests.map(({ key }) => ({ name: key, raw: Buffer.from('{"x":1.0}') }));
      return {
        asks: read.requests.map((request, index) => toClientRequest(index + 1, request, "an-id").toString()),
        retry: toModernRequest(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"n":-0}}'), [], toRetryParams(answers, read.state)).toString(),
      };
    });
  }
  if (notifications.length > 0) {
    out["notifications"] = notifications.map((text) => {
      const notification = Buffer.from(text);
      return { of: subscriptionOf(notification) ?? null, message: withoutSubscription(notification).toString(), agreed: readAgreedResources(notification) };
    });
  }
  return out;
});

describe("elder requests", () => {
  const meta = toRequestMeta({ info: Buffer.from('{"name":"c"}'), capabilities: Buffer.from("{}") }, undefined);

  it("change nothing of what the client has written", () => {
    const payload = fc.oneof(fc.json(), fc.constantFrom("12345678901234567890", "1.0", "1e400", "-0", '{"a":1,"a":2}', '"\\ud800"', '"\\u0061\\/"'));
    fc.assert(fc.property(payload, payload, fc.constantFrom("", " ", " \t"), fc.boolean(), (one, other, gap, hasMeta) => {
      const own = hasMeta ? `,${gap}"_meta"${gap}:${gap}{"k":${other}${gap}` : gap;
      const head = `{"id":1,"params":${gap}{"x":${one}${own}`, tail = `${hasMeta ? "}" : ""}}${gap},"method":"tools/call","jsonrpc":"2.0"}${gap}`;
      const after = toModernRequest(Buffer.from(head + tail), meta).toString();
      expect(after.startsWith(head)).to.equal(true);
      expect(after.endsWith(hasMeta ? tail : tail.slice(tail.indexOf("}") + 1))).to.equal(true);
      const read = JSON.parse(after) as { params: { x: unknown; _meta: Record<string, unknown> } };
      expect(read.params.x).to.deep.equal(JSON.parse(one));
      expect(Object.keys(read.params._meta)).to.deep.equal([...(hasMeta ? ["k"] : []), "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/clientCapabilities"]);
    }));
  });

  it("never throw, whatever the bytes are", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      toModernRequest(Buffer.from(bytes), meta);
      readResultKind(Buffer.from(bytes));
      withoutSubscription(Buffer.from(bytes));
      readElderClient(Buffer.from(bytes));
    }));
  });

  it("ask to hear of what is wanted and of nothing else", () => {
    const filter = { toolsListChanged: false, promptsListChanged: true, resourcesListChanged: false, resources: [Buffer.from('"a://é"'), Buffer.from('"b:\\/\\/"')] };
    expect(toListen(filter, []).toString()).to.equal('{"jsonrpc":"2.0","id":0,"method":"subscriptions/listen","params":{"notifications":{"promptsListChanged":true,"resourceSubscriptions":["a://é","b:\\/\\/"]},"_meta":{}}}');
    expect(isEmpty(filter)).to.equal(false);
    expect(isEmpty({ ...filter, promptsListChanged: false, resources: [] })).to.equal(true);
  });

  it("carry the state of the process back to the byte", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), fc.boolean(), (state, isEscaped) => {
      const raw = isEscaped ? `"${[...Array(state.length).keys()].map((at) => `\\u${state.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"` : JSON.stringify(state);
      const read = readResultKind(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"requestState":${raw},"resultType":"input_required"}}`));
      if (read.kind !== "input_required") throw new Error(read.kind);
      expect(toModernRequest(Buffer.from('{"params":{}}'), [], toRetryParams([], read.state)).toString()).to.equal(`{"params":{"requestState":${raw},"_meta":{}}}`);
    }));
  });
});

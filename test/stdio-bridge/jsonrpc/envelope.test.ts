/** The envelope scanner against JSON.parse: it says the same of any bytes, and never throws. */

import { expect } from "chai";
import fc from "fast-check";
import { rawOf, readEnvelope, readTornEnvelope, type Envelope, type Span } from "../../../stdio-bridge/jsonrpc/envelope.js";

/** What JSON.parse makes of the same text, in the words of the envelope. */
function oracle(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "invalid", fault: "syntax" };
  }
  if (Array.isArray(value)) return { kind: "batch" };
  if (typeof value !== "object" || value === null) return { kind: "invalid", fault: "shape" };
  const message = value as Record<string, unknown>;
  const params = isObject(message["params"]) ? message["params"] : {};
  const meta = isObject(params["_meta"]) ? params["_meta"] : {};
  if (Object.hasOwn(message, "method")) {
    if (typeof message["method"] !== "string") return { kind: "invalid", fault: "shape" };
    if (!Object.hasOwn(message, "id")) {
      return { kind: "notification", method: message["method"], progressToken: idOf(params["progressToken"]), requestId: idOf(params["requestId"]), saysVersion2: message["jsonrpc"] === "2.0" };
    }
    if (idOf(message["id"]) === undefined) return { kind: "invalid", fault: "shape" };
    return { kind: "request", id: message["id"], method: message["method"], progressToken: idOf(meta["progressToken"]), saysVersion2: message["jsonrpc"] === "2.0" };
  }
  if (Object.hasOwn(message, "result") || Object.hasOwn(message, "error")) {
    return { kind: "response", id: idOf(message["id"]), outcome: Object.hasOwn(message, "error") ? "error" : "result", saysVersion2: message["jsonrpc"] === "2.0" };
  }
  return { kind: "invalid", fault: "shape" };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function idOf(value: unknown): unknown {
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

/** The envelope with values in the place of spans. */
function withValues(bytes: Buffer, envelope: Envelope): unknown {
  const valueOf = (span: Span | undefined): unknown => (span === undefined ? undefined : JSON.parse(rawOf(bytes, span).toString("utf8")));
  switch (envelope.kind) {
    case "request": return { ...envelope, id: valueOf(envelope.id), progressToken: valueOf(envelope.progressToken) };
    case "notification": return { ...envelope, progressToken: valueOf(envelope.progressToken), requestId: valueOf(envelope.requestId) };
    case "response": return { ...envelope, id: valueOf(envelope.id) };
    case "batch": return envelope;
    case "invalid": return { kind: envelope.kind, fault: envelope.fault };
  }
}

function compare(text: string): void {
  const bytes = Buffer.from(text);
  const envelope = withValues(bytes, readEnvelope(bytes)) as { saysVersion2?: boolean };
  // From the bytes: half of a surrogate pair has none of its own.
  const expected = oracle(bytes.toString()) as { saysVersion2?: boolean };
  // A version written with escapes is as rare as it is odd: the scanner may say that it is not "2.0".
  if (expected.saysVersion2 === true && text.includes("\\")) envelope.saysVersion2 = true;
  expect(envelope).to.deep.equal(expected);
}

const rawNumber = fc.constantFrom("0", "-0", "1.0", "1e400", "12345678901234567890", "-7", "1E+2", "0.5e-3");
const rawString = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  fc.constantFrom('""', '"\\ud800"', '"\\u0041\\/"', '"{\\"id\\":1}"', '"\\\\"', '"é\u2028"'),
);
const rawKey = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...["jsonrpc", "id", "method", "params", "result", "error", "_meta", "progressToken", "requestId", "idx", ""].map((key) => JSON.stringify(key))) },
  fc.constantFrom('"\\u0069d"', '"\\u006dethod"', '"p\\u0061rams"', '"_\\u006deta"', '"i\\u0064\\u0000"'),
  rawString,
);
const space = fc.constantFrom("", " ", "\n\t", "\r\n ");

/** JSON text that looks like messages, with duplicate keys, escapes in keys and odd spaces. */
const rawJson = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, rawNumber, rawString, fc.constantFrom("null", "true", "false", '"2.0"'), tie("object"), tie("array")),
  object: fc.array(fc.tuple(space, rawKey, space, space, tie("value"), space), { maxLength: 7 })
    .map((members) => `{${members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(",")}}`),
  array: fc.array(fc.tuple(space, tie("value"), space), { maxLength: 4 }).map((elements) => `[${elements.map((element) => element.join("")).join(",")}]`),
}));

describe("envelope", () => {
  it("says what JSON.parse says of messages of all shapes", () => {
    fc.assert(fc.property(rawJson.object, compare), { numRuns: 3_000 });
  });

  it("says what JSON.parse says of any JSON", () => {
    fc.assert(fc.property(space, rawJson.value, space, (before, text, after) => compare(`${before}${text}${after}`)), { numRuns: 1_000 });
  });

  it("says what JSON.parse says of JSON with a flaw", () => {
    fc.assert(fc.property(rawJson.object, fc.nat(), fc.constantFrom("", '"', "{", "}", ",", ":", "\\", "\u0001", "0", "-", ".", "e", "x", "\n"), (text, position, flaw) => {
      const at = position % text.length;
      compare(text.slice(0, at) + flaw + text.slice(at + 1));
    }), { numRuns: 3_000 });
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readEnvelope(Buffer.from(bytes));
      readTornEnvelope(Buffer.from(bytes), Buffer.from(bytes));
    }), { numRuns: 2_000 });
  });

  it("is not led astray by what lies deeper", () => {
    compare('{"jsonrpc":"2.0","params":{"id":9,"method":"no","_meta":{"id":8,"progressToken":"t","params":{}},"progressToken":1},"id":1,"method":"yes","result":{"id":2}}');
  });

  it("takes the last of members that are there twice", () => {
    compare('{"id":1,"id":"2","method":"a","method":"b","params":{"_meta":{"progressToken":1}},"params":{"_meta":{"progressToken":2},"_meta":{}}}');
    compare('{"method":"a","params":{"progressToken":1,"requestId":2},"params":[]}');
  });

  it("reads keys that are written with escapes", () => {
    compare('{"\\u0069\\u0064":1,"m\\u0065thod":"\\u0061"}');
  });

  it("finds the bytes of an id as they were written", () => {
    for (const id of ["0", "-1", "1.0", "1e400", "-0", "12345678901234567890", '""', '"\\u0041"', '"\\ud800"', '"a,}"']) {
      const bytes = Buffer.from(`{"jsonrpc":"2.0", "id" : ${id} ,"method":"x"}`);
      const envelope = readEnvelope(bytes);
      expect(envelope.kind === "request" && rawOf(bytes, envelope.id).toString()).to.equal(id);
    }
  });

  it("does not fill the call stack with a nest a million deep", () => {
    const depth = 1_000_000;
    expect(readEnvelope(Buffer.from(`{"id":1,"method":"x","params":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`)).kind).to.equal("request");
    expect(readEnvelope(Buffer.from('{"a":'.repeat(depth))).kind).to.equal("invalid");
  });

  describe("of a message that was torn", () => {
    for (const { what, head, tail, kind, id } of [
      { what: "an id before the large part", head: '{"jsonrpc":"2.0","id":5,"result":{"a":"xxx', tail: 'xxx"}}', kind: "response", id: "5" },
      { what: "an id behind it, as the SDK writes", head: '{"result":{"a":"xxx', tail: 'xxx"},"jsonrpc":"2.0","id":"five"}', kind: "response", id: '"five"' },
      { what: "a request", head: '{"method":"sampling/createMessage","params":{"a":"xxx', tail: 'xxx"},"jsonrpc":"2.0","id":0}', kind: "request", id: "0" },
      { what: "what looks like an id but is text", head: '{"result":{"a":"xxx', tail: 'xxx {\\"id\\":7}"}}', kind: "response", id: undefined },
      { what: "an id of something deeper", head: '{"result":{"a":"xxx', tail: 'xxx","id":7}}', kind: "response", id: undefined },
      { what: "noise", head: "xxx", tail: "xxx", kind: "unknown", id: undefined },
    ]) {
      it(`knows ${what}`, () => {
        const torn = readTornEnvelope(Buffer.from(head), Buffer.from(tail));
        expect({ kind: torn.kind, id: torn.id?.toString() }).to.deep.equal({ kind, id });
      });
    }
  });
});

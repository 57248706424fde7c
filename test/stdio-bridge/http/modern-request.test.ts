/** What HTTP requests of 2026-07-28 ask for, and what is none of them. */

import { expect } from "chai";
import fc from "fast-check";
import { readModernRequest, type ModernHead } from "../../../stdio-bridge/http/modern-request.js";
import { readHeaderText } from "../../../stdio-bridge/jsonrpc/header-text.js";
import { golden } from "../../golden.js";

/** null: no such header. */
interface Case extends Partial<Record<"method" | "target" | "accept", string>>, Partial<Record<"contentType" | "protocolVersion" | "mcpMethod" | "mcpName", string | null>> { readonly body?: string }

describe("MCP request of 2026-07-28", () => {
  golden<Readonly<Record<string, Case>>>("test/testdata/modern-request", (cases) => Object.fromEntries(Object.entries(cases).map(([name, given]) => [name, read(given)])));

  it("never fails on any body", () => {
    fc.assert(fc.property(fc.uint8Array(), fc.boolean(), (bytes, isModern) => {
      readModernRequest(isModern ? usual : { ...usual, protocolVersion: undefined }, Buffer.from(bytes));
    }));
    fc.assert(fc.property(fc.json(), (text) => {
      readModernRequest(usual, Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${text}}`));
    }));
  });

  it("reads any text that was wrapped for a header, and leaves what was not", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(readHeaderText(`=?base64?${Buffer.from(text).toString("base64")}?=`)).to.equal(text);
    }));
    expect(readHeaderText(" \tplain\t ")).to.equal("plain");
    expect(readHeaderText("=?base64?")).to.equal("=?base64?");
  });
});

const usual: ModernHead = {
  method: "POST", target: "/files", accept: "application/json, text/event-stream", contentType: "application/json", sessionId: undefined,
  protocolVersion: "2026-07-28", lastEventId: undefined, mcpMethod: "tools/list", mcpName: undefined,
};

function read({ body, ...given }: Case): unknown {
  const head = Object.fromEntries(Object.entries({ ...usual, ...given }).map(([name, value]) => [name, value ?? undefined])) as unknown as ModernHead; // Without nulls it is one.
  const bytes = Buffer.from(body ?? "");
  const decision = readModernRequest(head, bytes);
  if (decision === undefined) return "of an older revision";
  if (decision.kind === "refuse") return JSON.parse(JSON.stringify({ ...decision, id: decision.id?.toString() })) as unknown;
  if (decision.kind === "modern_tell") return decision;
  const { kind, serverName, accepts, claims } = decision;
  const pieces = Object.fromEntries(Object.entries(claims).map(([name, piece]) => [name, piece !== undefined && "start" in piece ? bytes.toString("utf8", piece.start, piece.end) : piece]));
  return JSON.parse(JSON.stringify({ kind, serverName, accepts, claims: { ...pieces, params: undefined } })) as unknown;
}

/** What HTTP requests ask for, by the rules of the protocol. */

import { golden } from "../../golden.js";
import { readRequest, type RequestHead } from "../../../stdio-bridge/http/mcp-request.js";

/** A content type of null: no such header. */
interface Case extends Partial<Omit<RequestHead, "contentType">> { readonly body?: string; readonly contentType?: string | null }

describe("MCP request", () => {
  golden<Readonly<Record<string, Case>>>("test/testdata/mcp-request", (cases) =>
    Object.fromEntries(Object.entries(cases).map(([name, { body, ...head }]) => [name, read(head, body ?? "")])));
});

const usual: RequestHead = {
  method: "POST", target: "/files", accept: "application/json, text/event-stream", contentType: "application/json", sessionId: undefined, protocolVersion: undefined, lastEventId: undefined,
};

function read({ contentType, ...head }: Omit<Case, "body">, body: string): unknown {
  const decision = readRequest({ ...usual, ...head, contentType: contentType === null ? undefined : (contentType ?? usual.contentType) }, Buffer.from(body));
  // Without what is undefined, and with an id that can be read.
  return JSON.parse(JSON.stringify(decision.kind === "refuse" ? { ...decision, id: decision.id?.toString() } : decision.kind === "batch" ? { ...decision, parts: decision.parts.map(({ bytes, envelope }) => ({ bytes: bytes.toString(), kind: envelope.kind })) } : decision)) as unknown;
}

/** What is taken from a delta response, and what is said to it. */

import { expect } from "chai";
import { encodeMessage } from "../../../protos/encode.js";
import { readResponse, stdioServerTypeUrl } from "../../../stdio-bridge/control/subscription.js";
import type { StdioServer } from "../../../protos/gen/mcp_mesh/v1/StdioServer.js";

const good: StdioServer = { command: ["program"], pool: { max: 1, idle_timeout: { seconds: 1 }, queue_timeout: { seconds: 1 } }, max_message_bytes: 1, sessions: { keys: [{ id: 1, key: Buffer.alloc(32) }], max_age: { seconds: 1 } } };
const resource = (name: string, message: StdioServer, type_url = stdioServerTypeUrl) =>
  ({ name, version: `version of ${name}`, aliases: [], resource: { type_url, value: Buffer.from(encodeMessage("mcp_mesh.v1.StdioServer", { name, ...message })) } });

describe("subscription", () => {
  it("takes what is good and passes on what is removed", () => {
    const read = readResponse({ resources: [resource("a", good), resource("b", good)], removed_resources: ["c"] });
    expect(read.changed.map(({ name, version }) => [name, version])).to.deep.equal([["a", "version of a"], ["b", "version of b"]]);
    expect(read.removed).to.deep.equal(["c"]);
    expect(read.refused).to.equal(undefined);
  });

  it("names all that it refuses, and takes the rest", () => {
    const torn = { name: "torn", version: "v", aliases: [], resource: { type_url: stdioServerTypeUrl, value: Buffer.from([0x0a, 0xff]) } };
    const read = readResponse({ resources: [resource("empty", { ...good, command: [] }), resource("a", good), resource("other", good, "type.googleapis.com/other"), torn], removed_resources: [] });
    expect(read.changed.map(({ name }) => name)).to.deep.equal(["a"]);
    expect(read.refused?.split("\n")).to.deep.equal([
      'stdio server "empty": command is empty: it needs a program',
      `resource "other" is of type "type.googleapis.com/other", not ${stdioServerTypeUrl}`,
      'stdio server "torn": its bytes are no StdioServer',
    ]);
  });
});

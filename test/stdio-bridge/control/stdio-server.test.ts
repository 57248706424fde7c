/** Which StdioServer resources are taken, and what is said of the others. */

import { golden } from "../../golden.js";
import { readStdioServer } from "../../../stdio-bridge/control/stdio-server.js";
import type { StdioServer__Output } from "../../../protos/gen/mcp_mesh/v1/StdioServer.js";

interface Case { readonly name: string; readonly message: StdioServer__Output }

describe("stdio server resource", () => {
  golden<Case>("test/testdata/stdio-server", ({ name, message }) => {
    const read = readStdioServer(name, "v1", { ...message, command: message.command ?? [] });
    if (read.kind === "bad") return read;
    return { ...read, server: { ...read.server, sessionKeys: read.server.sessionKeys.map(({ id, key }) => `${id} ${Buffer.from(key).toString()}`) } };
  });
});

/** One registry for every way to run the mesh, and the calls that it must answer in each. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../protos/project-root.js";
import { callTool, openSession, toolText } from "./ask.js";

const tinyServer = readFileSync(join(projectRoot, "test/e2e/cluster/fixtures/tiny-server.mjs"), "utf8");

/** An HTTP server under the name that it has on the network, and a stdio server that asks for nothing but Node. */
export const oneRegistry = {
  servers: {
    everything: { endpoint: "http://everything:3001", health_check: { type: "http", path: "/healthz", interval: "1s", unhealthy_threshold: 1 } },
    notes: { cmd: ["node", "--input-type=module", "-e", tinyServer.replaceAll("${", () => "$${")], working_dir: "/data", labels: { team: "docs" } },
  },
};

export async function expectCalls(url: string): Promise<void> {
  expect(await say("/everything", "echo", { message: "one registry" })).to.include("one registry");
  expect(await say("/notes", "echo", { text: "one registry" })).to.equal("one registry");

  async function say(path: string, tool: string, args: Readonly<Record<string, unknown>>): Promise<string> {
    const session = await openSession(url, path);
    return toolText(await callTool(url, path, tool, args, { headers: { "mcp-session-id": session } }));
  }
}

/** Real MCP clients of both SDK generations, as a user's program has them. */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";

export interface McpClient {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  text(tool: string, args?: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

/** A client that answers sampling with `sampled by NAME`, elicitation with its name, and roots with one folder of its name. */
export async function connectClient(base: string, path: string, name = "e2e"): Promise<McpClient> {
  const client = new Client({ name, version: "1.0.0" }, { capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } } });
  client.setRequestHandler(CreateMessageRequestSchema, () => ({ model: "none", role: "assistant", content: { type: "text", text: `sampled by ${name}` } }));
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { name } }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: `file:///${name}`, name }] }));
  const transport = new StreamableHTTPClientTransport(new URL(path, base));
  // The SDK's own class does not fit its own interface under exactOptionalPropertyTypes.
  await client.connect(transport as Transport);
  return {
    client,
    transport,
    text: async (tool, args = {}) => {
      const { content } = await client.callTool({ name: tool, arguments: args });
      return (content as readonly { readonly text?: string }[]).map(({ text }) => text ?? "").join("\n"); // Tools may answer otherwise; those of these tests do not.
    },
    stop: async () => {
      // By itself the SDK only hangs up, and the session stays until it is idle for long enough.
      await transport.terminateSession().catch(() => undefined);
      await client.close();
    },
  };
}

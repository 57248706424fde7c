/** Real MCP clients of both SDK generations over every transport, behind one face. */

import { Client as LaterClient, SSEClientTransport as LaterSse, StreamableHTTPClientTransport as LaterStreamable, type Transport as LaterTransport, type VersionNegotiationMode } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema, ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { WebSocket } from "ws";

// The SDK's transport wants the browser's WebSocket, which Node has from version 22 on; ws has the same interface.
Object.assign(globalThis, { WebSocket });

export type TransportName = "Streamable HTTP" | "HTTP+SSE" | "WebSocket";
export const transportNames: readonly TransportName[] = ["Streamable HTTP", "HTTP+SSE", "WebSocket"];

export interface Calling {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { readonly progress: number }) => void;
}

/** Answers sampling with `sampled by NAME`, elicitation with its name, and roots with one folder of its name. */
export interface SomeClient {
  toolNames(): Promise<readonly string[]>;
  /** The texts of a tool's answer. */
  text(tool: string, args?: Record<string, unknown>, calling?: Calling): Promise<string>;
  resourceUris(): Promise<readonly string[]>;
  /** Each change of it that the client is told of. */
  subscribe(uri: string, onUpdated: (uri: string) => void): Promise<void>;
  stop(): Promise<void>;
}

export interface Generation {
  readonly name: string;
  connect(base: string, id: string, transport?: TransportName, clientName?: string): Promise<SomeClient>;
}

const capabilities = { sampling: {}, elicitation: {}, roots: { listChanged: true } };
const sampled = (name: string) => ({ model: "none", role: "assistant" as const, content: { type: "text" as const, text: `sampled by ${name}` } });
const elicited = (name: string) => ({ action: "accept" as const, content: { name } });
const roots = (name: string) => ({ roots: [{ uri: `file:///${name}`, name }] });

const earlier: Generation = {
  name: "the SDK's first generation",
  connect: async (base, id, transportName = "Streamable HTTP", name = "e2e") => {
    const client = new Client({ name, version: "1.0.0" }, { capabilities });
    client.setRequestHandler(CreateMessageRequestSchema, () => sampled(name));
    client.setRequestHandler(ElicitRequestSchema, () => elicited(name));
    client.setRequestHandler(ListRootsRequestSchema, () => roots(name));
    const transport = makeTransport(base, id, transportName);
    // The SDK's own classes do not fit its own interface under exactOptionalPropertyTypes.
    await client.connect(transport as Transport);
    return {
      toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
      text: async (tool, args = {}, calling = {}) => toText((await client.callTool({ name: tool, arguments: args }, undefined, { ...calling })).content),
      resourceUris: async () => (await client.listResources()).resources.map(({ uri }) => uri),
      subscribe: async (uri, onUpdated) => {
        client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => onUpdated(params.uri));
        await client.subscribeResource({ uri });
      },
      stop: async () => {
        // By itself the SDK only hangs up, and the session stays until it is idle for long enough.
        if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession().catch(() => undefined);
        await client.close();
      },
    };
  },
};

export function laterGeneration(mode: VersionNegotiationMode = "legacy"): Generation {
  return {
    name: `the SDK's second generation${mode === "legacy" ? "" : `, ${typeof mode === "string" ? mode : mode.pin}`}`,
    connect: async (base, id, transportName = "Streamable HTTP", name = "e2e") => {
      const client = new LaterClient({ name, version: "1.0.0" }, { capabilities, versionNegotiation: { mode } });
      client.setRequestHandler("sampling/createMessage", () => sampled(name));
      client.setRequestHandler("elicitation/create", () => elicited(name));
      client.setRequestHandler("roots/list", () => roots(name));
      const transport = makeLaterTransport(base, id, transportName);
      await client.connect(transport);
      return {
        toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
        text: async (tool, args = {}, calling = {}) => toText((await client.callTool({ name: tool, arguments: args }, { ...calling })).content),
        resourceUris: async () => (await client.listResources()).resources.map(({ uri }) => uri),
        subscribe: async (uri, onUpdated) => {
          client.setNotificationHandler("notifications/resources/updated", ({ params }) => onUpdated(params.uri));
          await client.subscribeResource({ uri });
        },
        stop: async () => {
          if (transport instanceof LaterStreamable) await transport.terminateSession().catch(() => undefined);
          await client.close();
        },
      };
    },
  };
}

/** Both as users have them, in sessions. */
export const generations: readonly Generation[] = [earlier, laterGeneration()];

function makeTransport(base: string, id: string, name: TransportName): StreamableHTTPClientTransport | SSEClientTransport | WebSocketClientTransport {
  switch (name) {
    case "Streamable HTTP": return new StreamableHTTPClientTransport(new URL(`/${id}`, base));
    case "HTTP+SSE": return new SSEClientTransport(new URL(`/${id}/sse`, base));
    case "WebSocket": return new WebSocketClientTransport(new URL(`/${id}`, base.replace("http", "ws")));
  }
}

function makeLaterTransport(base: string, id: string, name: TransportName): LaterTransport {
  switch (name) {
    case "Streamable HTTP": return new LaterStreamable(new URL(`/${id}`, base));
    case "HTTP+SSE": return new LaterSse(new URL(`/${id}/sse`, base));
    // The second generation has none of its own; the first one's does the same, under types of the same shape.
    case "WebSocket": return makeTransport(base, id, name) as unknown as LaterTransport;
  }
}

function toText(content: unknown): string {
  return (content as readonly { readonly text?: string }[]).map(({ text }) => text ?? "").join("\n"); // Tools may answer otherwise; those of these tests do not.
}

/** Clients of both SDK generations in their older revisions, told apart by nothing but their name. */

import { Client as LaterClient, StreamableHTTPClientTransport as LaterTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema, LoggingMessageNotificationSchema, PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema, ResourceUpdatedNotificationSchema, ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { WebSocket } from "ws";
import { Heard } from "./stdio-bridge/heard.js";

export interface ElderOptions {
  readonly name?: string;
  /** What it says to elicitation; absent: its name, accepted. "refuses": it answers with an error. */
  readonly elicits?: "decline" | "refuses";
  readonly capabilities?: Record<string, object>;
}

export interface CallOptions { readonly onprogress?: (progress: { readonly progress: number }) => void; readonly signal?: AbortSignal }

/** What tests want of a client, whichever it is. */
export interface ElderClient {
  readonly client: Pick<Client, "listTools" | "listPrompts" | "listResources" | "listResourceTemplates" | "ping" | "getServerCapabilities" | "getServerVersion" | "getInstructions" | "close">;
  /** Methods of notifications, and of updates the URI, of logs what they tell. */
  readonly heard: Heard<string>;
  call(tool: string, args?: Record<string, unknown>, options?: CallOptions): Promise<string>;
  read(uri: string): Promise<string>;
  prompt(name: string, args: Record<string, string>): Promise<string>;
  complete(prompt: string, argument: string, value: string): Promise<readonly string[]>;
  subscribe(uri: string): Promise<unknown>;
  unsubscribe(uri: string): Promise<unknown>;
  setLevel(level: "debug" | "error"): Promise<unknown>;
  /** Ends the session too, which closing alone does not. */
  stop(): Promise<void>;
}

/** By the kind of client and transport. The address is that of the server, without a slash at its end. */
export const elderClients = {
  "the first SDK over Streamable HTTP": (url: string, options?: ElderOptions) => connectFirst(new StreamableHTTPClientTransport(new URL(url)), options),
  "the first SDK over HTTP+SSE": (url: string, options?: ElderOptions) => connectFirst(new SSEClientTransport(new URL(`${url}/sse`)), options),
  "the first SDK over WebSocket": (url: string, options?: ElderOptions) => {
    // Its transport wants the browser's WebSocket, which Node has from version 22 on; ws has the same interface.
    Object.assign(globalThis, { WebSocket });
    return connectFirst(new WebSocketClientTransport(new URL(url.replace(/^http/, "ws"))), options);
  },
  "the second SDK over Streamable HTTP": (url: string, options?: ElderOptions) => connectLater(new LaterTransport(new URL(url)), options),
} as const;

const everything = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };
const sampled = { model: "none", role: "assistant", content: { type: "text", text: "the sea" } } as const;
const noUser = "nobody is there to be asked";

async function connectFirst(transport: object, { name = "elder", elicits, capabilities = everything }: ElderOptions = {}): Promise<ElderClient> {
  const client = new Client({ name, version: "1" }, { capabilities });
  const heard = new Heard<string>();
  if ("roots" in capabilities) client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: `file:///${name}` }] }));
  if ("sampling" in capabilities) client.setRequestHandler(CreateMessageRequestSchema, () => sampled);
  if ("elicitation" in capabilities) client.setRequestHandler(ElicitRequestSchema, () => elicitedBy(name, elicits));
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => heard.hear(String(params.data)));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => heard.hear(params.uri));
  for (const schema of [ToolListChangedNotificationSchema, PromptListChangedNotificationSchema, ResourceListChangedNotificationSchema]) client.setNotificationHandler(schema, ({ method }) => heard.hear(method));
  // The SDK's own classes do not fit its own interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  return {
    client,
    heard,
    call: async (tool, args = {}, options = {}) => textOf(await client.callTool({ name: tool, arguments: args }, undefined, options)),
    read: async (uri) => textOf(await client.readResource({ uri })),
    prompt: async (prompt, args) => textOf(await client.getPrompt({ name: prompt, arguments: args })),
    complete: async (prompt, argument, value) => (await client.complete({ ref: { type: "ref/prompt", name: prompt }, argument: { name: argument, value } })).completion.values,
    subscribe: (uri) => client.subscribeResource({ uri }),
    unsubscribe: (uri) => client.unsubscribeResource({ uri }),
    setLevel: (level) => client.setLoggingLevel(level),
    stop: () => stop(client, transport),
  };
}

async function connectLater(transport: Parameters<LaterClient["connect"]>[0], { name = "elder", elicits, capabilities = everything }: ElderOptions = {}): Promise<ElderClient> {
  const client = new LaterClient({ name, version: "1" }, { capabilities, versionNegotiation: { mode: "legacy" } });
  const heard = new Heard<string>();
  if ("roots" in capabilities) client.setRequestHandler("roots/list", () => ({ roots: [{ uri: `file:///${name}` }] }));
  if ("sampling" in capabilities) client.setRequestHandler("sampling/createMessage", () => sampled);
  if ("elicitation" in capabilities) client.setRequestHandler("elicitation/create", () => elicitedBy(name, elicits));
  client.setNotificationHandler("notifications/message", ({ params }) => heard.hear(String(params.data)));
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => heard.hear(params.uri));
  for (const list of ["tools", "prompts", "resources"] as const) client.setNotificationHandler(`notifications/${list}/list_changed`, ({ method }) => heard.hear(method));
  await client.connect(transport);
  return {
    client: client as unknown as ElderClient["client"], // The same methods, declared with other words.
    heard,
    call: async (tool, args = {}, options = {}) => textOf(await client.callTool({ name: tool, arguments: args }, options)),
    read: async (uri) => textOf(await client.readResource({ uri })),
    prompt: async (prompt, args) => textOf(await client.getPrompt({ name: prompt, arguments: args })),
    complete: async (prompt, argument, value) => (await client.complete({ ref: { type: "ref/prompt", name: prompt }, argument: { name: argument, value } })).completion.values,
    subscribe: (uri) => client.subscribeResource({ uri }),
    unsubscribe: (uri) => client.unsubscribeResource({ uri }),
    setLevel: (level) => client.setLoggingLevel(level),
    stop: () => stop(client, transport),
  };
}

async function stop(client: { close: () => Promise<void> }, transport: object): Promise<void> {
  // Where it ends with its connection there is nothing else to end.
  if ("terminateSession" in transport && typeof transport.terminateSession === "function") await (transport.terminateSession as () => Promise<void>)();
  await client.close();
}

function elicitedBy(name: string, elicits: ElderOptions["elicits"]): { action: "decline" } | { action: "accept"; content: { name: string } } {
  if (elicits === "refuses") throw new Error(noUser);
  return elicits === "decline" ? { action: "decline" } : { action: "accept", content: { name } };
}

/** All texts in what a server gave. */
function textOf(result: unknown): string {
  const texts: string[] = [];
  JSON.stringify(result, (key, value: unknown) => {
    if (key === "text" && typeof value === "string") texts.push(value);
    return value;
  });
  return texts.join("\n");
}

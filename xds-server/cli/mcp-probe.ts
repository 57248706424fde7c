/** Finds out whether a URL speaks MCP: over which transport, in which revisions, and what the server says of itself. */

import { readEvents } from "./event-stream.js";
import { ask, describe, describeError, isObject, maxAnswerLength, notify, send, toMessage, type Answer, type Exchange, type JsonRpcNotification, type JsonRpcRequest } from "./mcp-exchange.js";
import { whyNot } from "./admin-client.js";

export interface Probe {
  readonly url: string;
  readonly isMcp: boolean;
  readonly transport: "streamable-http" | "sse" | null;
  /** Those that the server named or agreed to. */
  readonly revisions: readonly string[];
  readonly server: { readonly name: string; readonly version: string } | null;
  readonly capabilities: readonly string[];
  /** Whether it gives its clients a session id. */
  readonly hasSessions: boolean;
  /** null: it has no tools, or does not tell. */
  readonly tools: number | null;
  /** What was asked, and in words what came. */
  readonly tried: readonly Attempt[];
}

export interface Attempt { readonly asked: string; readonly answered: string }

/** What one way of speaking has found out. */
type Found = Pick<Probe, "transport" | "revisions" | "server" | "capabilities" | "hasSessions" | "tools">;
type Tried = { readonly attempt: Attempt; readonly found?: Found };
/** A request and its answer, whichever way they travel. */
type Ask = (method: string, params: unknown) => Promise<Answer>;

const modernRevision = "2026-07-28";
const newestLegacyRevision = "2025-11-25";
const clientInfo = { name: "mcp-mesh-probe", version: "1" };
/** A server that hands out pages for ever ends here. */
const maxToolPages = 100;

export async function probe(exchange: Exchange): Promise<Probe> {
  const modern = await tryModern(exchange);
  const legacy = await tryStreamableHttp(exchange);
  const sse = modern.found === undefined && legacy.found === undefined ? await trySse(exchange) : undefined;
  const tries = [modern, legacy, ...(sse === undefined ? [] : [sse])];
  const found = tries.flatMap((tried) => (tried.found === undefined ? [] : [tried.found]));
  const nothing: Found = { transport: null, revisions: [], server: null, capabilities: [], hasSessions: false, tools: null };
  return {
    url: exchange.url.href,
    isMcp: found.length > 0,
    ...(found[0] ?? nothing),
    revisions: [...new Set(found.flatMap(({ revisions }) => revisions))].sort().reverse(),
    hasSessions: found.some(({ hasSessions }) => hasSessions),
    tried: tries.map(({ attempt }) => attempt),
  };
}

/** Stateless: every request carries what `initialize` used to agree on. */
async function tryModern(exchange: Exchange): Promise<Tried> {
  const asked = `server/discover (${modernRevision})`;
  const meta = "io.modelcontextprotocol";
  const _meta = { [`${meta}/protocolVersion`]: modernRevision, [`${meta}/clientCapabilities`]: {}, [`${meta}/clientInfo`]: clientInfo };
  let lastId = 0;
  const askModern: Ask = async (method, params) =>
    ask(exchange, toRequest(++lastId, method, { ...(isObject(params) ? params : {}), _meta }), { "mcp-protocol-version": modernRevision, "mcp-method": method });

  const answer = await askModern("server/discover", {});
  if (answer.kind === "failed") return { attempt: { asked, answered: answer.text } };
  const { supportedVersions, capabilities, serverInfo, _meta: itsMeta } = answer.result;
  if (!Array.isArray(supportedVersions)) return { attempt: { asked, answered: "a result without supportedVersions" } };
  const revisions = supportedVersions.filter((version) => typeof version === "string");
  const server = toServer(isObject(itsMeta) ? (itsMeta[`${meta}/serverInfo`] ?? serverInfo) : serverInfo);
  const tools = await countTools(askModern, capabilities);
  return {
    attempt: { asked, answered: `supports ${revisions.join(", ")}` },
    found: { transport: "streamable-http", revisions, server, capabilities: namesOf(capabilities), hasSessions: false, tools },
  };
}

async function tryStreamableHttp(exchange: Exchange): Promise<Tried> {
  const asked = `initialize (${newestLegacyRevision})`;
  const answer = await ask(exchange, initialize, {});
  if (answer.kind === "failed") return { attempt: { asked, answered: answer.text } };
  const { sessionId } = answer;
  const revision = String(answer.result["protocolVersion"]);
  const headers = { "mcp-protocol-version": revision, ...(sessionId === undefined ? {} : { "mcp-session-id": sessionId }) };
  let lastId = initialize.id;
  const askLegacy: Ask = async (method, params) => ask(exchange, toRequest(++lastId, method, params), headers);
  try {
    await notify(exchange, initialized, headers);
    return await toLegacy("streamable-http", asked, answer.result, sessionId !== undefined, askLegacy);
  } finally {
    if (sessionId !== undefined) await endSession(exchange, headers);
  }
}

/** The transport of 2024-11-05: a GET opens a stream, whose first event says where to POST; answers come on the stream. */
async function trySse(exchange: Exchange): Promise<Tried> {
  const asked = "GET with Accept: text/event-stream (HTTP+SSE of 2024-11-05)";
  try {
    const response = await send(exchange, "GET", { accept: "text/event-stream" });
    if (response.body === null || !response.ok || response.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
      await response.body?.cancel();
      return { attempt: { asked, answered: describe(response) } };
    }
    const events = readEvents(response.body, maxAnswerLength);
    try {
      return await speakSse(exchange, asked, events);
    } finally {
      await events.return(undefined);
    }
  } catch (error) {
    return { attempt: { asked, answered: whyNot(error) } };
  }
}

async function speakSse(exchange: Exchange, asked: string, events: ReturnType<typeof readEvents>): Promise<Tried> {
  const first = await events.next();
  if (first.done === true || first.value.event !== "endpoint") return { attempt: { asked, answered: "a stream whose first event is not the endpoint" } };
  const endpoint = new URL(first.value.data, exchange.url);
  // The headers may hold a key, which belongs to the server that the user named only.
  if (endpoint.origin !== exchange.url.origin) return { attempt: { asked, answered: `an endpoint on another origin, ${endpoint.origin}` } };

  const there = { ...exchange, url: endpoint };
  const askSse = async (request: JsonRpcRequest): Promise<Answer> => {
    const refusal = await notify(there, request, {});
    if (refusal !== undefined) return { kind: "failed", text: refusal };
    for (let next = await events.next(); next.done !== true; next = await events.next()) {
      const message = toMessage(next.value.data);
      if (message?.["id"] !== request.id || message["method"] !== undefined) continue;
      return isObject(message["result"]) ? { kind: "result", result: message["result"] } : { kind: "failed", text: describeError(message["error"]) };
    }
    return { kind: "failed", text: "the stream ended before the answer" };
  };

  const answer = await askSse(initialize);
  if (answer.kind === "failed") return { attempt: { asked, answered: answer.text } };
  await notify(there, initialized, {});
  let lastId = initialize.id;
  return toLegacy("sse", asked, answer.result, false, async (method, params) => askSse(toRequest(++lastId, method, params)));
}

const initialize: JsonRpcRequest = toRequest(1, "initialize", { protocolVersion: newestLegacyRevision, capabilities: {}, clientInfo });
const initialized: JsonRpcNotification = { jsonrpc: "2.0", method: "notifications/initialized" };

async function toLegacy(transport: "streamable-http" | "sse", asked: string, result: Readonly<Record<string, unknown>>, hasSessions: boolean, askLegacy: Ask): Promise<Tried> {
  const { protocolVersion, capabilities, serverInfo } = result;
  if (typeof protocolVersion !== "string") return { attempt: { asked, answered: "a result without protocolVersion" } };
  const tools = await countTools(askLegacy, capabilities);
  return {
    attempt: { asked, answered: `speaks ${protocolVersion}` },
    found: { transport, revisions: [protocolVersion], server: toServer(serverInfo), capabilities: namesOf(capabilities), hasSessions, tools },
  };
}

async function countTools(askFor: Ask, capabilities: unknown): Promise<number | null> {
  if (!isObject(capabilities) || capabilities["tools"] === undefined) return null;
  let count = 0;
  let cursor: unknown;
  for (let page = 0; page < maxToolPages; page++) {
    const answer = await askFor("tools/list", cursor === undefined ? {} : { cursor });
    if (answer.kind === "failed" || !Array.isArray(answer.result["tools"])) return null;
    count += answer.result["tools"].length;
    cursor = answer.result["nextCursor"];
    if (typeof cursor !== "string") return count;
  }
  return count;
}

/** A session that nobody ends would live on the server until it is idle for long. Some servers do not allow the end: then so be it. */
async function endSession(exchange: Exchange, headers: Readonly<Record<string, string>>): Promise<void> {
  const response = await send(exchange, "DELETE", headers).catch(() => undefined);
  await response?.body?.cancel();
}

function toRequest(id: number, method: string, params: unknown): JsonRpcRequest {
  return { jsonrpc: "2.0", id, method, params };
}

function toServer(serverInfo: unknown): Probe["server"] {
  return isObject(serverInfo) ? { name: String(serverInfo["name"]), version: String(serverInfo["version"]) } : null;
}

function namesOf(capabilities: unknown): readonly string[] {
  return isObject(capabilities) ? Object.keys(capabilities).sort() : [];
}

/** The block that `mcp-mesh up` prints once the mesh is ready: addresses, a call to paste, the clients' configuration (pure). */

import type { ServerStatus } from "../../admin/status.js";
import type { Paint } from "../output.js";

export interface BlockInput {
  readonly servers: readonly ServerStatus[];
  /** Something of the registry could not be used; what, has been told already. */
  readonly hasErrors: boolean;
  readonly adminUrl: string;
  /** The demo's registry is used, so its tools are known. */
  readonly isDemo: boolean;
}

const shownServers = 20;

export function toBlock(input: BlockInput, paint: Paint): string {
  const served = input.servers.filter(hasUrl);
  const shown = served.slice(0, shownServers);
  const example = toExample(input, served);
  const paragraphs = [
    paint.bold("MCP Mesh is ready."),
    served.length === 0 ? toNothingServed(input) : [toServerLines(shown, served.length, paint), ...toLeftOut(input.servers, paint)].join("\n"),
    ...(example === undefined ? [] : [paint.bold(`${example.title}, to paste into a shell:`), toSnippet(example)]),
    ...(shown.length === 0 ? [] : [paint.bold("For MCP clients:"), toClientConfiguration(shown)]),
    `${paint.bold("Status:")} ${paint.cyan(`${input.adminUrl}/status`)}   ${paint.dim("Ctrl-C ends everything.")}`,
  ];
  return `\n${paragraphs.join("\n\n")}\n`;
}

function toNothingServed({ hasErrors }: BlockInput): string {
  return hasErrors ? "No server can be served yet: mend what is said above in the registry, and within a second it is." : "No server is in the registry yet; add one and it is served within a second.";
}

function toLeftOut(servers: readonly ServerStatus[], paint: Paint): readonly string[] {
  const ids = servers.filter(({ state }) => state === "not_served").map(({ id }) => id);
  if (ids.length === 0) return [];
  const shown = ids.slice(0, shownServers).join(", ");
  return [paint.yellow(`  not served, for what is said above: ${shown}${ids.length > shownServers ? ` and ${ids.length - shownServers} more` : ""}`)];
}

type Served = ServerStatus & { readonly url: string };

function hasUrl(server: ServerStatus): server is Served {
  return server.url !== null;
}

function toServerLines(servers: readonly Served[], count: number, paint: Paint): string {
  const idWidth = Math.max(...servers.map(({ id }) => id.length));
  const urlWidth = Math.max(...servers.map(({ url }) => url.length));
  const lines = servers.map(({ id, url, ...server }) =>
    `  ${paint.bold(id.padEnd(idWidth))}  ${paint.cyan(url.padEnd(urlWidth))}  ${paint.dim(toRemark(server))}`.trimEnd());
  return [...lines, ...(count > servers.length ? [`  and ${count - servers.length} more: mcp-mesh servers list`] : [])].join("\n");
}

/** What kind it is, and how it is when it is not well. */
function toRemark({ kind, state, endpoints }: Pick<ServerStatus, "kind" | "state" | "endpoints">): string {
  const what = kind === "http" ? `http, ${endpoints.length} ${endpoints.length === 1 ? "endpoint" : "endpoints"}` : kind;
  if (state === "serving") return what;
  const reason = endpoints.find((endpoint) => endpoint.reason !== undefined)?.reason;
  return `${what}, ${state}${reason === undefined ? "" : `: ${reason}`}`;
}

interface Example { readonly title: string; readonly url: string; readonly request: object }

/** The demo's echo can be called by anybody; of a server that we do not know, only the list of its tools is asked. */
function toExample({ isDemo }: BlockInput, servers: readonly Served[]): Example | undefined {
  const echo = isDemo ? servers.find(({ id }) => id === "everything") : undefined;
  if (echo !== undefined) {
    return { title: "Call a tool", url: echo.url, request: { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo", arguments: { message: "hello" } } } };
  }
  const first = servers.find(({ state }) => state === "serving") ?? servers[0];
  return first === undefined ? undefined : { title: `List the tools of ${first.id}`, url: first.url, request: { jsonrpc: "2.0", id: 2, method: "tools/list" } };
}

/** One pasted command: it opens a session, as servers of the revisions up to 2025-11-25 want, calls, and ends the session. */
function toSnippet({ url, request }: Example): string {
  const initialize = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "curl", version: "1" } } };
  const initialized = { jsonrpc: "2.0", method: "notifications/initialized" };
  return [
    "(",
    `  mcp() { curl -sS ${quote(url)} -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' "$@"; }`,
    `  session=$(mcp -D - -o /dev/null -d ${quote(JSON.stringify(initialize))} | tr -d '\\r' | awk 'tolower($1) == "mcp-session-id:" { print $2 }')`,
    `  mcp -H "Mcp-Session-Id: $session" -d ${quote(JSON.stringify(initialized))}`,
    `  mcp -H "Mcp-Session-Id: $session" -d ${quote(JSON.stringify(request))}`,
    `  mcp -H "Mcp-Session-Id: $session" -X DELETE`,
    ")",
  ].join("\n");
}

/** For a shell: nothing inside is read by it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function toClientConfiguration(servers: readonly Served[]): string {
  const mcpServers = Object.fromEntries(servers.map(({ id, url }) => [id, { type: "http", url }]));
  // One server a line: long lists stay short, and each line can be taken alone.
  const lines = Object.entries(mcpServers).map(([id, entry]) => `    ${JSON.stringify(id)}: ${JSON.stringify(entry).replaceAll('":', '": ').replaceAll(',"', ', "')}`);
  return `{\n  "mcpServers": {\n${lines.join(",\n")}\n  }\n}`;
}

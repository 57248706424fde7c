/** An MCP server for pods of cluster tests: every answer names the pod, and it ends as a good server does. */

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { hostname } from "node:os";

const pod = hostname();
const port = Number(process.env["PORT"] ?? 8080);
/** How long it goes on answering after it was told to end. */
const lingerMs = Number(process.env["LINGER_MS"] ?? 0);
const sessions = new Set();
let isReady = process.env["READY"] !== "false";
let calls = 0;

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://pod");
  const answer = (status, value, headers = {}) => response.writeHead(status, { "content-type": "application/json", "x-pod": pod, ...headers }).end(JSON.stringify(value));
  if (pathname === "/healthz") return answer(isReady ? 200 : 503, { pod, isReady });
  if (pathname === "/ready" || pathname === "/unready") return answer(200, { isReady: (isReady = pathname === "/ready") });
  // As a process that is killed: nothing is answered, nothing is said.
  if (pathname === "/crash") return process.kill(process.pid, "SIGKILL");
  if (pathname !== "/mcp") return answer(404, { pod, path: pathname });
  const session = request.headers["mcp-session-id"];
  if (session !== undefined && !sessions.has(session)) return answer(404, { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } });
  if (request.method === "DELETE") return answer(sessions.delete(session) ? 200 : 404, {});
  if (request.method !== "POST") return answer(405, { jsonrpc: "2.0", id: null, error: { code: -32000, message: "Method not allowed" } });

  let text = "";
  for await (const chunk of request) text += chunk;
  const { id, method, params = {} } = JSON.parse(text);
  if (id === undefined) return response.writeHead(202, { "x-pod": pod }).end();
  calls += 1;
  if (method === "initialize") {
    const made = randomUUID();
    sessions.add(made);
    return answer(200, { jsonrpc: "2.0", id, result: { protocolVersion: params.protocolVersion ?? "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: pod, version: "1" } } }, { "mcp-session-id": made });
  }
  if (params.ms > 0) await new Promise((resolve) => setTimeout(resolve, params.ms));
  if (method === "tools/list") return answer(200, { jsonrpc: "2.0", id, result: { tools: [{ name: "whoami", inputSchema: { type: "object" } }] } });
  const result = method === "tools/call" ? { content: [{ type: "text", text: pod }] } : { pod, calls };
  return answer(200, { jsonrpc: "2.0", id, result });
});

// Node closes idle connections after 5 s by itself; Envoy gives up its own before that.
server.listen(port, () => console.log(`${pod} listens on ${port}`));
process.on("SIGTERM", () => {
  setTimeout(() => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  }, lingerMs);
});

/** The lifecycle as five MCP tools. */

import { McpServer, type CallToolResult, type ServerContext } from "@modelcontextprotocol/server";
import type { Logger } from "pino";
import { z } from "zod";
import { defaultSelector, maxNames, maxTimeoutSeconds } from "../../lifecycle/input-checks.js";
import { defaultTimeoutSeconds, type Lifecycle, type Outcome } from "../../lifecycle/lifecycle.js";
import { toErrorBody, toLifecycleError } from "../../lifecycle/lifecycle-error.js";
import { changeJson, errorJson, serverJson, statusJson, toChangeJson, toOutcomeJson, toServerJson, toStatusJson } from "../../lifecycle/wire.js";

export interface ToolsOptions {
  readonly version: string;
  readonly log: Logger;
  readonly lifecycle: () => Promise<Lifecycle>;
  /** How often a client that wants to know is told that it is still waited. Absent: 10 s. */
  readonly progressMs?: number;
}

const name = z.union([z.string(), z.array(z.string()).min(1).max(maxNames)]).describe("The name of the Deployment or StatefulSet, or a list of names.");
const namespace = z.string().optional().describe("The Kubernetes namespace. Absent: the mesh's own.");
const timeout = z.number().positive().max(maxTimeoutSeconds).default(defaultTimeoutSeconds).describe("How long to wait for readiness, in seconds.");

const listInput = z.strictObject({
  namespace: z.string().optional().describe("The Kubernetes namespace, or * for all. Absent: the mesh's own."),
  label_selector: z.string().default(defaultSelector).describe("Which workloads are MCP servers."),
});
const listOutput = z.object({ servers: z.array(serverJson).optional(), error: errorJson.optional() });

/** Of each name: how it is, or why that failed. `error`: the call as a whole has failed. */
function outputOf<T extends z.ZodType>(server: T) {
  return z.object({ results: z.array(z.object({ name: z.string(), server: server.optional(), error: errorJson.optional() })).optional(), error: errorJson.optional() });
}

const readOnly = { readOnlyHint: true, idempotentHint: true, destructiveHint: false, openWorldHint: false };
const starting = { readOnlyHint: false, idempotentHint: true, destructiveHint: false, openWorldHint: false };
const ending = { readOnlyHint: false, idempotentHint: true, destructiveHint: true, openWorldHint: false };

/** A server is made for each request, as nothing is kept between two: any xds-server can answer any of them. */
export function makeToolsServer({ version, log, lifecycle, progressMs = 10_000 }: ToolsOptions): McpServer {
  const mcpServer = new McpServer({ name: "mcp-mesh-admin", title: "MCP Mesh", version }, { instructions: "Lists, starts, stops and scales the MCP servers that run as Deployments or StatefulSets on Kubernetes." });
  const note = (operation: string, input: object, context: ServerContext): void => {
    log.info({ operation, ...input, client: context.http?.req?.headers.get("x-mcp-mesh-client") ?? undefined }, "a change of servers is asked for by a tool");
  };

  mcpServer.registerTool("list_mcp_servers", {
    title: "List MCP servers",
    description: "Lists the MCP servers on Kubernetes with their status, replicas and endpoints.",
    inputSchema: listInput,
    outputSchema: listOutput,
    annotations: readOnly,
  }, ({ namespace: where, label_selector: labelSelector }, context) => answer(async () => {
    const servers = await (await lifecycle()).list({ namespace: where, labelSelector, stop: stopOf(context) });
    return { content: { servers: servers.map(toServerJson) }, isError: false };
  }));

  mcpServer.registerTool("get_mcp_status", {
    title: "Status of an MCP server",
    description: "Tells how an MCP server is: replicas, endpoints, conditions, last activity, and why it is not ready.",
    inputSchema: z.strictObject({ name, namespace }),
    outputSchema: outputOf(statusJson),
    annotations: readOnly,
  }, (input, context) => answer(async () => toResults(await (await lifecycle()).status(namesOf(input), { namespace: input.namespace, stop: stopOf(context) }), toStatusJson)));

  mcpServer.registerTool("start_mcp", {
    title: "Start an MCP server",
    description: "Starts a stopped MCP server with one replica, and waits until it is ready. One that has replicas is left as it is.",
    inputSchema: z.strictObject({ name, namespace, wait_ready: z.boolean().default(true), timeout }),
    outputSchema: outputOf(changeJson),
    annotations: starting,
  }, (input, context) => answer(async () => {
    note("start_mcp", input, context);
    const { start } = await lifecycle();
    return toResults(await kept(context, progressMs, "waiting until it is ready", start(namesOf(input), { namespace: input.namespace, wait: input.wait_ready, timeoutSeconds: input.timeout, stop: stopOf(context) })), toChangeJson);
  }));

  mcpServer.registerTool("stop_mcp", {
    title: "Stop an MCP server",
    description: "Stops an MCP server: no replica is left. Its pods have their grace period to finish, but with force.",
    inputSchema: z.strictObject({ name, namespace, force: z.boolean().default(false).describe("End the pods at once, without their grace period.") }),
    outputSchema: outputOf(changeJson),
    annotations: ending,
  }, (input, context) => answer(async () => {
    note("stop_mcp", input, context);
    const { stop } = await lifecycle();
    return toResults(await kept(context, progressMs, "waiting until its pods are gone", stop(namesOf(input), { namespace: input.namespace, force: input.force, stop: stopOf(context) })), toChangeJson);
  }));

  mcpServer.registerTool("scale_mcp", {
    title: "Scale an MCP server",
    description: "Sets how many replicas an MCP server has, up or down; 0 stops it.",
    inputSchema: z.strictObject({ name, namespace, replicas: z.int().min(0).describe("How many; the mesh sets a limit, 10 unless told otherwise."), wait_ready: z.boolean().default(false), timeout }),
    outputSchema: outputOf(changeJson),
    annotations: ending,
  }, (input, context) => answer(async () => {
    note("scale_mcp", input, context);
    const { scale } = await lifecycle();
    return toResults(await kept(context, progressMs, "waiting until it is as wanted", scale(namesOf(input), { namespace: input.namespace, replicas: input.replicas, wait: input.wait_ready, timeoutSeconds: input.timeout, stop: stopOf(context) })), toChangeJson);
  }));
  return mcpServer;
}

interface Answer { readonly content: Readonly<Record<string, unknown>>; readonly isError: boolean }

/** What fails is the tool's result, so that a model can read it and do better. */
async function answer(work: () => Promise<Answer>): Promise<CallToolResult> {
  const { content, isError } = await work().catch((error: unknown): Answer => ({ content: { error: toErrorBody(toLifecycleError(error)) }, isError: true }));
  return { content: [{ type: "text", text: JSON.stringify(content) }], structuredContent: content, ...(isError ? { isError } : {}) };
}

function toResults<T>(outcomes: readonly Outcome<T>[], toJson: (value: T) => unknown): Answer {
  return { content: { results: outcomes.map((outcome) => toOutcomeJson(outcome, toJson)) }, isError: outcomes.some(({ kind }) => kind === "failed") };
}

function namesOf({ name: given }: { readonly name: string | readonly string[] }): readonly string[] {
  return typeof given === "string" ? [given] : given;
}

/** Many clients give up after a minute of silence, and a server may need longer to become ready, or to end; those that ask for progress are told of it. */
async function kept<T>({ mcpReq }: ServerContext, progressMs: number, message: string, work: Promise<T>): Promise<T> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return work;
  let progress = 0;
  const timer = setInterval(() => {
    progress += 1;
    // A client that has gone is noticed by the request's signal.
    mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, message } }).catch(() => undefined);
  }, progressMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** By a cancellation, and when the client has gone. */
function stopOf({ mcpReq, http }: ServerContext): AbortSignal {
  const gone = http?.req?.signal;
  return gone === undefined ? mcpReq.signal : AbortSignal.any([mcpReq.signal, gone]);
}

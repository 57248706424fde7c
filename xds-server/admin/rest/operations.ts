/** What the REST of the admin port offers, as data: requests are checked by it, and the OpenAPI document is made of it. */

import { z } from "zod";
import { maxTimeoutSeconds } from "../../lifecycle/input-checks.js";
import { defaultTail, maxTail } from "../../lifecycle/server-logs.js";
import { changeJson, errorJson, eventJson, logLineJson, serverJson, statusJson } from "../../lifecycle/wire.js";

export interface Operation {
  readonly id: OperationId;
  readonly method: "GET" | "POST";
  /** `{names}`: one name, or several joined by commas. */
  readonly path: string;
  readonly summary: string;
  readonly query: z.ZodObject;
  /** Present with POST. */
  readonly body?: z.ZodObject;
  readonly answer: { readonly contentType: "application/json" | "text/event-stream" | "application/x-ndjson"; readonly schema: z.ZodType };
  /** Of several names some have failed: their part of the answer says so. */
  readonly partial?: z.ZodType;
}

export type OperationId = "listServers" | "watchServers" | "getServers" | "startServers" | "stopServers" | "scaleServers" | "readLogs";

const namespace = z.string().optional().describe("Absent: the xds-server's own.");
const namespaceOrAll = z.string().optional().describe("Absent: the xds-server's own. *: every namespace.");
const selector = z.string().optional().describe("Absent: app.kubernetes.io/component=mcp-server.");
const timeout = z.number().positive().max(maxTimeoutSeconds).default(300).describe("Seconds.");

export const listQuery = z.strictObject({ namespace: namespaceOrAll, label_selector: selector });
export const namedQuery = z.strictObject({ namespace });
export const logsQuery = z.strictObject({
  namespace,
  container: z.string().optional().describe("Absent: all."),
  tail: z.int().min(0).max(maxTail).default(defaultTail).describe("So many of the last lines of each container."),
  follow: z.boolean().default(false).describe("Goes on with what comes, also from pods that come."),
});
export const startBody = z.strictObject({ wait_ready: z.boolean().default(true), timeout });
export const stopBody = z.strictObject({
  force: z.boolean().default(false).describe("Pods get no grace period; waits until they are gone."),
  wait_gone: z.boolean().default(false),
  timeout,
});
export const scaleBody = z.strictObject({ replicas: z.int().min(0), wait_ready: z.boolean().default(false), timeout });

export const refusalJson = z.object({ error: errorJson.extend({ code: z.enum([...errorJson.shape.code.options, "refused"]) }) });

function oneOrSeveral(server: z.ZodType): { readonly answer: Operation["answer"]; readonly partial: z.ZodType } {
  const several = z.object({ results: z.array(z.object({ name: z.string(), server: server.optional(), error: errorJson.optional() })) });
  return { answer: { contentType: "application/json", schema: z.union([server, several]) }, partial: several };
}

export const operations: readonly Operation[] = [
  { id: "listServers", method: "GET", path: "/api/v1/servers", summary: "The MCP servers of a namespace, or of all", query: listQuery, answer: { contentType: "application/json", schema: z.object({ servers: z.array(serverJson) }) } },
  { id: "watchServers", method: "GET", path: "/api/v1/events", summary: "The servers, then each change of their state, as server-sent events", query: listQuery, answer: { contentType: "text/event-stream", schema: eventJson } },
  { id: "getServers", method: "GET", path: "/api/v1/servers/{names}", summary: "The state of a server, or of several", query: namedQuery, ...oneOrSeveral(statusJson) },
  { id: "startServers", method: "POST", path: "/api/v1/servers/{names}/start", summary: "From no replica to one; with replicas already, nothing changes", query: namedQuery, body: startBody, ...oneOrSeveral(changeJson) },
  { id: "stopServers", method: "POST", path: "/api/v1/servers/{names}/stop", summary: "To no replica", query: namedQuery, body: stopBody, ...oneOrSeveral(changeJson) },
  { id: "scaleServers", method: "POST", path: "/api/v1/servers/{names}/scale", summary: "To a number of replicas", query: namedQuery, body: scaleBody, ...oneOrSeveral(changeJson) },
  { id: "readLogs", method: "GET", path: "/api/v1/servers/{name}/logs", summary: "What the pods of a server write, a JSON object a line", query: logsQuery, answer: { contentType: "application/x-ndjson", schema: logLineJson } },
];

export const statusOfCode = { invalid_input: 400, not_found: 404, timeout: 504, api_error: 502 } as const;

/** Every status that an operation may refuse with. */
export const refusals: Readonly<Record<number, string>> = {
  400: "The input is not allowed (invalid_input).",
  401: "No bearer token, or another than that of --admin-token-file.",
  403: "A page of another site asks, or the port is open beyond this machine and has no token.",
  404: "No such server (not_found).",
  413: "The body is too long.",
  415: "The body is not application/json.",
  502: "The Kubernetes API has refused, with the status that the error names, or does not answer (api_error).",
  503: "This xds-server has no Kubernetes to speak to.",
  504: "Not ready, or not gone, in time (timeout).",
};

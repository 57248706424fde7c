/** The operations of the REST as an OpenAPI 3.1 document. */

import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { conditionJson, errorJson, serverJson, statusJson, changeJson, eventJson, logLineJson } from "../../lifecycle/wire.js";
import { operations, refusalJson, refusals, type Operation } from "./operations.js";

/** Whole ones before their parts. */
const named = { Refusal: refusalJson, ServerEvent: eventJson, ChangedServer: changeJson, ServerStatus: statusJson, Server: serverJson, Condition: conditionJson, LifecycleError: errorJson, LogLine: logLineJson } as const;
const definitions = Object.entries(named).map(([name, schema]) => [name, plainSchema(schema, "output")] as const);

export function toOpenApi(version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: toPathItem(operation) };
  return {
    openapi: "3.1.0",
    info: {
      title: "MCP Mesh: MCP servers on Kubernetes",
      version,
      description: "List, start, stop and scale the Deployments and StatefulSets labelled app.kubernetes.io/component=mcp-server. Beside it, the admin port answers /healthz, /readyz, /status and /metrics.",
    },
    servers: [{ url: "/" }],
    security: [{}, { token: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(definitions.map(([name, schema]) => [name, Object.fromEntries(Object.entries(schema).map(([key, member]) => [key, toReferences(member)]))])),
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "That of --admin-token-file; needed where one is set." } },
    },
  };
}

function toPathItem({ id, path, summary, query, body, answer, partial }: Operation): unknown {
  const [, inPath] = /\{(\w+)\}/.exec(path) ?? [];
  return {
    operationId: id,
    summary,
    parameters: [
      ...(inPath === undefined ? [] : [{ name: inPath, in: "path", required: true, schema: { type: "string" }, description: inPath === "names" ? "A name, or several joined by commas." : "A name." }]),
      ...Object.entries(query.shape).map(([name, schema]) => ({ name, in: "query", required: !(schema as z.ZodType).safeParse(undefined).success, ...described(schema as z.ZodType) })), // Every member of a zod object is a zod type.
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, content: { "application/json": { schema: toJsonSchema(body, "input") } } } }),
    responses: {
      200: { description: "Done.", content: { [answer.contentType]: { schema: toJsonSchema(answer.schema, "output") } } },
      ...(partial === undefined ? {} : { 207: { description: "Of several names some have failed.", content: { "application/json": { schema: toJsonSchema(partial, "output") } } } }),
      ...Object.fromEntries(Object.entries(refusals).filter(([status]) => body !== undefined || !["413", "415"].includes(status)).map(([status, description]) => [status, { description, content: { "application/json": { schema: toJsonSchema(refusalJson, "output") } } }])),
    },
  };
}

function described(schema: z.ZodType): { readonly description?: string; readonly schema: unknown } {
  const { description } = schema;
  return { ...(description === undefined ? {} : { description }), schema: toJsonSchema(schema, "input") };
}

function toJsonSchema(schema: z.ZodType, io: "input" | "output"): unknown {
  return toReferences(plainSchema(schema, io));
}

function plainSchema(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _dialect, ...plain } = z.toJSONSchema(schema, { io });
  return plain;
}

/** What has a name of its own is referred to by it. */
function toReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toReferences);
  if (typeof value !== "object" || value === null) return value;
  const definition = definitions.find(([, schema]) => isDeepStrictEqual(schema, value));
  if (definition !== undefined) return { $ref: `#/components/schemas/${definition[0]}` };
  return Object.fromEntries(Object.entries(value).map(([name, member]: [string, unknown]) => [name, toReferences(member)]));
}

/** Servers and outcomes as every face shows them: in the JSON of the command, of REST and of the tools' results. */

import { z } from "zod";
import type { Outcome, ChangedServer } from "./lifecycle.js";
import { toErrorBody } from "./lifecycle-error.js";
import type { ServerEvent } from "./server-events.js";
import type { Condition, ListedServer, ServerStatus } from "./server-status.js";

export const serverJson = z.object({
  name: z.string(),
  namespace: z.string(),
  kind: z.enum(["Deployment", "StatefulSet"]),
  status: z.enum(["running", "stopped", "scaling", "pending"]).describe("running: all wanted replicas are ready. stopped: none is wanted. pending: none is ready yet. scaling: some are, or too many."),
  replicas: z.int().describe("How many are wanted."),
  ready_replicas: z.int(),
  endpoints: z.array(z.string()).describe("Addresses of the Services that lead to it."),
});

export const conditionJson = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  last_transition: z.string().optional(),
});

export const statusJson = serverJson.extend({
  available_replicas: z.int(),
  updated_replicas: z.int(),
  last_activity: z.string().nullable().describe("The newest change of a condition, or event, of the workload or a pod; null: none is known."),
  conditions: z.array(conditionJson),
  reason: z.string().nullable().describe("Why not all replicas are ready, as Kubernetes says it."),
});

export const changeJson = statusJson.extend({
  changed: z.boolean().describe("false: everything was so already."),
  warnings: z.array(z.string()),
});

export const errorJson = z.object({
  code: z.enum(["invalid_input", "not_found", "timeout", "api_error"]),
  message: z.string(),
  status: z.int().optional().describe("What the Kubernetes API answered with."),
  hint: z.string().optional(),
});

export const eventJson = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["added", "changed", "removed"]), server: serverJson }),
  z.object({ type: z.literal("trouble"), error: errorJson }),
  z.object({ type: z.literal("recovered") }),
]);

export const logLineJson = z.object({ pod: z.string(), container: z.string(), line: z.string() });

export type ServerJson = z.output<typeof serverJson>;
export type StatusJson = z.output<typeof statusJson>;
export type ChangeJson = z.output<typeof changeJson>;
export type EventJson = z.output<typeof eventJson>;

export function toServerJson({ name, namespace, kind, status, replicas, readyReplicas, endpoints }: ListedServer): ServerJson {
  return { name, namespace, kind, status, replicas, ready_replicas: readyReplicas, endpoints: [...endpoints] };
}

export function toStatusJson(server: ServerStatus): StatusJson {
  const { availableReplicas, updatedReplicas, lastActivity, conditions, reason } = server;
  return {
    ...toServerJson(server),
    available_replicas: availableReplicas,
    updated_replicas: updatedReplicas,
    last_activity: lastActivity ?? null,
    conditions: conditions.map(toConditionJson),
    reason: reason ?? null,
  };
}

export function toChangeJson(server: ChangedServer): ChangeJson {
  return { ...toStatusJson(server), changed: server.changed, warnings: [...server.warnings] };
}

export function toEventJson(event: ServerEvent): EventJson {
  return "server" in event ? { type: event.type, server: toServerJson(event.server) } : event;
}

/** One name's part of a batch. */
export function toOutcomeJson<T, Json>(outcome: Outcome<T>, toJson: (value: T) => Json): { name: string; server?: Json; error?: z.output<typeof errorJson> } {
  return outcome.kind === "done" ? { name: outcome.name, server: toJson(outcome.value) } : { name: outcome.name, error: toErrorBody(outcome.error) };
}

function toConditionJson({ lastTransition, ...condition }: Condition): z.output<typeof conditionJson> {
  return { ...condition, ...(lastTransition === undefined ? {} : { last_transition: lastTransition }) };
}

/** The registry's schema as JSON Schema, for editors. */

import { z } from "zod";
import { gatewayEntry, httpEntry, k8sEntry, stdioEntry, templateEntry } from "./schema.js";

const entry = z.union([httpEntry, stdioEntry, k8sEntry, templateEntry]).meta({ id: "Server", title: "An MCP server, under the id that is its path at the gateway" });

/** Fields of other clients are let through: a client configuration is read as it is. */
const clientEntry = z.looseObject({
  type: z.string().optional().describe("stdio, http or sse; may be left out."),
  command: z.string().optional().describe("The program."),
  args: z.array(z.string()).optional().describe("Its arguments."),
  env: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional().describe("Added to its environment."),
  cwd: z.string().optional().describe("Where it runs."),
  url: z.string().optional().describe("Where an HTTP server is."),
  headers: z.record(z.string(), z.string()).optional().describe("Added to every request."),
  disabled: z.boolean().optional().describe("true takes the server out."),
}).meta({ id: "ClientServer", title: "An entry as MCP clients have it in their configuration" });

const registry = z.object({
  $schema: z.string().optional().describe("Where an editor finds this schema."),
  servers: z.union([z.record(z.string(), entry), z.null()]).optional().describe("The servers by id. Without `servers`, the ids stand at the top of the file."),
  mcpServers: z.record(z.string(), z.union([clientEntry, entry])).optional().describe("A client configuration, as it is."),
  gateway: z.union([gatewayEntry, z.null()]).optional().describe("The listener, and what holds for all servers."),
  templates: z.record(z.string(), z.looseObject({})).optional().describe("Entries with {{placeholders}}, by name; an entry with template_name fills them in."),
  inputs: z.array(z.unknown()).optional().describe("VS Code's questions: ${input:id} is read from the environment as ID."),
}).catchall(entry).meta({ title: "MCP Mesh registry", description: "Which MCP servers there are, and how they are reached." });

/** What stands in registry.schema.json. */
export function registryJsonSchema(): unknown {
  // Draft 7 is what the editors' YAML support knows best.
  return z.toJSONSchema(registry, { io: "input", target: "draft-7" });
}

export function registryJsonSchemaText(): string {
  return `${JSON.stringify(registryJsonSchema(), null, 2)}\n`;
}

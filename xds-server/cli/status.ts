/** `mcp-mesh status`: what runs, where it is reached, and what is wrong. */

import { Command } from "commander";
import type { EndpointStatus, ServerState, ServerStatus, Status } from "../admin/status.js";
import { AdminError, adminUrlOption, askAdmin, hintFor, type AdminOptions } from "./admin-client.js";
import { fail, paintFor, print, printJson, toProblemText, toTable, type Paint } from "./output.js";

export function statusCommand(): Command {
  return new Command("status")
    .description("show what runs, where it is reached, and what is wrong; exits with 1 when the mesh is not ready")
    .option("--json", "print what the admin port answers to /status")
    .addOption(adminUrlOption())
    .action(async ({ json, adminUrl }: AdminOptions & { readonly json?: boolean }) => {
      const status = await readStatus(adminUrl);
      if (status === undefined) return;
      if (json === true) printJson(status);
      else print(toStatusText(status, paintFor(process.stdout)));
      if (!status.ready) process.exitCode = 1;
    });
}

/** Undefined: it could not be read, and the user has been told why. */
export async function readStatus(adminUrl: string): Promise<Status | undefined> {
  try {
    const status = await askAdmin<Status>(adminUrl, "/status");
    if (!Array.isArray(status.servers)) throw new AdminError("refused", `what answers at ${adminUrl} is not a mesh's admin port`);
    return status;
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    fail(error.message, hintFor(error));
    return undefined;
  }
}

export function toStatusText(status: Status, paint: Paint): string {
  const sections = [toHead(status, paint), toServersText(status.servers, paint)];
  if (status.proxies.length > 0) sections.push(toProxiesText(status, paint));
  if (status.bridges.length > 0) sections.push(toBridgesText(status, paint));
  if (status.problems.length > 0) sections.push(status.problems.map((problem) => toProblemText(problem, paint)).join("\n"));
  return sections.join("\n\n");
}

export function toServersText(servers: readonly ServerStatus[], paint: Paint): string {
  if (servers.length === 0) return "no servers: add one to the registry";
  const rows = servers.map(({ id, kind, state, url, loadBalancing, endpoints, description }) => [
    paint.bold(id), kind, paintState(state, paint), url ?? "-", toEndpointsText(endpoints), loadBalancing ?? "-", description ?? "",
  ]);
  return toTable(["SERVER", "KIND", "STATE", "URL", "ENDPOINTS", "BALANCING", "DESCRIPTION"], rows, paint);
}

function toHead({ version, ready, reasons, gateway, startedAt, registry, kubernetes }: Status, paint: Paint): string {
  return [
    `mcp-mesh ${version}, ${ready ? paint.green("ready") : paint.red(`not ready: ${reasons.join("; ")}`)}`,
    `gateway   ${gateway?.url ?? "-"}`,
    `registry  ${registry.files.join(", ")}${registry.lastReadAt === null ? "" : `, read ${registry.lastReadAt}`}`,
    ...(kubernetes === null || kubernetes.api === null ? [] : [`cluster   ${kubernetes.api}, namespaces ${[...new Set(kubernetes.watches.map(({ namespace }) => namespace))].join(", ")}`]),
    `started   ${startedAt}`,
  ].join("\n");
}

function toProxiesText({ proxies }: Status, paint: Paint): string {
  const rows = proxies.map(({ nodeId, userAgent, inSync, types, connectedAt }) => [
    nodeId, userAgent, inSync ? paint.green("in sync") : paint.yellow("behind"), types.map(({ type, acked, sent }) => `${type} ${acked}/${sent}`).join(", "), connectedAt,
  ]);
  return toTable(["PROXY", "PROGRAM", "STATE", "ACCEPTED", "CONNECTED"], rows, paint);
}

function toBridgesText({ bridges }: Status, paint: Paint): string {
  const rows = bridges.flatMap(({ worker, host, port, draining, servers }) =>
    servers.map(({ name, state, processes, sessions, openRequests, queueLength, reason }) => [
      worker, `${host}:${port}`, name, draining ? "DRAINING" : state, String(processes), String(sessions), String(openRequests), String(queueLength), reason,
    ]),
  );
  return toTable(["BRIDGE", "ADDRESS", "SERVER", "STATE", "PROCESSES", "SESSIONS", "REQUESTS", "QUEUE", "REASON"], rows, paint);
}

function toEndpointsText(endpoints: readonly EndpointStatus[]): string {
  if (endpoints.length === 0) return "-";
  const unknown = endpoints.filter(({ health }) => health === "unknown").length;
  if (unknown === endpoints.length) return `${endpoints.length}, health unknown`;
  const word = endpoints.some(({ health }) => health === "unchecked") ? "unchecked" : "healthy";
  return `${endpoints.filter(({ health }) => health === word).length}/${endpoints.length} ${word}`;
}

function paintState(state: ServerState, paint: Paint): string {
  switch (state) {
    case "serving":
      return paint.green(state);
    case "starting":
      return paint.yellow(state);
    case "unhealthy":
      return paint.red(state);
    case "not_served":
      return paint.red("not served");
  }
}

/** What has changed between two answers of /status that a person at the terminal should be told (pure). */

import type { ServerStatus, Status } from "../../admin/status.js";
import { toProblemText, type Paint } from "../output.js";

/** Without `before` only the problems are told: what is served then stands in the block. */
export function toChangeLines(before: Status | undefined, after: Status, paint: Paint): readonly string[] {
  return [
    ...(before === undefined ? [] : toServerChanges(before.servers, after.servers, paint)),
    ...toProblemChanges(before?.problems ?? [], after.problems, paint),
  ];
}

function toServerChanges(before: readonly ServerStatus[], after: readonly ServerStatus[], paint: Paint): readonly string[] {
  const known = new Map(before.map((server) => [server.id, server]));
  const left = new Map(known);
  const lines: string[] = [];
  for (const server of after) {
    left.delete(server.id);
    const was = known.get(server.id);
    if (was?.state === server.state && was.url === server.url) continue;
    if (was === undefined || was.state !== server.state) lines.push(toStateLine(server, paint));
    else if (server.url !== null) lines.push(`${server.id} is now at ${paint.cyan(server.url)}`);
  }
  return [...lines, ...[...left.keys()].map((id) => `${id} is gone from the registry`)];
}

function toStateLine({ id, state, url, endpoints }: ServerStatus, paint: Paint): string {
  const reason = endpoints.find((endpoint) => endpoint.reason !== undefined)?.reason;
  const because = reason === undefined ? "" : `: ${reason}`;
  switch (state) {
    case "serving":
      return `${id} is served at ${paint.cyan(url ?? "")}`;
    case "starting":
      return `${id} is being started`;
    case "unhealthy":
      return paint.yellow(`${id} is unhealthy${because}`);
    case "not_served":
      return paint.yellow(`${id} is not served`);
  }
}

function toProblemChanges(before: Status["problems"], after: Status["problems"], paint: Paint): readonly string[] {
  const told = new Set(before.map(toKey));
  const fresh = after.filter((problem) => !told.has(toKey(problem)));
  if (before.length > 0 && after.length === 0) return [paint.green("no problems any more")];
  return fresh.map((problem) => toProblemText(problem, paint));
}

/** A hint may quote what a server said last, which is another thing each time. */
export function toKey({ severity, where, what }: Status["problems"][number]): string {
  return JSON.stringify([severity, where, what]);
}

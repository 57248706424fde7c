/** Two states of the list of servers → the events between them. */

import type { ErrorBody } from "./lifecycle-error.js";
import type { ListedServer } from "./server-status.js";

/** trouble: what is known may be out of date. recovered: it is true again. */
export type ServerEvent =
  | { readonly type: "added" | "changed" | "removed"; readonly server: ListedServer }
  | { readonly type: "trouble"; readonly error: ErrorBody }
  | { readonly type: "recovered" };

export function eventsBetween(before: readonly ListedServer[], now: readonly ListedServer[]): readonly ServerEvent[] {
  const known = new Map(before.map((server) => [keyOf(server), server]));
  const still = new Set(now.map(keyOf));
  return [
    ...before.filter((server) => !still.has(keyOf(server))).map((server): ServerEvent => ({ type: "removed", server })),
    ...now.flatMap((server): ServerEvent[] => {
      const old = known.get(keyOf(server));
      if (old === undefined) return [{ type: "added", server }];
      return isSame(old, server) ? [] : [{ type: "changed", server }];
    }),
  ];
}

function keyOf({ namespace, name, kind }: ListedServer): string {
  return `${namespace}/${name}/${kind}`;
}

function isSame(a: ListedServer, b: ListedServer): boolean {
  return a.status === b.status && a.replicas === b.replicas && a.readyReplicas === b.readyReplicas && a.endpoints.join() === b.endpoints.join();
}

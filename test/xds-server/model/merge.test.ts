/** Golden tests of what the views of the sources make together. */

import { golden } from "../../golden.js";
import { toModel } from "../translate/model-defaults.js";
import { merge } from "../../../xds-server/model/merge.js";
import type { Problem, WorkerEndpoint } from "../../../xds-server/model/model.js";

interface Views {
  readonly registry: { readonly servers: Readonly<Record<string, "http" | "stdio">>; readonly problems?: readonly Problem[] };
  readonly bridges: { readonly workers: Readonly<Record<string, readonly WorkerEndpoint[]>>; readonly problems?: readonly Problem[] };
  readonly sessionKeys?: { readonly problems: readonly Problem[] };
}

describe("merge", () => {
  golden("test/testdata/merge", ({ registry, bridges, sessionKeys }: Views) => {
    const { gateway, servers } = toModel({ servers: Object.fromEntries(Object.entries(registry.servers).map(([id, kind]) => [id, { [kind]: {} }])) });
    const { value, problems } = merge(
      { kind: "registry", gateway, servers, problems: registry.problems ?? [] },
      { kind: "bridges", workers: new Map(Object.entries(bridges.workers)), problems: bridges.problems ?? [], settled: true },
      { kind: "session_keys", keys: [Buffer.alloc(32)], problems: sessionKeys?.problems ?? [] },
    );
    return { servers: value.servers.map(({ id }) => id), workers: Object.fromEntries(value.workers), problems };
  });
});

/** Golden tests of what the views of the sources make together. */

import { expect } from "chai";
import { golden } from "../../golden.js";
import { toModel, type PartialModel } from "../translate/model-defaults.js";
import { merge } from "../../../xds-server/model/merge.js";
import type { DiscoveredServer, KubernetesService, KubernetesView, Model, Problem, RegistryView, ServerDefaults, WorkerEndpoint } from "../../../xds-server/model/model.js";

interface Views {
  readonly registry: { readonly servers: NonNullable<PartialModel["servers"]>; readonly unservedIds?: readonly string[]; readonly defaults?: ServerDefaults; readonly problems?: readonly Problem[] };
  readonly bridges?: { readonly workers: Readonly<Record<string, readonly WorkerEndpoint[]>>; readonly problems?: readonly Problem[] };
  readonly sessionKeys?: { readonly problems: readonly Problem[] };
  readonly kubernetes?: PartialKubernetes;
}

interface PartialKubernetes extends Partial<Omit<KubernetesView, "namespaces" | "discovered">> {
  /** Services by namespace and name; null is a namespace of which nothing is known yet. */
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, KubernetesService>> | null>>;
  readonly discovered?: readonly (Pick<DiscoveredServer, "where"> & { readonly id: string; readonly service: string; readonly namespace: string })[];
}

describe("merge", () => {
  golden("test/testdata/merge", (views: Views) => {
    const { value, problems } = mergeAll(views);
    return { servers: Object.fromEntries(value.servers.map(shown)), workers: Object.fromEntries(value.workers), problems };
  });

  describe("what did not change is the same object", () => {
    const service = { ports: [{ port: 80, endpoints: [{ host: "10.0.0.1", port: 8080, weight: 1, priority: 0 }] }] };
    const registry = toRegistryView({ servers: { pods: { http: { endpoints: [], kubernetes: { service: "pods" } } }, plain: {} } });
    const view = (namespaces: PartialKubernetes["namespaces"]): Model => mergeViews(registry, toKubernetesView({ namespaces: namespaces ?? {} }), {}).value;

    it("servers whose endpoints are the same", () => {
      const before = view({ default: { pods: service } });
      const after = view({ default: { pods: service, other: service } });
      expect(after.servers.map((mcpServer, index) => mcpServer === before.servers[index])).to.deep.equal([true, true]);
    });

    it("but not the one whose endpoints are others", () => {
      const before = view({ default: { pods: service } });
      const after = view({ default: { pods: { ports: [{ port: 80, endpoints: [] }] } } });
      expect(after.servers.map((mcpServer, index) => mcpServer === before.servers[index])).to.deep.equal([false, true]);
    });
  });
});

function mergeAll({ registry, kubernetes, ...others }: Views): ReturnType<typeof merge> {
  return mergeViews(toRegistryView(registry), toKubernetesView(kubernetes), others);
}

function mergeViews(registry: RegistryView, kubernetes: KubernetesView, { bridges, sessionKeys }: Omit<Views, "registry">): ReturnType<typeof merge> {
  return merge(
    registry,
    { kind: "bridges", workers: new Map(Object.entries(bridges?.workers ?? {})), problems: bridges?.problems ?? [], settled: true },
    { kind: "session_keys", keys: [Buffer.alloc(32)], problems: sessionKeys?.problems ?? [] },
    kubernetes,
  );
}

function toRegistryView({ servers, unservedIds = [], defaults = { accessLog: false }, problems = [] }: Views["registry"]): RegistryView {
  const model = toModel({ servers });
  return { kind: "registry", gateway: model.gateway, servers: model.servers, unservedIds, defaults, problems };
}

function toKubernetesView({ namespaces, discovered, ...rest }: PartialKubernetes = {}): KubernetesView {
  return {
    kind: "kubernetes",
    state: "on",
    namespace: "default",
    elsewhere: "unwatched",
    problems: [],
    settled: true,
    ...rest,
    namespaces: new Map(Object.entries(namespaces ?? {}).map(([name, services]) => [name, { isKnown: services !== null, services: new Map(Object.entries(services ?? {})) }])),
    discovered: (discovered ?? []).flatMap(({ id, where, service, namespace }): DiscoveredServer[] => {
      const [mcpServer] = toModel({ servers: { [id]: { http: { endpoints: [], kubernetes: { service, namespace } } } } }).servers;
      return mcpServer === undefined ? [] : [{ mcpServer, where, saysHealthCheck: false }];
    }),
  };
}

/** Of servers on Kubernetes, what merge has to say about. */
function shown({ id, runsAs, policy }: Model["servers"][number]): readonly [string, unknown] {
  if (runsAs.kind !== "http" || runsAs.kubernetes === undefined) return [id, runsAs.kind];
  const { endpoints, areEndpointsUnknown, tls, healthCheck, kubernetes } = runsAs;
  return [id, {
    kubernetes,
    endpoints,
    ...(areEndpointsUnknown === undefined ? {} : { areEndpointsUnknown }),
    ...(tls === undefined ? {} : { tls }),
    ...(healthCheck.type === "off" ? {} : { healthCheck }),
    ...(policy.auth === undefined ? {} : { auth: policy.auth }),
    ...(policy.accessLog ? { accessLog: true } : {}),
  }];
}

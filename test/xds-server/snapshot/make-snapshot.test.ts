/** Snapshots: versions by content, nothing encoded twice, and no reference without its target. */

import type { AnyExtension } from "@grpc/proto-loader";
import { expect } from "chai";
import type { Cluster } from "../../../protos/gen/envoy/config/cluster/v3/Cluster.js";
import type { Listener } from "../../../protos/gen/envoy/config/listener/v3/Listener.js";
import type { RouteConfiguration } from "../../../protos/gen/envoy/config/route/v3/RouteConfiguration.js";
import { makeSnapshot } from "../../../xds-server/snapshot/make-snapshot.js";
import type { Resources } from "../../../xds-server/snapshot/resources.js";
import { typeUrls, type EncodedResource, type Snapshot, type TypeUrl } from "../../../xds-server/snapshot/snapshot.js";
import { typeVersion } from "../../../xds-server/snapshot/type-version.js";

const nothing: Resources = { clusters: undefined, endpoints: undefined, listeners: undefined, scopes: undefined, routes: undefined, stdioServers: undefined };

/** One server, whole: its listener finds the scope, the scope the routes, the routes the cluster, the cluster its endpoints. */
const whole: Resources = {
  clusters: [edsCluster("a")],
  endpoints: [{ cluster_name: "a" }],
  listeners: [{ name: "gateway" }],
  scopes: [{ name: "a", route_configuration_name: "a", key: { fragments: [{ string_key: "a" }] } }],
  routes: [routesTo("a", "a")],
  stdioServers: [{ name: "a", command: ["run"] }],
};

const tracingListener: Listener = {
  name: "gateway",
  filter_chains: [
    {
      filters: [
        {
          name: "http",
          typed_config: toAny("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
            tracing: { provider: { name: "otel", typed_config: toAny("envoy.config.trace.v3.OpenTelemetryConfig", { grpc_service: { envoy_grpc: { cluster_name: "collector" } } }) } },
          }),
        },
      ],
    },
  ],
};

describe("makeSnapshot", () => {
  it("takes every list that is known, and no other", () => {
    const { value, problems } = makeSnapshot({ ...nothing, clusters: [staticCluster("a")], stdioServers: [] });
    expect(problems).to.deep.equal([]);
    expect([...value.byType.keys()]).to.deep.equal([typeUrls.cluster, typeUrls.stdioServer]);
    expect(names(value, typeUrls.cluster)).to.deep.equal(["a"]);
    expect(names(value, typeUrls.stdioServer)).to.deep.equal([]);
  });

  it("gives the same content the same version, in whatever order it was made", () => {
    const one = makeSnapshot({ ...nothing, clusters: [{ name: "a", type: "STATIC", lb_policy: "RANDOM" }] });
    const other = makeSnapshot({ ...nothing, clusters: [{ lb_policy: "RANDOM", type: "STATIC", name: "a" }] });
    expect(version(one.value, typeUrls.cluster, "a")).to.equal(version(other.value, typeUrls.cluster, "a"));
  });

  it("gives versions that a restart does not change", () => {
    // Written down, not computed: if this fails, every Envoy is sent everything again after an upgrade. That may be meant.
    const { value } = makeSnapshot({ ...nothing, clusters: [staticCluster("a")] });
    expect(version(value, typeUrls.cluster, "a")).to.equal("gUIGxL5hVVM-96nd");
    expect(typeVersion(value, typeUrls.cluster)).to.equal("Lzso5TBYC5Fl38yN");
  });

  it("does not encode an object again that is still the same", () => {
    const [a, b] = [staticCluster("a"), staticCluster("b")];
    const before = makeSnapshot({ ...nothing, clusters: [a, b] }).value;
    const after = makeSnapshot({ ...nothing, clusters: [a, { ...b, lb_policy: "RANDOM" }] }, before).value;
    expect(resource(after, typeUrls.cluster, "a")).to.equal(resource(before, typeUrls.cluster, "a"));
    expect(version(after, typeUrls.cluster, "b")).not.to.equal(version(before, typeUrls.cluster, "b"));
  });

  it("has nothing against a whole set", () => {
    expect(makeSnapshot(whole).problems).to.deep.equal([]);
  });

  const broken: readonly { readonly what: string; readonly resources: Resources; readonly where: string; readonly says: string; readonly left: Readonly<Record<string, readonly string[]>> }[] = [
    {
      what: "an EDS cluster without endpoints",
      resources: { ...whole, endpoints: [] },
      where: 'cluster "a"',
      says: 'it refers to endpoints "a", which does not exist; it is left out',
      left: { cluster: [], routes: [], scope: [], endpoints: [], listener: ["gateway"] },
    },
    {
      what: "a route to a cluster that is not there",
      resources: { ...whole, clusters: [] },
      where: 'route configuration "a"',
      says: 'it refers to cluster "a", which does not exist; it is left out',
      left: { cluster: [], routes: [], scope: [], endpoints: ["a"], listener: ["gateway"] },
    },
    {
      what: "a weighted route to a cluster that is not there",
      resources: { ...whole, routes: [{ name: "a", virtual_hosts: [{ routes: [{ route: { weighted_clusters: { clusters: [{ name: "a" }, { name: "z" }] } } }] }] }] },
      where: 'route configuration "a"',
      says: 'it refers to cluster "z", which does not exist; it is left out',
      left: { cluster: ["a"], routes: [], scope: [] },
    },
    {
      what: "a scope without its routes",
      resources: { ...whole, routes: [] },
      where: 'scope "a"',
      says: 'it refers to route configuration "a", which does not exist; it is left out',
      left: { cluster: ["a"], routes: [], scope: [] },
    },
    {
      what: "two of one name",
      resources: { ...whole, clusters: [edsCluster("a"), staticCluster("a")] },
      where: 'cluster "a"',
      says: "there are two of this name; the first is taken",
      left: { cluster: ["a"], routes: ["a"] },
    },
    {
      what: "one without a name",
      resources: { ...whole, clusters: [edsCluster("a"), { type: "STATIC" }] },
      where: 'cluster "number 1"',
      says: "it has no name and is left out",
      left: { cluster: ["a"], routes: ["a"] },
    },
    {
      what: "a listener that sends its traces nowhere",
      resources: { ...whole, listeners: [tracingListener] },
      where: 'listener "gateway"',
      says: 'it refers to cluster "collector", which does not exist; it is left out',
      left: { listener: [], cluster: ["a"] },
    },
  ];
  for (const { what, resources, where, says, left } of broken) {
    it(`leaves out ${what}, and what cannot be without it`, () => {
      const { value, problems } = makeSnapshot(resources);
      expect(problems[0]).to.deep.include({ severity: "error", where, what: says });
      expect(problems[0]?.hint).to.match(/^this is a fault of the xds-server/);
      for (const [type, expected] of Object.entries(left)) expect(names(value, typeUrls[type as keyof typeof typeUrls]), type).to.deep.equal(expected);
    });
  }

  it("does not miss the targets of a type that is not known", () => {
    expect(makeSnapshot({ ...whole, endpoints: undefined, routes: undefined }).problems).to.deep.equal([]);
  });

  it("keeps a resource as it was when its new form cannot be encoded", () => {
    const before = makeSnapshot(whole).value;
    const unfit: Cluster = { ...edsCluster("a"), connect_timeout: { seconds: 0.5 } };
    const { value, problems } = makeSnapshot({ ...whole, clusters: [unfit, staticCluster("b")] }, before);
    expect(problems.map(({ where, what }) => [where, what])).to.deep.equal([['cluster "a"', "connect_timeout.seconds: 0.5 is not an integer; it stays as it was"]]);
    expect(resource(value, typeUrls.cluster, "a")).to.equal(resource(before, typeUrls.cluster, "a"));
    expect(names(value, typeUrls.cluster)).to.deep.equal(["a", "b"]);
    expect(names(value, typeUrls.routes)).to.deep.equal(["a"]);
  });

  it("keeps a route configuration as it was when its new form leads nowhere", () => {
    const before = makeSnapshot(whole).value;
    const { value, problems } = makeSnapshot({ ...whole, routes: [routesTo("a", "z")] }, before);
    expect(problems.map((problem) => problem.what)).to.deep.equal(['it refers to cluster "z", which does not exist; it stays as it was']);
    expect(resource(value, typeUrls.routes, "a")).to.equal(resource(before, typeUrls.routes, "a"));
  });

  it("lets go of what was kept when that leads nowhere too", () => {
    const before = makeSnapshot(whole).value;
    const { value, problems } = makeSnapshot({ ...whole, clusters: [], routes: [routesTo("a", "z")] }, before);
    expect(problems.map((problem) => `${problem.where}: ${problem.what}`)).to.deep.equal([
      'route configuration "a": it refers to cluster "z", which does not exist; it stays as it was',
      'route configuration "a": it refers to cluster "a", which does not exist; it is left out',
      'scope "a": it refers to route configuration "a", which does not exist; it is left out',
    ]);
    expect(names(value, typeUrls.routes)).to.deep.equal([]);
  });
});

describe("typeVersion", () => {
  const base = makeSnapshot(whole).value;

  it("does not depend on the order of the resources", () => {
    const [a, b] = [staticCluster("a"), staticCluster("b")];
    const one = makeSnapshot({ ...nothing, clusters: [a, b] }).value;
    const other = makeSnapshot({ ...nothing, clusters: [b, a] }).value;
    expect(typeVersion(one, typeUrls.cluster)).to.equal(typeVersion(other, typeUrls.cluster));
  });

  it("changes for the type that changed, and for the endpoints when a cluster did", () => {
    const after = makeSnapshot({ ...whole, clusters: [{ ...edsCluster("a"), lb_policy: "RANDOM" }] }, base).value;
    const changed = Object.entries(typeUrls).filter(([, typeUrl]) => typeVersion(after, typeUrl) !== typeVersion(base, typeUrl));
    expect(changed.map(([type]) => type)).to.deep.equal(["cluster", "endpoints"]);
  });

  it("changes when a resource goes", () => {
    const after = makeSnapshot({ ...whole, listeners: [] }, base).value;
    expect(typeVersion(after, typeUrls.listener)).not.to.equal(typeVersion(base, typeUrls.listener));
  });
});

function edsCluster(name: string): Cluster {
  return { name, type: "EDS", eds_cluster_config: { eds_config: { ads: {}, resource_api_version: "V3" } } };
}

function routesTo(name: string, cluster: string): RouteConfiguration {
  return { name, virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster } }] }] };
}

function toAny(name: string, message: object): AnyExtension {
  return { "@type": `type.googleapis.com/${name}`, ...message };
}

function staticCluster(name: string): Cluster {
  return { name, type: "STATIC" };
}

function names(snapshot: Snapshot, typeUrl: TypeUrl): readonly string[] {
  return [...(snapshot.byType.get(typeUrl)?.keys() ?? [])];
}

function resource(snapshot: Snapshot, typeUrl: TypeUrl, name: string): EncodedResource | undefined {
  return snapshot.byType.get(typeUrl)?.get(name);
}

function version(snapshot: Snapshot, typeUrl: TypeUrl, name: string): string | undefined {
  return resource(snapshot, typeUrl, name)?.version;
}

/** An xDS client that is not Envoy and not ours, the one of grpc-js: it finds its servers through us. */

import { Client, credentials, Server, ServerCredentials, status, type ServiceError } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";
import { expect } from "chai";
import { pino } from "pino";
import { encodeMessage } from "../../protos/encode.js";
import { lengthDelimitedField } from "../../protos/wire.js";
import { startXdsServer, type XdsServer } from "../../xds-server/serve/ads-server.js";
import { digest, encodeResource } from "../../xds-server/snapshot/encode.js";
import { SnapshotStore } from "../../xds-server/snapshot/snapshot-store.js";
import { typeUrls, type EncodedResource, type TypeUrl } from "../../xds-server/snapshot/snapshot.js";
import { closedAfterwards } from "../e2e/life.js";
import { until } from "../e2e/until.js";

const path = "/test.Who/Ask";
const asItIs = (bytes: Buffer): Buffer => bytes;

describe("the xDS client of grpc-js", function () {
  this.timeout(30_000);
  const opened = closedAfterwards();
  let store: SnapshotStore;
  let xdsServer: XdsServer;
  let ports: readonly number[];
  let client: Client;

  before(async () => {
    register();
    ports = [await startWho("first"), await startWho("second")];
    store = new SnapshotStore();
    xdsServer = await startXdsServer({ host: "127.0.0.1", port: 0, store, log: pino({ level: "silent" }), now: () => performance.now() });
    await opened({ stop: () => xdsServer.stop(0) });
    publish(ports[0]);
    const bootstrap = {
      xds_servers: [{ server_uri: `127.0.0.1:${xdsServer.port}`, channel_creds: [{ type: "insecure" }], server_features: ["xds_v3"] }],
      node: { id: "grpc-client", locality: { zone: "here" } },
    };
    client = new Client("xds:///who", credentials.createInsecure(), { "grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config": JSON.stringify(bootstrap) });
    await opened({ stop: () => Promise.resolve(client.close()) });
  });

  async function startWho(name: string): Promise<number> {
    const grpcServer = new Server();
    const definition = { path, requestStream: false, responseStream: false, requestSerialize: asItIs, requestDeserialize: asItIs, responseSerialize: asItIs, responseDeserialize: asItIs } as const;
    grpcServer.addService({ Ask: definition }, { Ask: (_call: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, Buffer.from(name)) });
    await opened({ stop: () => Promise.resolve(grpcServer.forceShutdown()) });
    return new Promise((resolve, reject) => grpcServer.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => (error === null ? resolve(port) : reject(error))));
  }

  function ask(): Promise<string> {
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, asItIs, asItIs, Buffer.alloc(0), { deadline: Date.now() + 5_000 }, (error, answer) => (error === null ? resolve(String(answer)) : reject(error)));
    });
  }

  function publish(port: number | undefined, change: Readonly<Record<string, unknown>> = {}): void {
    const resources = port === undefined ? [] : [
      toApiListener("who"),
      encode(typeUrls.routes, { name: "who-routes", virtual_hosts: [{ name: "who", domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: "who-cluster" } }] }] }),
      encode(typeUrls.cluster, { name: "who-cluster", type: "EDS", lb_policy: "ROUND_ROBIN", eds_cluster_config: { service_name: "who-endpoints", eds_config: viaAds }, ...change }),
      encode(typeUrls.endpoints, {
        cluster_name: "who-endpoints",
        endpoints: [{ locality: { zone: "here" }, load_balancing_weight: { value: 1 }, lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } } }] }],
      }, "who-endpoints"),
    ];
    const byType = new Map<TypeUrl, Map<string, EncodedResource>>(Object.values(typeUrls).map((typeUrl) => [typeUrl, new Map()]));
    for (const [typeUrl, resource] of resources) byType.get(typeUrl)?.set(resource.name, resource);
    store.publish({ byType });
  }

  const clientStatus = () => xdsServer.clients().find(({ nodeId }) => nodeId === "grpc-client");
  const inSync = (): Promise<true> => until("the client to be in sync", () => clientStatus()?.inSync === true);

  it("resolves a name down to an endpoint, and calls it", async () => {
    expect(await ask()).to.equal("first");
    await inSync();
    expect(clientStatus()).to.include({ role: "other", protocol: "sotw", hasBeenInSync: true });
    expect(clientStatus()?.userAgent).to.match(/^gRPC Node/);
    expect(clientStatus()?.types.map(({ typeUrl, acked }) => [typeUrl, acked])).to.deep.equal(
      [typeUrls.cluster, typeUrls.endpoints, typeUrls.listener, typeUrls.routes].map((typeUrl) => [typeUrl, 1]),
    );
  });

  it("follows changed endpoints", async () => {
    publish(ports[1]);
    await until("the call to reach the second server", async () => (await ask()) === "second");
  });

  it("refuses what it cannot use, says so, and goes on with what it has", async () => {
    publish(ports[1], { lb_policy: "CLUSTER_PROVIDED" });
    const nack = await until("the refusal", () => clientStatus()?.types.find(({ typeUrl }) => typeUrl === typeUrls.cluster)?.nack);
    expect(nack.resources).to.deep.equal(["who-cluster"]);
    expect(await ask()).to.equal("second");
    publish(ports[0]);
    await inSync();
    await until("the call to reach the first server", async () => (await ask()) === "first");
  });

  it("learns that a name is gone", async () => {
    publish(undefined);
    const error = await until("the call to fail", () => ask().then(() => undefined, (reason: unknown) => reason as ServiceError));
    // The client does not take up a listener that returns with the same content, so the story ends here.
    expect(error.code).to.equal(status.UNAVAILABLE);
  });
});

const viaAds = { ads: {}, resource_api_version: "V3" };

function encode(typeUrl: TypeUrl, resource: Readonly<Record<string, unknown>>, name = String(resource["name"])): [TypeUrl, EncodedResource] {
  return [typeUrl, encodeResource(typeUrl, name, resource)];
}

/** Listeners for clients without a socket are nothing that we make, so their field is written by hand: `api_listener` is 19. */
function toApiListener(name: string): [TypeUrl, EncodedResource] {
  const manager = encodeMessage("google.protobuf.Any", {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    rds: { route_config_name: "who-routes", config_source: viaAds },
    http_filters: [{ name: "router", typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } }],
  });
  const listener = [...lengthDelimitedField(1, name), ...lengthDelimitedField(19, lengthDelimitedField(1, manager))];
  const any = Buffer.concat([...lengthDelimitedField(1, typeUrls.listener), ...lengthDelimitedField(2, listener)]);
  return [typeUrls.listener, { name, version: digest(any), any }];
}

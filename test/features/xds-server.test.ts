/** The xDS server over real gRPC, spoken to by bare clients. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, status, type ServiceError } from "@grpc/grpc-js";
import { expect } from "chai";
import { pino } from "pino";
import type { ReportReceived__Output } from "../../protos/gen/mcp_mesh/v1/ReportReceived.js";
import { decodeMessage } from "../../protos/load.js";
import { BridgeReportsServiceClient, bridgeReportsService } from "../../protos/services.js";
import { startXdsServer, XdsServerError, type XdsServer, type XdsServerOptions } from "../../xds-server/serve/ads-server.js";
import type { ClientStatus } from "../../xds-server/serve/client-status.js";
import { encodeResource } from "../../xds-server/snapshot/encode.js";
import { SnapshotStore } from "../../xds-server/snapshot/snapshot-store.js";
import { typeUrls, type EncodedResource, type TypeUrl } from "../../xds-server/snapshot/snapshot.js";
import { typeVersion } from "../../xds-server/snapshot/type-version.js";
import { makeAuthority } from "../certificates.js";
import { closedAfterwards } from "../e2e/life.js";
import { until } from "../e2e/until.js";
import { connectDelta, connectSotw, type DeltaClient } from "./xds-raw-client.js";

const { cluster, stdioServer } = typeUrls;

describe("the xDS server", () => {
  const opened = closedAfterwards();
  const node = { id: "envoy-1", user_agent_name: "envoy", user_agent_build_version: { version: { major_number: 1, minor_number: 40, patch: 0 } } };

  async function start(store: SnapshotStore, changed: Partial<XdsServerOptions> = {}): Promise<XdsServer> {
    const xdsServer = await startXdsServer({ host: "127.0.0.1", port: 0, store, log: pino({ level: "silent" }), now: () => performance.now(), ...changed });
    await opened({ stop: () => xdsServer.stop(1000) });
    return xdsServer;
  }

  async function connected(xdsServer: XdsServer): Promise<DeltaClient> {
    return opened(connectDelta(xdsServer.port));
  }

  it("sends each resource with its name, version and bytes", async () => {
    const { client } = await withStore({ a: 1, b: 1 }, start, connected);
    client.say({ node, type_url: cluster });
    const response = await client.next();
    expect(response.type_url).to.equal(cluster);
    expect(response.removed_resources).to.deep.equal([]);
    expect(response.resources.map(({ name, version, resource }) => ({ name, version, resource }))).to.deep.equal(
      [toCluster("a", 1), toCluster("b", 1)].map(({ name, version, any }) => ({ name, version, resource: decodeMessage("google.protobuf.Any", any) })),
    );
  });

  it("sends changes, and removals by name", async () => {
    const { store, client } = await withStore({ a: 1, b: 1 }, start, connected);
    client.say({ node, type_url: cluster });
    client.say({ type_url: cluster, response_nonce: (await client.next()).nonce ?? "" });
    publish(store, { a: 2 });
    const response = await client.next();
    expect(response.resources.map(({ name }) => name)).to.deep.equal(["a"]);
    expect(response.removed_resources).to.deep.equal(["b"]);
  });

  it("speaks the state of the world, too", async () => {
    const { store, xdsServer } = await withStore({ a: 1 }, start);
    const client = await opened(connectSotw(xdsServer.port));
    client.say({ node, type_url: cluster });
    const first = await client.next();
    expect(first.resources.map(({ type_url }) => type_url)).to.deep.equal([cluster]);
    client.say({ type_url: cluster, version_info: first.version_info ?? "", response_nonce: first.nonce ?? "" });
    publish(store, { a: 1, b: 1 });
    const second = await client.next();
    expect(second.resources).to.have.length(2);
    expect(second.version_info).not.to.equal(first.version_info);
  });

  it("resends nothing to a client that comes back, not even after its own restart", async () => {
    const store = new SnapshotStore();
    publish(store, { a: 1, b: 1 });
    const before = await start(store);
    const client = await connected(before);
    client.say({ node, type_url: cluster });
    const { resources } = await client.next();
    await before.stop(1000);
    expect(await client.end()).to.include({ code: status.UNAVAILABLE });

    const again = new SnapshotStore();
    publish(again, { a: 1, b: 1 }, { s: 1 });
    const returned = await connected(await start(again, { port: before.port }));
    returned.say({ node, type_url: cluster, initial_resource_versions: Object.fromEntries(resources.map(({ name, version }) => [name, version ?? ""])) });
    // The first response is to the second request: the first had nothing to be told.
    returned.say({ type_url: stdioServer });
    expect((await returned.next()).type_url).to.equal(stdioServer);
  });

  it("says nothing of a type before it is known", async () => {
    const { store, client } = await withStore(undefined, start, connected);
    client.say({ node, type_url: cluster, initial_resource_versions: { a: "old" } });
    publish(store, undefined, { s: 1 });
    client.say({ type_url: stdioServer });
    expect((await client.next()).type_url).to.equal(stdioServer);
    publish(store, { b: 1 }, { s: 1 });
    const response = await client.next();
    expect([response.resources.map(({ name }) => name), response.removed_resources]).to.deep.equal([["b"], []]);
  });

  it("keeps no queue for clients that have stopped to read", async function () {
    this.timeout(60_000);
    const { store, xdsServer } = await withStore({ a: 0 }, start);
    const frozen = await Promise.all(Array.from({ length: 100 }, () => connected(xdsServer)));
    for (const client of frozen) {
      client.say({ node, type_url: cluster });
      client.freeze();
    }
    await until("all to be answered", () => xdsServer.clients().filter(({ types }) => types[0]?.sent === 1).length === 100);
    for (let change = 1; change <= 4000; change++) publish(store, { a: change, [`only-${change}`]: 1 });

    for (const client of frozen) client.thaw();
    for (const client of frozen) {
      const first = await client.next();
      expect(first.resources[0]?.version).to.equal(toCluster("a", 0).version);
      expect(client.waiting).to.equal(0);
      client.say({ type_url: cluster, response_nonce: first.nonce ?? "" });
      const last = await client.next();
      expect(last.resources.map(({ version }) => version)).to.deep.equal([toCluster("a", 4000).version, toCluster("only-4000", 1).version]);
    }
  });

  it("reads a request of more than 4 MiB", async function () {
    this.timeout(30_000);
    const { client } = await withStore({ a: 1 }, start, connected);
    const names = Array.from({ length: 60_000 }, (_, index) => `${index}-${"x".repeat(80)}`);
    client.say({ node, type_url: cluster, resource_names_subscribe: names });
    expect((await client.next()).removed_resources).to.have.length(60_000);
  });

  it("answers ten thousand single subscriptions in few responses", async function () {
    this.timeout(30_000);
    const names = Array.from({ length: 10_000 }, (_, index) => `c${index}`);
    const { client } = await withStore(Object.fromEntries(names.map((name) => [name, 1])), start, connected);
    for (const name of names) client.say({ node, type_url: cluster, resource_names_subscribe: [name] });
    let received = 0;
    let responses = 0;
    while (received < names.length) {
      const response = await client.next();
      received += response.resources.length;
      responses += 1;
      client.say({ type_url: cluster, response_nonce: response.nonce ?? "" });
    }
    expect(received).to.equal(names.length);
    expect(responses).to.be.lessThan(names.length / 10);
  });

  it("ends a stream on which it fails, and goes on with the others", async () => {
    const store = new SnapshotStore();
    const broken = new Map<string, EncodedResource>([["a", toCluster("a", 1)]]);
    broken.get = () => { throw new Error("a bug"); };
    store.publish({ byType: new Map<TypeUrl, ReadonlyMap<string, EncodedResource>>([[cluster, broken], [stdioServer, new Map()]]) });
    const xdsServer = await start(store);
    const [failing, other] = [await connected(xdsServer), await connected(xdsServer)];
    failing.say({ node, type_url: cluster });
    expect(await failing.end()).to.include({ code: status.INTERNAL });
    other.say({ node, type_url: stdioServer });
    expect((await other.next()).resources).to.deep.equal([]);
    expect(xdsServer.clients().map(({ types }) => types.map(({ typeUrl }) => typeUrl))).to.deep.equal([[stdioServer]]);
  });

  it("shows a refusal, and that the client has followed since", async () => {
    const { store, xdsServer, client } = await withStore({ a: 1 }, start, connected);
    const changed = changes(xdsServer);
    client.say({ node, type_url: cluster });
    const { nonce = "" } = await client.next();
    client.say({ type_url: cluster, response_nonce: nonce, error_detail: { code: 13, message: 'a: bad header key: "x" value: "hush"' } });
    const refused = await changed(({ types }) => types[0]?.nack !== undefined);
    expect(refused.types[0]).to.deep.include({ typeUrl: cluster, sent: 0, acked: 0, inSync: false });
    expect(refused.types[0]?.nack).to.deep.include({ message: 'a: bad header key: "…" value: "…"', resources: ["a"] });

    publish(store, { a: 2 });
    const next = await client.next();
    client.say({ type_url: cluster, response_nonce: next.nonce ?? "" });
    const followed = await changed(({ inSync }) => inSync);
    expect(followed).to.deep.include({ nodeId: "envoy-1", role: "envoy", userAgent: "envoy 1.40.0", protocol: "delta", inSync: true });
    const version = store.current && typeVersion(store.current, cluster);
    expect(followed.types).to.deep.equal([{ typeUrl: cluster, sent: 1, acked: 1, version, inSync: true }]);
  });

  it("tells when an Envoy has been in sync with all it needs", async () => {
    const { xdsServer, client } = await withStore({ a: 1 }, start, connected);
    const changed = changes(xdsServer);
    client.say({ node, type_url: cluster });
    client.say({ type_url: cluster, response_nonce: (await client.next()).nonce ?? "" });
    expect((await changed(({ inSync }) => inSync)).hasBeenInSync).to.equal(false);
    client.say({ type_url: typeUrls.listener });
    client.say({ type_url: typeUrls.listener, response_nonce: (await client.next()).nonce ?? "" });
    await changed(({ hasBeenInSync }) => hasBeenInSync);
  });

  it("forgets a client that is gone", async () => {
    const { xdsServer, client } = await withStore({ a: 1 }, start, connected);
    client.say({ node, type_url: cluster });
    await client.next();
    await client.stop();
    await until("the client to be forgotten", () => xdsServer.clients().length === 0);
  });

  it("serves other services on the same port", async () => {
    const implementation = { StreamReports: (call: { write(message: object): void; end(): void }) => { call.write({ lease: { seconds: 7 } }); call.end(); } };
    const xdsServer = await start(new SnapshotStore(), { extraServices: [{ definition: bridgeReportsService, implementation }] });
    const reports = new BridgeReportsServiceClient(`127.0.0.1:${xdsServer.port}`, credentials.createInsecure());
    const call = reports.StreamReports();
    const received = await new Promise<ReportReceived__Output>((resolve, reject) => call.on("data", resolve).on("error", reject));
    reports.close();
    expect(received.lease?.seconds).to.equal(7);
  });

  describe("and who may connect", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "mcp-mesh-test-"));
      makeCertificates(folder);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    const file = (name: string): string => join(folder, name);
    const tls = () => ({ caFile: file("ca.pem"), certFile: file("xds.pem"), keyFile: file("xds.key") });
    const read = (name: string): Buffer => readFileSync(file(name));

    it("with TLS: who shows a certificate of the authority", async () => {
      const store = new SnapshotStore();
      publish(store, { a: 1 });
      const xdsServer = await start(store, { tls: tls() });
      const client = await opened(connectDelta(xdsServer.port, credentials.createSsl(read("ca.pem"), read("client.key"), read("client.pem"))));
      client.say({ node, type_url: cluster });
      expect((await client.next()).resources).to.have.length(1);

      const strangers = [
        credentials.createSsl(read("ca.pem")),
        credentials.createSsl(read("ca.pem"), read("stranger.key"), read("stranger.pem")),
        credentials.createInsecure(),
      ];
      for (const stranger of strangers) {
        const refused = await opened(connectDelta(xdsServer.port, stranger));
        refused.say({ node, type_url: cluster });
        // A refused connection is the client's error, whichever way it came about.
        expect(((await refused.end()) as ServiceError).code).to.equal(status.UNAVAILABLE);
      }
    });

    it("without TLS: nobody from another machine, unless it is allowed", async () => {
      const error = await failure(start(new SnapshotStore(), { host: "0.0.0.0" }));
      expect([error.code, error.message]).to.deep.equal([
        "insecure",
        "xDS on 0.0.0.0:0 without TLS would hand every configuration to whoever connects: listen on 127.0.0.1, give certificates, or allow it for a private network",
      ]);
      expect((await start(new SnapshotStore(), { host: "0.0.0.0", allowInsecure: true })).port).to.be.greaterThan(0);
    });

    it("a certificate that cannot be read or used is an error that names it", async () => {
      const missing = await failure(start(new SnapshotStore(), { tls: { ...tls(), keyFile: file("none.key") } }));
      expect(missing.message).to.equal(`the file "${file("none.key")}", needed for TLS on the xDS port, cannot be read`);
      const wrong = await failure(start(new SnapshotStore(), { tls: { ...tls(), keyFile: file("client.key") } }));
      expect(wrong.code).to.equal("unreadable-certificate");
      expect(wrong.message).to.contain(`its key "${file("client.key")}"`).and.to.contain("key values mismatch");
    });

    it("a port that is taken is an error that names it", async () => {
      const first = await start(new SnapshotStore());
      const error = await failure(start(new SnapshotStore(), { port: first.port }));
      expect(error.code).to.equal("cannot-listen");
      expect(error.message).to.match(new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${first.port} for xDS: .*EADDRINUSE`));
    });
  });
});

type Versions = Readonly<Record<string, number>>;

async function withStore<Client = undefined>(
  clusters: Versions | undefined,
  start: (store: SnapshotStore) => Promise<XdsServer>,
  connect?: (xdsServer: XdsServer) => Promise<Client>,
): Promise<{ store: SnapshotStore; xdsServer: XdsServer; client: Client }> {
  const store = new SnapshotStore();
  if (clusters !== undefined) publish(store, clusters);
  const xdsServer = await start(store);
  // Without `connect` the type of the client is undefined, and so is the client.
  const client = (await connect?.(xdsServer)) as Client;
  return { store, xdsServer, client };
}

function publish(store: SnapshotStore, clusters: Versions | undefined, stdioServers?: Versions): void {
  const byType = new Map<TypeUrl, ReadonlyMap<string, EncodedResource>>();
  const all = (versions: Versions, encode: (name: string, version: number) => EncodedResource) => new Map(Object.entries(versions).map(([name, version]) => [name, encode(name, version)]));
  if (clusters !== undefined) byType.set(cluster, all(clusters, toCluster)).set(typeUrls.listener, new Map());
  if (stdioServers !== undefined) byType.set(stdioServer, all(stdioServers, (name, version) => encodeResource(stdioServer, name, { name, command: [String(version)] })));
  store.publish({ byType });
}

function toCluster(name: string, version: number): EncodedResource {
  return encodeResource(cluster, name, { name, connect_timeout: { seconds: version } });
}

/** Waits until the only client is as `isSo` says, by its changes. */
function changes(xdsServer: XdsServer): (isSo: (client: ClientStatus) => boolean) => Promise<ClientStatus> {
  return (isSo) => new Promise((resolve) => {
    const look = (): void => {
      const [client] = xdsServer.clients();
      if (client === undefined || !isSo(client)) return;
      stop();
      resolve(client);
    };
    const stop = xdsServer.onChange(look);
    look();
  });
}

async function failure(starting: Promise<unknown>): Promise<XdsServerError> {
  const error = await starting.then(() => undefined, (reason: unknown) => reason);
  if (error instanceof XdsServerError) return error;
  throw new Error(`an XdsServerError was expected, not ${String(error)}`);
}

function makeCertificates(folder: string): void {
  const authority = makeAuthority(folder, "ca");
  for (const name of ["xds", "client"]) authority.issue(name);
  makeAuthority(folder, "other-ca").issue("stranger");
}

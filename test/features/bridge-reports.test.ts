/** Bridges report over real gRPC, and the source yields what they say together. */

import { credentials, Server, ServerCredentials, status, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import { expect } from "chai";
import { pino } from "pino";
import type { BridgeReport } from "../../protos/gen/mcp_mesh/v1/BridgeReport.js";
import type { ReportReceived__Output } from "../../protos/gen/mcp_mesh/v1/ReportReceived.js";
import { BridgeReportsServiceClient } from "../../protos/services.js";
import type { BridgesView } from "../../xds-server/model/model.js";
import { makeBridgesSource, type BridgesSource, type BridgesSourceOptions } from "../../xds-server/sources/bridges/bridges-source.js";

type ReportStream = ClientDuplexStream<BridgeReport, ReportReceived__Output>;

describe("bridges report to the xds-server", () => {
  let grpcServer: Server;
  let stop: AbortController;
  const clients: InstanceType<typeof BridgeReportsServiceClient>[] = [];

  async function start(options: Partial<BridgesSourceOptions> = {}): Promise<{ bridges: BridgesSource; views: AsyncIterator<BridgesView>; address: string }> {
    const usual = { expectedBridges: 1, settleMs: 60_000, leaseMs: 6_000, now: () => performance.now(), log: pino({ level: "silent" }) };
    const bridges = makeBridgesSource({ ...usual, stdioServerIds: () => new Set(["memory"]), ...options });
    grpcServer.addService(bridges.service.definition, bridges.service.implementation);
    const port = await new Promise<number>((resolve, reject) => {
      grpcServer.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error)));
    });
    return { bridges, views: bridges.source.views(stop.signal)[Symbol.asyncIterator](), address: `127.0.0.1:${port}` };
  }

  function connect(address: string): { stream: ReportStream; client: InstanceType<typeof BridgeReportsServiceClient> } {
    // Each bridge is a process of its own: none shares its connection with another.
    const client = new BridgeReportsServiceClient(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
    clients.push(client);
    const stream = client.StreamReports();
    stream.on("error", () => undefined);
    return { stream, client };
  }

  beforeEach(() => {
    grpcServer = new Server();
    stop = new AbortController();
  });

  afterEach(() => {
    stop.abort();
    for (const client of clients.splice(0)) client.close();
    grpcServer.forceShutdown();
  });

  it("yields an unsettled view at once, and a settled one with the worker after its report", async () => {
    const { views, address } = await start();
    expect(await next(views)).to.deep.equal({ workers: {}, settled: false, problems: 0 });
    const { stream } = connect(address);
    stream.write(report("w1", 9001));
    expect(await next(views)).to.deep.equal({ workers: { memory: ["w1 127.0.0.1:9001 healthy"] }, settled: true, problems: 0 });
  });

  it("answers each report with its lease", async () => {
    const { address } = await start({ leaseMs: 1_500 });
    const { stream } = connect(address);
    stream.write(report("w1", 9001));
    expect(await received(stream)).to.deep.equal({ lease: { seconds: 1, nanos: 500_000_000 } });
  });

  it("is settled at once without stdio servers, as soon as the registry has been read", async () => {
    const registry: { ids?: ReadonlySet<string> } = {};
    const { views } = await start({ stdioServerIds: () => registry.ids });
    expect((await next(views)).settled).to.equal(false);
    registry.ids = new Set();
    expect((await next(views)).settled).to.equal(true);
  });

  it("is settled in the end though a bridge is missing", async () => {
    const { views } = await start({ settleMs: 100 });
    expect((await next(views)).settled).to.equal(false);
    expect((await next(views)).settled).to.equal(true);
  });

  it("yields nothing for a heartbeat, but knows its counters", async () => {
    const { bridges, views, address } = await start();
    await next(views);
    const { stream } = connect(address);
    stream.write(report("w1", 9001));
    await next(views);
    await received(stream);
    stream.write(report("w1", 9001, { sessions: 7 }));
    await received(stream);
    expect(bridges.reports()[0]?.servers[0]?.sessions).to.equal(7);
    stream.write(report("w1", 9001, { state: "UNHEALTHY", reason: "exits at once" }));
    expect(await next(views)).to.deep.equal({ workers: { memory: ["w1 127.0.0.1:9001 unhealthy"] }, settled: true, problems: 1 });
  });

  it("takes a worker out at once when it says goodbye", async () => {
    const { views, address } = await start({ leaseMs: 60_000 });
    await next(views);
    const { stream } = connect(address);
    stream.write(report("w1", 9001));
    await next(views);
    stream.write(report("w1", 9001, { draining: true }));
    await next(views);
    stream.end();
    expect((await next(views)).workers).to.deep.equal({ memory: [] });
  });

  it("takes a worker out when its stream broke and it does not come back", async () => {
    const { views, address } = await start({ leaseMs: 900 });
    await next(views);
    const { stream, client } = connect(address);
    stream.write(report("w1", 9001));
    await next(views);
    stream.cancel();
    client.close();
    expect((await next(views)).workers).to.deep.equal({ memory: [] });
  });

  it("takes a worker out that falls silent", async () => {
    const { views, address } = await start({ leaseMs: 300 });
    await next(views);
    const { stream } = connect(address);
    stream.write(report("w1", 9001));
    await next(views);
    expect((await next(views)).workers).to.deep.equal({ memory: [] });
  });

  it("keeps the place of a worker that comes back", async () => {
    const { bridges, views, address } = await start();
    await next(views);
    const first = connect(address);
    first.stream.write(report("w1", 9001));
    await next(views);
    first.stream.cancel();
    const second = connect(address);
    second.stream.write(report("w1", 9001));
    await received(second.stream);
    expect(bridges.reports().map(({ worker }) => worker)).to.deep.equal(["w1"]);
    second.stream.write(report("w1", 9001, { draining: true }));
    expect((await next(views)).workers).to.deep.equal({ memory: ["w1 127.0.0.1:9001 draining"] });
  });

  it("ends the older stream of a worker that has two, and takes one off an address that another has now", async () => {
    const { views, address } = await start();
    await next(views);
    const older = connect(address);
    older.stream.write(report("w1", 9001));
    await next(views);
    const newer = connect(address);
    newer.stream.write(report("w1", 9001));
    expect(await refusal(older.stream)).to.include({ code: status.ABORTED });
    const other = connect(address);
    other.stream.write(report("w2", 9001));
    expect(await refusal(newer.stream)).to.include({ code: status.ABORTED });
    expect((await next(views)).workers).to.deep.equal({ memory: ["w2 127.0.0.1:9001 healthy"] });
  });

  it("refuses a report that makes no sense, and tells why", async () => {
    const { address } = await start();
    const { stream } = connect(address);
    stream.write(report("w1", 0));
    expect(await refusal(stream)).to.include({ code: status.INVALID_ARGUMENT, details: 'port 0 of worker "w1" is not in 1..65535' });
  });

  it("takes no more than 1000 workers", async () => {
    const { bridges, address } = await start();
    const { client } = connect(address);
    const streams = Array.from({ length: 1_000 }, () => client.StreamReports());
    for (const stream of streams) stream.on("error", () => undefined);
    await Promise.all(streams.map(async (stream, index) => {
      stream.write(report(`w${index}`, 10_000 + index));
      await received(stream);
    }));
    const { stream } = connect(address);
    stream.write(report("one-more", 9999));
    expect(await refusal(stream)).to.include({ code: status.RESOURCE_EXHAUSTED });
    expect(bridges.reports()).to.have.length(1_000);
  });
});

function report(worker: string, port: number, said: { state?: "READY" | "UNHEALTHY"; reason?: string; sessions?: number; draining?: boolean } = {}): BridgeReport {
  const { state = "READY", reason = "", sessions = 0, draining = false } = said;
  return { worker, host: "127.0.0.1", port, draining, servers: [{ name: "memory", version: "1", state, reason, sessions }] };
}

async function next(views: AsyncIterator<BridgesView>): Promise<{ workers: Record<string, readonly string[]>; settled: boolean; problems: number }> {
  const { value, done } = await views.next();
  if (done === true) throw new Error("the source ended");
  const workers = [...value.workers].map(([id, endpoints]) => [id, endpoints.map(({ worker, host, port, health }) => `${worker} ${host}:${port} ${health}`)] as const);
  return { workers: Object.fromEntries(workers), settled: value.settled, problems: value.problems.length };
}

async function received(stream: ReportStream): Promise<ReportReceived__Output> {
  return new Promise((resolve, reject) => {
    stream.once("data", resolve);
    stream.once("error", reject);
  });
}

async function refusal(stream: ReportStream): Promise<ServiceError> {
  return new Promise((resolve) => stream.once("error", resolve));
}

/** What a bridge needs of an xds-server: StdioServer resources over delta ADS, and an ear for the reports. */

import { Server, ServerCredentials, status, type ServerDuplexStream } from "@grpc/grpc-js";
import { encodeMessage } from "../../protos/encode.js";
import type { DeltaDiscoveryRequest__Output } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js";
import type { DeltaDiscoveryResponse } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js";
import type { BridgeReport__Output } from "../../protos/gen/mcp_mesh/v1/BridgeReport.js";
import type { ReportReceived } from "../../protos/gen/mcp_mesh/v1/ReportReceived.js";
import type { StdioServer } from "../../protos/gen/mcp_mesh/v1/StdioServer.js";
import type { StdioServerReport__Output } from "../../protos/gen/mcp_mesh/v1/StdioServerReport.js";
import { aggregatedDiscoveryService, bridgeReportsService } from "../../protos/services.js";
import { Heard } from "./heard.js";

const typeUrl = "type.googleapis.com/mcp_mesh.v1.StdioServer";

type AdsStream = ServerDuplexStream<DeltaDiscoveryRequest__Output, DeltaDiscoveryResponse>;

export class FakeXdsServer {
  readonly requests = new Heard<DeltaDiscoveryRequest__Output>();
  readonly reports = new Heard<BridgeReport__Output>();
  /** The bridge has ended its stream of reports. */
  readonly reportsEnded = new Heard<string>();
  port = 0;
  private readonly host: string;
  private readonly servers = new Map<string, { version: string; server: StdioServer }>();
  private readonly streams = new Set<AdsStream>();
  private grpc: Server | undefined;
  private nonce = 0;
  private versions = 0;

  constructor(host = "127.0.0.1") {
    this.host = host;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** On the same port again after a stop. */
  async start(port = this.port): Promise<this> {
    this.port = port;
    const grpc = new Server();
    this.grpc = grpc;
    grpc.addService(aggregatedDiscoveryService, {
      DeltaAggregatedResources: (stream: AdsStream) => this.serve(stream),
      StreamAggregatedResources: (stream: AdsStream) => stream.destroy(Object.assign(new Error("delta only"), { code: status.UNIMPLEMENTED })),
    });
    grpc.addService(bridgeReportsService, {
      StreamReports: (stream: ServerDuplexStream<BridgeReport__Output, ReportReceived>) => {
        stream.on("data", (report: BridgeReport__Output) => {
          this.reports.hear(report);
          stream.write({ lease: { seconds: 6 } });
        });
        stream.on("error", () => undefined);
        stream.on("end", () => {
          this.reportsEnded.hear("end");
          stream.end();
        });
      },
    });
    this.port = await new Promise<number>((resolve, reject) => {
      grpc.bindAsync(this.address, ServerCredentials.createInsecure(), (error, port) => (error === null ? resolve(port) : reject(error)));
    });
    return this;
  }

  stop(): void {
    this.streams.clear();
    this.grpc?.forceShutdown();
    this.grpc = undefined;
  }

  /** Adds or changes a server; returns its version. */
  put(name: string, server: Partial<StdioServer>): string {
    const version = `v${++this.versions}`;
    this.servers.set(name, { version, server: { ...defaults, name, ...server, pool: { ...defaults.pool, ...server.pool }, sessions: { ...defaults.sessions, ...server.sessions } } });
    for (const stream of this.streams) this.send(stream, [name], []);
    return version;
  }

  remove(name: string): void {
    this.servers.delete(name);
    for (const stream of this.streams) this.send(stream, [], [name]);
  }

  /** The next report about a server that fulfils the condition; one that was heard already counts only if it is the last. */
  server(name: string, isIt: (report: StdioServerReport__Output) => boolean): Promise<StdioServerReport__Output> {
    const find = (report: BridgeReport__Output): StdioServerReport__Output | undefined => report.servers.find((server) => server.name === name && isIt(server));
    return this.reports.next((report) => find(report) !== undefined).then((report) => find(report) as StdioServerReport__Output); // It was just found.
  }

  ready(name: string, version?: string): Promise<StdioServerReport__Output> {
    return this.server(name, (server) => server.state === "READY" && (version === undefined || server.version === version));
  }

  private serve(stream: AdsStream): void {
    let isFirst = true;
    stream.on("data", (request: DeltaDiscoveryRequest__Output) => {
      this.requests.hear(request);
      if (!isFirst) return;
      isFirst = false;
      this.streams.add(stream);
      const known = request.initial_resource_versions ?? {};
      const changed = [...this.servers].filter(([name, { version }]) => known[name] !== version).map(([name]) => name);
      this.send(stream, changed, Object.keys(known).filter((name) => !this.servers.has(name)));
    });
    stream.on("error", () => this.streams.delete(stream));
    stream.on("end", () => {
      this.streams.delete(stream);
      stream.end();
    });
  }

  private send(stream: AdsStream, changed: readonly string[], removed: readonly string[]): void {
    const resources = changed.flatMap((name) => {
      const found = this.servers.get(name);
      if (found === undefined) return [];
      const { version, server } = found;
      // The encoder knows an Any by the fields of what it holds.
      return [{ name, version, resource: { "@type": typeUrl, ...server } }];
    });
    const response = { type_url: typeUrl, nonce: String(++this.nonce), resources, removed_resources: [...removed] };
    stream.write(Buffer.from(encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryResponse", response)) as unknown as DeltaDiscoveryResponse); // Encoded bytes are sent as they are.
  }
}

const defaults = {
  command: [] as string[],
  pool: { min: 1, max: 4, idle_timeout: { seconds: 300 }, queue_max: 16, queue_timeout: { seconds: 5 } },
  max_message_bytes: 16 * 1024 * 1024,
  sessions: { keys: [{ id: 1, key: Buffer.alloc(32, 1) }], max_age: { seconds: 3_600 } },
} satisfies Partial<StdioServer>;

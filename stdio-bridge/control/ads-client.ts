/** The subscription to StdioServer resources over delta ADS: ACKs and NACKs as Envoy would, and keeps what it has while the xds-server is away. */

import type { ClientDuplexStream, ChannelCredentials } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { DeltaDiscoveryRequest } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js";
import type { DeltaDiscoveryResponse__Output } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js";
import { AggregatedDiscoveryClient } from "../../protos/services.js";
import { clientOptions, Retry } from "./connection.js";
import type { StdioServer } from "./stdio-server.js";
import { readResponse, stdioServerTypeUrl } from "./subscription.js";

export interface AdsClientOptions {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  /** The xDS node id: this worker. */
  readonly worker: string;
  readonly log: Logger;
  /** A new or changed server. */
  readonly onServer: (server: StdioServer) => void;
  readonly onRemoved: (name: string) => void;
}

export class AdsClient {
  private readonly options: AdsClientOptions;
  private readonly client: InstanceType<typeof AggregatedDiscoveryClient>;
  private readonly retry = new Retry(() => this.connect());
  /** The version of each resource in force, so that a new stream is sent only what differs. */
  private readonly versions = new Map<string, string>();
  private stream: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output> | undefined;

  constructor(options: AdsClientOptions) {
    this.options = options;
    this.client = new AggregatedDiscoveryClient(options.address, options.credentials, clientOptions);
    this.connect();
  }

  stop(): void {
    this.retry.stop();
    this.stream?.cancel();
    this.client.close();
  }

  private connect(): void {
    const { log, worker } = this.options;
    const stream = this.client.DeltaAggregatedResources();
    this.stream = stream;
    stream.on("data", (response: DeltaDiscoveryResponse__Output) => this.receive(stream, response));
    // Without a listener an error would end the process; the status that always follows it says the same.
    stream.on("error", () => undefined);
    stream.on("status", (status) => {
      if (this.retry.stopped) return;
      log.warn({ code: status.code, details: status.details }, "the stream of servers from the xds-server has ended: what is known stays in force");
      this.retry.failed();
    });
    stream.write({
      node: { id: worker, cluster: "stdio-bridge" },
      type_url: stdioServerTypeUrl,
      initial_resource_versions: Object.fromEntries(this.versions),
    });
  }

  private receive(stream: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output>, response: DeltaDiscoveryResponse__Output): void {
    this.retry.worked();
    if (response.type_url !== stdioServerTypeUrl) return;
    const { changed, removed, refused } = readResponse(response);
    for (const server of changed) {
      this.versions.set(server.name, server.version);
      this.options.onServer(server);
    }
    for (const name of removed) {
      this.versions.delete(name);
      this.options.onRemoved(name);
    }
    if (refused !== undefined) this.options.log.error({ refused }, "the xds-server has sent servers that cannot be run: what they replace stays in force");
    stream.write({
      type_url: stdioServerTypeUrl,
      response_nonce: response.nonce ?? "",
      ...(refused !== undefined && { error_detail: { code: invalidArgument, message: refused } }),
    });
  }
}

const invalidArgument = 3;

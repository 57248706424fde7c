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
  /** All that there is to run has been said for the first time. */
  readonly onFirstAnswer: () => void;
}

export class AdsClient {
  private readonly options: AdsClientOptions;
  private readonly client: InstanceType<typeof AggregatedDiscoveryClient>;
  private readonly retry = new Retry(() => this.connect());
  /** The version of each resource in force, so that a new stream is sent only what differs. */
  private readonly versions = new Map<string, string>();
  private stream: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output> | undefined;

  private isConnected = false;
  private isAnswered = false;

  constructor(options: AdsClientOptions) {
    this.options = options;
    this.client = new AggregatedDiscoveryClient(options.address, options.credentials, clientOptions);
    this.connect();
  }

  /** Whether the xds-server has said, since our start, what there is to run. */
  get hasAnswer(): boolean {
    return this.isAnswered;
  }

  stop(): void {
    this.retry.stop();
    this.stream?.cancel();
    this.client.close();
  }

  private connect(): void {
    const { worker } = this.options;
    const stream = this.client.DeltaAggregatedResources();
    this.stream = stream;
    stream.on("data", (response: DeltaDiscoveryResponse__Output) => this.receive(stream, response));
    // Without a listener an error would end the process; the status that always follows it says the same.
    stream.on("error", () => undefined);
    stream.on("status", (status) => {
      if (this.retry.stopped) return;
      this.tellEnd(status);
      this.retry.failed();
    });
    stream.write({
      node: { id: worker, cluster: "stdio-bridge" },
      type_url: stdioServerTypeUrl,
      initial_resource_versions: Object.fromEntries(this.versions),
    });
  }

  /** An xds-server that is only being started, or started again, needs no words but the first; one that stays away does. */
  private tellEnd({ code, details }: { readonly code: number; readonly details: string }): void {
    const { log, address } = this.options;
    if (this.isConnected) log.warn("the connection to the xds-server is lost: what is known stays in force until it is back");
    else if (this.retry.failures === failuresUntilTold) log.warn({ address, code, details }, "the xds-server does not answer: it is tried again and again");
    else log.debug({ code, details }, "the stream of servers from the xds-server has ended");
    this.isConnected = false;
  }

  private receive(stream: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output>, response: DeltaDiscoveryResponse__Output): void {
    this.retry.worked();
    this.isConnected = true;
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
    if (!this.isAnswered) this.options.onFirstAnswer();
    this.isAnswered = true;
    stream.write({
      type_url: stdioServerTypeUrl,
      response_nonce: response.nonce ?? "",
      ...(refused !== undefined && { error_detail: { code: invalidArgument, message: refused } }),
    });
  }
}

const invalidArgument = 3;
/** After about ten seconds. */
const failuresUntilTold = 6;

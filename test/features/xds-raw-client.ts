/** A bare xDS client over real gRPC: it says what it is told to, and keeps what it hears until it is asked for. */

import { credentials, type ChannelCredentials, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import type { DeltaDiscoveryRequest } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js";
import type { DeltaDiscoveryResponse__Output } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js";
import type { DiscoveryRequest } from "../../protos/gen/envoy/service/discovery/v3/DiscoveryRequest.js";
import type { DiscoveryResponse__Output } from "../../protos/gen/envoy/service/discovery/v3/DiscoveryResponse.js";
import { AggregatedDiscoveryClient } from "../../protos/services.js";

const limitMs = 15_000;
const options = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

export type DeltaClient = RawClient<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output>;
export type SotwClient = RawClient<DiscoveryRequest, DiscoveryResponse__Output>;

/** By name, which is what certificates are for. */
export function connectDelta(port: number, channelCredentials: ChannelCredentials = credentials.createInsecure()): DeltaClient {
  const client = new AggregatedDiscoveryClient(`localhost:${port}`, channelCredentials, options);
  return new RawClient(client.DeltaAggregatedResources(), () => client.close());
}

export function connectSotw(port: number): SotwClient {
  const client = new AggregatedDiscoveryClient(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  return new RawClient(client.StreamAggregatedResources(), () => client.close());
}

export class RawClient<Request, Response> {
  readonly #call: ClientDuplexStream<Request, Response>;
  readonly #close: () => void;
  readonly #heard: Response[] = [];
  #wake: (() => void) | undefined;
  #ended: ServiceError | "ended" | undefined;

  constructor(call: ClientDuplexStream<Request, Response>, close: () => void) {
    this.#call = call;
    this.#close = close;
    call.on("data", (response: Response) => {
      this.#heard.push(response);
      this.#wake?.();
    });
    call.on("error", (error: ServiceError) => this.#end(error));
    call.on("end", () => this.#end("ended"));
  }

  say(request: Request): void {
    this.#call.write(request);
  }

  /** The next response not yet asked for, in the order in which they came. */
  async next(): Promise<Response> {
    await this.#until("a response", () => this.#heard.length > 0 || this.#ended !== undefined);
    const response = this.#heard.shift();
    if (response === undefined) throw new Error(`the stream ended: ${String(this.#ended)}`);
    return response;
  }

  /** How many came that were not asked for. */
  get waiting(): number {
    return this.#heard.length;
  }

  async end(): Promise<ServiceError | "ended"> {
    await this.#until("the end of the stream", () => this.#ended !== undefined);
    return this.#ended ?? "ended";
  }

  /** Reads no more. */
  freeze(): void {
    this.#call.pause();
  }

  thaw(): void {
    this.#call.resume();
  }

  stop(): Promise<void> {
    this.#call.cancel();
    this.#close();
    return Promise.resolve();
  }

  #end(how: ServiceError | "ended"): void {
    this.#ended ??= how;
    this.#wake?.();
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const end = performance.now() + limitMs;
    while (!isSo()) {
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error(`waited ${limitMs} ms for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

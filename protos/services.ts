/** The two gRPC services that our programs speak: the discovery service and the bridges' reports. Both sides use these. */

import { makeClientConstructor, type ChannelCredentials, type ClientOptions } from "@grpc/grpc-js";
import { encodeMessage } from "./encode.js";
import type { AggregatedDiscoveryServiceClient } from "./gen/envoy/service/discovery/v3/AggregatedDiscoveryService.js";
import type { DeltaDiscoveryRequest, DeltaDiscoveryRequest__Output } from "./gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js";
import type { DeltaDiscoveryResponse, DeltaDiscoveryResponse__Output } from "./gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js";
import type { DiscoveryRequest, DiscoveryRequest__Output } from "./gen/envoy/service/discovery/v3/DiscoveryRequest.js";
import type { DiscoveryResponse, DiscoveryResponse__Output } from "./gen/envoy/service/discovery/v3/DiscoveryResponse.js";
import type { BridgeReport, BridgeReport__Output } from "./gen/mcp_mesh/v1/BridgeReport.js";
import type { BridgeReportsClient } from "./gen/mcp_mesh/v1/BridgeReports.js";
import type { ReportReceived, ReportReceived__Output } from "./gen/mcp_mesh/v1/ReportReceived.js";
import { decodeMessage } from "./load.js";

export const aggregatedDiscoveryService = {
  StreamAggregatedResources: streamsBothWays<DiscoveryRequest, DiscoveryRequest__Output, DiscoveryResponse, DiscoveryResponse__Output>(
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
    "envoy.service.discovery.v3.DiscoveryRequest",
    "envoy.service.discovery.v3.DiscoveryResponse",
  ),
  DeltaAggregatedResources: streamsBothWays<DeltaDiscoveryRequest, DeltaDiscoveryRequest__Output, DeltaDiscoveryResponse, DeltaDiscoveryResponse__Output>(
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
    "envoy.service.discovery.v3.DeltaDiscoveryRequest",
    "envoy.service.discovery.v3.DeltaDiscoveryResponse",
  ),
};

export const bridgeReportsService = {
  StreamReports: streamsBothWays<BridgeReport, BridgeReport__Output, ReportReceived, ReportReceived__Output>(
    "/mcp_mesh.v1.BridgeReports/StreamReports",
    "mcp_mesh.v1.BridgeReport",
    "mcp_mesh.v1.ReportReceived",
  ),
};

type ClientClass<Client> = new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>) => Client;

// The library types every made client as untyped; the generated client types describe the same .proto files.
export const AggregatedDiscoveryClient = makeClientConstructor(aggregatedDiscoveryService, "AggregatedDiscoveryService") as unknown as ClientClass<AggregatedDiscoveryServiceClient>;
export const BridgeReportsServiceClient = makeClientConstructor(bridgeReportsService, "BridgeReports") as unknown as ClientClass<BridgeReportsClient>;

/** A Buffer is taken to be the encoded message and is sent as it is: responses are put together from bytes made before. */
function streamsBothWays<Request extends object, RequestOutput, Response extends object, ResponseOutput>(path: string, request: string, response: string) {
  return {
    path,
    requestStream: true as const,
    responseStream: true as const,
    requestSerialize: (value: Request | Buffer): Buffer => serialize(request, value),
    requestDeserialize: (bytes: Buffer): RequestOutput => decodeMessage<RequestOutput>(request, bytes),
    responseSerialize: (value: Response | Buffer): Buffer => serialize(response, value),
    responseDeserialize: (bytes: Buffer): ResponseOutput => decodeMessage<ResponseOutput>(response, bytes),
  };
}

function serialize(name: string, value: object): Buffer {
  if (Buffer.isBuffer(value)) return value;
  const bytes = encodeMessage(name, value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The services over a real gRPC connection: what one side sends, the other reads, and made bytes go through as they are. */

import { expect } from "chai";
import { Server, ServerCredentials, credentials, type ServerDuplexStream, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { encodeMessage } from "../../protos/encode.js";
import type { DeltaDiscoveryRequest__Output } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js";
import type { DeltaDiscoveryResponse__Output } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js";
import type { BridgeReport__Output } from "../../protos/gen/mcp_mesh/v1/BridgeReport.js";
import type { ReportReceived__Output } from "../../protos/gen/mcp_mesh/v1/ReportReceived.js";
import type { StdioServer__Output } from "../../protos/gen/mcp_mesh/v1/StdioServer.js";
import { decodeMessage } from "../../protos/load.js";
import { AggregatedDiscoveryClient, BridgeReportsServiceClient, aggregatedDiscoveryService, bridgeReportsService } from "../../protos/services.js";
import { lengthDelimitedField } from "../../protos/wire.js";

describe("services", () => {
  let grpcServer: Server;
  let address: string;

  before(async () => {
    grpcServer = new Server();
    const handlers: UntypedServiceImplementation = {
      // Answers with what it was asked, made of parts: the first name as the resource's, the node's id as its version.
      DeltaAggregatedResources: (call: ServerDuplexStream<DeltaDiscoveryRequest__Output, Buffer>) => {
        call.on("data", (request: DeltaDiscoveryRequest__Output) => {
          const any = encodeMessage("google.protobuf.Any", { "@type": "type.googleapis.com/mcp_mesh.v1.StdioServer", name: "a", command: ["run"] });
          const resource = [
            ...lengthDelimitedField(3, request.resource_names_subscribe[0] ?? "none"),
            ...lengthDelimitedField(1, request.node?.id ?? "nobody"),
            ...lengthDelimitedField(2, any),
          ];
          call.write(Buffer.concat([...lengthDelimitedField(2, resource), ...lengthDelimitedField(5, "nonce 1")]));
        });
        call.on("end", () => call.end());
      },
      StreamAggregatedResources: (call: ServerDuplexStream<unknown, unknown>) => call.end(),
    };
    grpcServer.addService(aggregatedDiscoveryService, handlers);
    grpcServer.addService(bridgeReportsService, {
      StreamReports: (call: ServerDuplexStream<BridgeReport__Output, { lease: { seconds: number } }>) => {
        call.on("data", (report: BridgeReport__Output) => call.write({ lease: { seconds: report.servers.length } }));
        call.on("end", () => call.end());
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      grpcServer.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    address = `127.0.0.1:${port}`;
  });

  after(() => grpcServer.forceShutdown());

  it("carries a delta response that was put together from made bytes", async () => {
    const client = new AggregatedDiscoveryClient(address, credentials.createInsecure());
    const stream = client.DeltaAggregatedResources();
    stream.write({ node: { id: "worker-1" }, type_url: "t", resource_names_subscribe: ["mcp/a"] });
    const response = await next<DeltaDiscoveryResponse__Output>(stream);
    stream.end();
    client.close();
    expect(response.nonce).to.equal("nonce 1");
    expect(response.resources).to.have.length(1);
    const [resource] = response.resources;
    expect(resource).to.deep.include({ name: "mcp/a", version: "worker-1" });
    expect(resource?.resource?.type_url).to.equal("type.googleapis.com/mcp_mesh.v1.StdioServer");
    const stdioServer = decodeMessage<StdioServer__Output>("mcp_mesh.v1.StdioServer", resource?.resource?.value ?? Buffer.alloc(0));
    expect(stdioServer).to.deep.equal({ name: "a", command: ["run"] });
  });

  it("carries reports and leases", async () => {
    const client = new BridgeReportsServiceClient(address, credentials.createInsecure());
    const stream = client.StreamReports();
    stream.write({ worker: "w", servers: [{ name: "a", state: "READY" }, { name: "b", state: "STARTING" }] });
    expect(await next<ReportReceived__Output>(stream)).to.deep.equal({ lease: { seconds: 2 } });
    stream.end();
    client.close();
  });
});

function next<T>(stream: NodeJS.EventEmitter): Promise<T> {
  return new Promise((resolve, reject) => {
    stream.once("data", resolve);
    stream.once("error", reject);
  });
}

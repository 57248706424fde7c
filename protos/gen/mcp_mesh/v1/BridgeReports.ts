// Original file: protos/mcp_mesh/v1/report.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BridgeReport as _mcp_mesh_v1_BridgeReport, BridgeReport__Output as _mcp_mesh_v1_BridgeReport__Output } from '../../mcp_mesh/v1/BridgeReport.js';
import type { ReportReceived as _mcp_mesh_v1_ReportReceived, ReportReceived__Output as _mcp_mesh_v1_ReportReceived__Output } from '../../mcp_mesh/v1/ReportReceived.js';

export interface BridgeReportsClient extends grpc.Client {
  StreamReports(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_mesh_v1_BridgeReport, _mcp_mesh_v1_ReportReceived__Output>;
  StreamReports(options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_mesh_v1_BridgeReport, _mcp_mesh_v1_ReportReceived__Output>;
  streamReports(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_mesh_v1_BridgeReport, _mcp_mesh_v1_ReportReceived__Output>;
  streamReports(options?: grpc.CallOptions): grpc.ClientDuplexStream<_mcp_mesh_v1_BridgeReport, _mcp_mesh_v1_ReportReceived__Output>;
  
}

export interface BridgeReportsHandlers extends grpc.UntypedServiceImplementation {
  StreamReports: grpc.handleBidiStreamingCall<_mcp_mesh_v1_BridgeReport__Output, _mcp_mesh_v1_ReportReceived>;
  
}

export interface BridgeReportsDefinition extends grpc.ServiceDefinition {
  StreamReports: MethodDefinition<_mcp_mesh_v1_BridgeReport, _mcp_mesh_v1_ReportReceived, _mcp_mesh_v1_BridgeReport__Output, _mcp_mesh_v1_ReportReceived__Output>
}

/** A snapshot as a bootstrap of its own, made of the very bytes that are served, so that Envoy can judge them without a network. */

import type { AnyExtension } from "@grpc/proto-loader";
import { encodeMessage } from "../../../protos/encode.js";
import { decodeMessage } from "../../../protos/load.js";
import { lengthDelimitedField as field } from "../../../protos/wire.js";
import { typeUrls, type Snapshot, type TypeUrl } from "../../../xds-server/snapshot/snapshot.js";

const connectionManager = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const adsCluster = "ads";

/**
 * Listeners and clusters stand in a bootstrap as they are; the numbers below are those of Envoy's Bootstrap. A route
 * configuration is put into a listener of its own, and endpoints into a cluster of their own.
 */
export function toStaticBootstrap(snapshot: Snapshot): Buffer {
  const listeners = [...bytesOf(snapshot, typeUrls.listener), ...bytesOf(snapshot, typeUrls.routes).map(toListener)];
  const clusters = [makeAdsCluster(), ...bytesOf(snapshot, typeUrls.cluster), ...bytesOf(snapshot, typeUrls.endpoints).map(toCluster)];
  const adsConfig = { api_type: "DELTA_GRPC", transport_api_version: "V3", grpc_services: [{ envoy_grpc: { cluster_name: adsCluster } }] };
  return Buffer.concat([
    ...field(1, encodeMessage("envoy.config.core.v3.Node", { id: "test", cluster: "test" })),
    ...field(2, [...listeners.flatMap((bytes) => field(1, bytes)), ...clusters.flatMap((bytes) => field(2, bytes))]),
    ...field(3, field(3, encodeMessage("envoy.config.core.v3.ApiConfigSource", adsConfig))),
  ]);
}

function bytesOf(snapshot: Snapshot, typeUrl: TypeUrl): readonly Uint8Array[] {
  const resources = [...(snapshot.byType.get(typeUrl)?.values() ?? [])];
  return resources.map((resource) => decodeMessage<{ value?: Uint8Array }>("google.protobuf.Any", resource.any).value ?? new Uint8Array());
}

function toListener(routes: Uint8Array, index: number): Uint8Array {
  const router = toAny("envoy.extensions.filters.http.router.v3.Router", {});
  const manager = encodeMessage(connectionManager, { stat_prefix: "test", http_filters: [{ name: "envoy.filters.http.router", typed_config: router }] });
  const withRoutes = [manager, ...field(4, routes)];
  const any = [...field(1, `type.googleapis.com/${connectionManager}`), ...field(2, withRoutes)];
  const filter = [...field(1, "http"), ...field(4, any)];
  const listener = encodeMessage("envoy.config.listener.v3.Listener", { name: `routes ${index}`, address: { socket_address: { address: "127.0.0.1", port_value: 0 } } });
  return Buffer.concat([listener, ...field(3, field(3, filter))]);
}

function toCluster(endpoints: Uint8Array, index: number): Uint8Array {
  const cluster = encodeMessage("envoy.config.cluster.v3.Cluster", { name: `endpoints ${index}`, type: "STATIC", connect_timeout: { seconds: 1 } });
  return Buffer.concat([cluster, ...field(33, endpoints)]);
}

function makeAdsCluster(): Uint8Array {
  return encodeMessage("envoy.config.cluster.v3.Cluster", {
    name: adsCluster,
    type: "STATIC",
    connect_timeout: { seconds: 1 },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": toAny("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", { explicit_http_config: { http2_protocol_options: {} } }),
    },
    load_assignment: { cluster_name: adsCluster, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 1 } } } }] }] },
  });
}

function toAny(name: string, message: object): AnyExtension {
  return { "@type": `type.googleapis.com/${name}`, ...message };
}

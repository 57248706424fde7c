/** TLS to the servers: whom Envoy asks for, whom it believes, and what it shows of itself. */

import { isIP } from "node:net";
import type { Cluster } from "../../protos/gen/envoy/config/cluster/v3/Cluster.js";
import type { TransportSocket } from "../../protos/gen/envoy/config/core/v3/TransportSocket.js";
import type { LbEndpoint } from "../../protos/gen/envoy/config/endpoint/v3/LbEndpoint.js";
import type { SubjectAltNameMatcher } from "../../protos/gen/envoy/extensions/transport_sockets/tls/v3/SubjectAltNameMatcher.js";
import type { UpstreamTlsContext } from "../../protos/gen/envoy/extensions/transport_sockets/tls/v3/UpstreamTlsContext.js";
import { toStruct } from "../../protos/struct.js";
import type { HttpEndpoint, HttpServer, UpstreamTls } from "../model/model.js";
import { typed } from "./proto-values.js";
import type { Surroundings } from "./surroundings.js";

const socketName = "envoy.transport_sockets.tls";
const nameKey = "name";

/** Replicas of several names are each asked for by their own; else one socket does for all. */
export function toUpstreamTls(tls: UpstreamTls, httpServer: HttpServer, surroundings: Surroundings): Partial<Cluster> {
  const names = differingNames(httpServer);
  return {
    ...(names.length === 0 ? {} : {
      transport_socket_matches: names.map((name) => ({ name, match: toStruct({ [nameKey]: name }), transport_socket: toSocket({ ...tls, sni: name }, [], surroundings) })),
    }),
    transport_socket: toSocket(names.length === 0 ? withOwnName(tls, httpServer) : tls, addresses(httpServer), surroundings),
    // Envoy reads the files when the cluster changes.
    ...(tls.filesVersion === undefined ? {} : { metadata: { filter_metadata: { "mcp_mesh.tls_files": toStruct({ version: tls.filesVersion }) } } }),
  };
}

/** By it Envoy finds the endpoint's socket among several. */
export function toTlsMark({ host }: HttpEndpoint, httpServer: HttpServer): Pick<LbEndpoint, "metadata"> {
  if (isIP(host) !== 0 || differingNames(httpServer).length === 0) return {};
  return { metadata: { filter_metadata: { "envoy.transport_socket_match": toStruct({ [nameKey]: host }) } } };
}

/** Empty where one name, or none, stands for all endpoints. */
function differingNames({ tls, endpoints }: HttpServer): readonly string[] {
  if (tls === undefined || tls.sni !== undefined) return [];
  const names = new Set(endpoints.filter(({ host }) => isIP(host) === 0).map(({ host }) => host));
  return names.size > 1 ? [...names] : [];
}

function withOwnName(tls: UpstreamTls, { endpoints }: HttpServer): UpstreamTls {
  const own = endpoints.find(({ host }) => isIP(host) === 0)?.host;
  return tls.sni !== undefined || own === undefined ? tls : { ...tls, sni: own };
}

function addresses({ endpoints }: HttpServer): readonly string[] {
  return [...new Set(endpoints.map(({ host }) => host).filter((host) => isIP(host) !== 0))];
}

/** An authority vouches for many: the certificate must also be for the name that is asked for or, without one, for the address. */
function toSocket(tls: UpstreamTls, ofAddresses: readonly string[], surroundings: Surroundings): TransportSocket {
  const { sni } = tls;
  const believed: SubjectAltNameMatcher[] = sni === undefined
    ? ofAddresses.map((address) => ({ san_type: "IP_ADDRESS", matcher: { exact: asInCertificates(address) } }))
    : [{ san_type: "DNS", matcher: { exact: sni } }];
  const context: UpstreamTlsContext = {
    ...(sni === undefined ? {} : { sni }),
    common_tls_context: {
      ...(tls.verify ? { validation_context: { trusted_ca: { filename: tls.caFile ?? surroundings.systemCaFile }, match_typed_subject_alt_names: believed } } : {}),
      ...(tls.certFile === undefined || tls.keyFile === undefined ? {} : { tls_certificates: [{ certificate_chain: { filename: tls.certFile }, private_key: { filename: tls.keyFile } }] }),
      alpn_protocols: ["h2", "http/1.1"],
    },
  };
  return { name: socketName, typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", context) };
}

/** An IPv6 address has many forms, and a certificate's is compared in the shortest. */
function asInCertificates(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** Strict encoding: nothing is lost on the way, and nothing that does not fit gets through. */

import { expect } from "chai";
import fc from "fast-check";
import protobuf from "protobufjs";
import { EncodeError } from "../../protos/encode-error.js";
import { encodeMessage } from "../../protos/encode.js";
import { messageType, protoRoot } from "../../protos/load.js";
import { anyMessage, decodeExpanded } from "./any-message.js";

const roots = [
  "envoy.config.cluster.v3.Cluster",
  "envoy.config.endpoint.v3.ClusterLoadAssignment",
  "envoy.config.listener.v3.Listener",
  "envoy.config.route.v3.RouteConfiguration",
  "envoy.config.route.v3.ScopedRouteConfiguration",
  "envoy.service.discovery.v3.DeltaDiscoveryRequest",
  "envoy.service.discovery.v3.DiscoveryResponse",
  "mcp_mesh.v1.StdioServer",
  "mcp_mesh.v1.BridgeReport",
];

describe("encode", () => {
  for (const name of roots) {
    it(`loses nothing of a ${name}`, () => {
      fc.assert(
        fc.property(anyMessage(messageType(name), 5), (message) => {
          expect(decodeExpanded(name, encodeMessage(name, message))).to.deep.equal(message);
        }),
        { numRuns: 200 },
      );
    });
  }

  it("gives equal bytes to equal objects, whatever the order of their keys", () => {
    const one = encodeMessage("mcp_mesh.v1.StdioServer", { name: "a", command: ["x"], env: { B: "2", A: "1" } });
    const other = encodeMessage("mcp_mesh.v1.StdioServer", { env: { A: "1", B: "2" }, command: ["x"], name: "a" });
    expect(one).to.deep.equal(other);
  });

  it("gives frozen messages in a list the bytes that they have unfrozen, the first time and later", () => {
    const name = "envoy.config.endpoint.v3.LocalityLbEndpoints";
    const element = (weight: number): object => ({ endpoint: { address: { socket_address: { address: "10.0.0.1", port_value: 80 } } }, load_balancing_weight: { value: weight } });
    const frozen = [1, 2].map((weight) => Object.freeze(element(weight)));
    for (const lb_endpoints of [frozen, frozen, [...frozen].reverse()]) {
      expect(encodeMessage(name, { lb_endpoints })).to.deep.equal(encodeMessage(name, { lb_endpoints: lb_endpoints.map((one) => ({ ...one })) }));
    }
    expect(() => encodeMessage(name, { lb_endpoints: [Object.freeze({ weight: 1 })] })).to.throw(EncodeError, "lb_endpoints[0]");
  });

  it("gives absent, undefined and default the same bytes", () => {
    const bare = encodeMessage("envoy.config.cluster.v3.Cluster", { name: "a" });
    expect(encodeMessage("envoy.config.cluster.v3.Cluster", { name: "a", alt_stat_name: "", lb_policy: "ROUND_ROBIN", health_checks: [], connect_timeout: null, metadata: undefined })).to.deep.equal(bare);
  });

  it("writes a default where its presence says something", () => {
    const decoded = decodeExpanded("envoy.config.cluster.v3.Cluster", encodeMessage("envoy.config.cluster.v3.Cluster", { type: "STATIC" }));
    expect(decoded).to.deep.equal({ type: "STATIC" });
  });

  it("knows every type of field that our messages have", () => {
    for (const type of allTypes(protoRoot())) encodeMessage(type.fullName.slice(1), type.fullName === ".google.protobuf.Any" ? { "@type": "type.googleapis.com/google.rpc.Status" } : {});
  });

  const cluster = (fields: object): [string, object] => ["envoy.config.cluster.v3.Cluster", fields];
  const refused: readonly [string, [string, object], string][] = [
    ["an unknown field", cluster({ connectTimeout: { seconds: 1 } }), 'envoy.config.cluster.v3.Cluster has no field "connectTimeout" (value an object {seconds})'],
    ["an unknown field further in", cluster({ health_checks: [{}, { http_health_check: { pth: "/" } }] }), 'health_checks[1].http_health_check: envoy.config.core.v3.HealthCheck.HttpHealthCheck has no field "pth" (value "/")'],
    ["a number for a string", cluster({ name: 7 }), "name: 7 is not a string"],
    ["null for a string", cluster({ name: null }), "name: null is not a string"],
    ["a string for a boolean", cluster({ respect_dns_ttl: "true" }), 'respect_dns_ttl: "true" is not true or false'],
    ["a string for an integer", cluster({ per_connection_buffer_limit_bytes: { value: "1" } }), 'per_connection_buffer_limit_bytes.value: "1" is not an integer'],
    ["a bare number for a wrapper", cluster({ per_connection_buffer_limit_bytes: 1 }), "per_connection_buffer_limit_bytes: 1 is not a plain object, as google.protobuf.UInt32Value must be"],
    ["a fraction", cluster({ per_connection_buffer_limit_bytes: { value: 1.5 } }), "per_connection_buffer_limit_bytes.value: 1.5 is not an integer"],
    ["an integer below its range", cluster({ per_connection_buffer_limit_bytes: { value: -1 } }), "per_connection_buffer_limit_bytes.value: -1 is not in 0..4294967295"],
    ["an integer above its range", cluster({ per_connection_buffer_limit_bytes: { value: 2 ** 32 } }), "per_connection_buffer_limit_bytes.value: 4294967296 is not in 0..4294967295"],
    ["an integer that is not exact", cluster({ maglev_lb_config: { table_size: { value: 2 ** 53 } } }), "maglev_lb_config.table_size.value: 9007199254740992 is not in 0..9007199254740991"],
    ["not a number", cluster({ common_lb_config: { healthy_panic_threshold: { value: NaN } } }), "common_lb_config.healthy_panic_threshold.value: NaN is not a finite number"],
    ["infinity", cluster({ common_lb_config: { healthy_panic_threshold: { value: Infinity } } }), "common_lb_config.healthy_panic_threshold.value: Infinity is not a finite number"],
    ["a misspelt enum value", cluster({ lb_policy: "ROUNDROBIN" }), 'lb_policy: "ROUNDROBIN" is not one of envoy.config.cluster.v3.Cluster.LbPolicy: ROUND_ROBIN, LEAST_REQUEST, RING_HASH, RANDOM, MAGLEV, CLUSTER_PROVIDED, LOAD_BALANCING_POLICY_CONFIG'],
    ["an enum number that means nothing", cluster({ dns_lookup_family: 99 }), "dns_lookup_family: 99 is not one of envoy.config.cluster.v3.Cluster.DnsLookupFamily: AUTO, V4_ONLY, V6_ONLY, V4_PREFERRED, ALL"],
    ["both members of a oneof", cluster({ ring_hash_lb_config: {}, maglev_lb_config: {} }), 'envoy.config.cluster.v3.Cluster has both "ring_hash_lb_config" and "maglev_lb_config", of which only one may be set (oneof lb_config)'],
    ["one value for a list", cluster({ health_checks: {} }), "health_checks: an object {} is not an array"],
    ["a list for a map", cluster({ typed_extension_protocol_options: [] }), "typed_extension_protocol_options: an array of 0 is not a plain object, as a map must be"],
    ["null in a list", cluster({ health_checks: [null] }), "health_checks[0]: null is not a plain object, as envoy.config.core.v3.HealthCheck must be"],
    ["a Map for a map", cluster({ typed_extension_protocol_options: new Map() }), "typed_extension_protocol_options: an object {} is not a plain object, as a map must be"],
    ["an Any without a type", cluster({ typed_extension_protocol_options: { x: { a: 1 } } }), 'typed_extension_protocol_options["x"]: an Any needs "@type" beside the fields of its message, but has an object {a}'],
    ["an Any of a type that is not loaded", cluster({ transport_socket: { typed_config: { "@type": "type.googleapis.com/envoy.Nothing" } } }), 'transport_socket.typed_config: "@type" "type.googleapis.com/envoy.Nothing": message "envoy.Nothing" is not among the .proto files under protos/: add it there, with the fields that are used'],
    ["an Any of another host", cluster({ transport_socket: { typed_config: { "@type": "example.com/google.rpc.Status" } } }), 'transport_socket.typed_config: "@type" "example.com/google.rpc.Status" does not begin with type.googleapis.com/'],
    ["an unknown field in an Any", cluster({ transport_socket: { typed_config: { "@type": "type.googleapis.com/google.rpc.Status", cod: 1 } } }), 'transport_socket.typed_config: google.rpc.Status has no field "cod" (value 1)'],
    ["@type where there is no Any", cluster({ "@type": "type.googleapis.com/google.rpc.Status" }), 'envoy.config.cluster.v3.Cluster has no field "@type" (value "type.googleapis.com/google.rpc.Status")'],
    ["text for bytes", ["envoy.config.core.v3.DataSource", { inline_bytes: "eA==" }], 'inline_bytes: "eA==" is not a Uint8Array'],
    ["half of a surrogate pair", cluster({ name: "a\ud800" }), "name: the string of 2 characters holds half of a surrogate pair"],
    ["a duration of half a second in seconds", cluster({ connect_timeout: { seconds: 0.5 } }), "connect_timeout.seconds: 0.5 is not an integer"],
    ["a duration with too many nanoseconds", cluster({ connect_timeout: { nanos: 1e9 } }), "connect_timeout.nanos: 1000000000 is not within ±999999999"],
    ["a duration of two signs", cluster({ connect_timeout: { seconds: 1, nanos: -1 } }), "connect_timeout: seconds 1 and nanos -1 differ in sign"],
    ["a duration beyond its range", cluster({ connect_timeout: { seconds: 4e11 } }), "connect_timeout.seconds: 400000000000 is not within ±315576000000"],
    ["the content of an object that may be secret", ["envoy.config.core.v3.HeaderValueOption", { header: { key: { Authorization: "Bearer hush" } } }], "header.key: an object {Authorization} is not a string"],
  ];
  for (const [what, [name, message], rule] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => encodeMessage(name, message)).to.throw(EncodeError).with.property("message", rule);
    });
  }
});

function allTypes(namespace: protobuf.NamespaceBase): readonly protobuf.Type[] {
  return namespace.nestedArray.flatMap((nested) => [
    ...(nested instanceof protobuf.Type ? [nested] : []),
    ...(nested instanceof protobuf.Namespace ? allTypes(nested) : []),
  ]);
}

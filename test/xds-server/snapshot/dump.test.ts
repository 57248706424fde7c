/** The dump: Envoy's own JSON forms, the same from objects and from bytes, and no secret in it unless asked for. */

import type { AnyExtension } from "@grpc/proto-loader";
import { expect } from "chai";
import fc from "fast-check";
import { encodeMessage } from "../../../protos/encode.js";
import { decodeMessage, messageType } from "../../../protos/load.js";
import { toStruct } from "../../../protos/struct.js";
import { dumpMessage, dumpResources, dumpSnapshot } from "../../../xds-server/snapshot/dump.js";
import { makeSnapshot } from "../../../xds-server/snapshot/make-snapshot.js";
import type { Resources } from "../../../xds-server/snapshot/resources.js";
import { anyMessage } from "../../protos/any-message.js";

describe("dump", () => {
  const forms: readonly [string, string, object, unknown][] = [
    ["a duration in whole seconds", "google.protobuf.Duration", { seconds: 5 }, "5s"],
    ["no duration at all", "google.protobuf.Duration", {}, "0s"],
    ["a duration with milliseconds", "google.protobuf.Duration", { seconds: 1, nanos: 500_000_000 }, "1.500s"],
    ["a duration with microseconds", "google.protobuf.Duration", { nanos: 1_000 }, "0.000001s"],
    ["a duration with nanoseconds", "google.protobuf.Duration", { nanos: 1 }, "0.000000001s"],
    ["a duration before now", "google.protobuf.Duration", { seconds: -1, nanos: -500_000_000 }, "-1.500s"],
    ["a wrapper", "google.protobuf.UInt32Value", { value: 3 }, 3],
    ["a wrapped default", "google.protobuf.BoolValue", {}, false],
    ["a wrapped 64-bit number", "google.protobuf.UInt64Value", { value: 65537 }, "65537"],
    ["bytes", "envoy.config.core.v3.DataSource", { inline_bytes: Buffer.from("hello") }, { inline_bytes: "aGVsbG8=" }],
    ["an enum by number", "envoy.config.cluster.v3.Cluster", { lb_policy: 5 }, { lb_policy: "MAGLEV" }],
    ["a struct", "google.protobuf.Struct", toStruct({ a: [1, "x", null, { b: true }] }), { a: [1, "x", null, { b: true }] }],
    ["an Any", "google.protobuf.Any", toAny("envoy.extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }), { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router", suppress_envoy_headers: true }],
    ["an Any of something with a form of its own", "google.protobuf.Any", toAny("google.protobuf.Duration", { seconds: 2 }), { "@type": "type.googleapis.com/google.protobuf.Duration", value: "2s" }],
    ["a message that is empty", "envoy.config.core.v3.ConfigSource", { ads: {} }, { ads: {} }],
    ["nothing for what is absent", "envoy.config.cluster.v3.Cluster", { name: "a", connect_timeout: null, metadata: undefined, health_checks: [], typed_extension_protocol_options: {} }, { name: "a" }],
  ];
  for (const [what, name, message, json] of forms) {
    it(`writes ${what}`, () => expect(dumpMessage(name, message)).to.deep.equal(json));
  }

  it("says the same of a message and of its bytes", () => {
    for (const name of ["envoy.config.cluster.v3.Cluster", "envoy.config.listener.v3.Listener", "mcp_mesh.v1.StdioServer"]) {
      fc.assert(
        fc.property(anyMessage(messageType(name), 5), (message) => {
          const decoded = decodeMessage<object>(name, encodeMessage(name, message));
          expect(dumpMessage(name, decoded, "shown")).to.deep.equal(dumpMessage(name, message, "shown"));
        }),
      );
    }
  });

  it("refuses a field that there is not", () => {
    expect(() => dumpMessage("envoy.config.cluster.v3.Cluster", { nam: "a" })).to.throw('envoy.config.cluster.v3.Cluster has no field "nam"');
  });

  it("shows what is served as it shows what was made", () => {
    const { value: snapshot, problems } = makeSnapshot(withSecrets);
    expect(problems).to.deep.equal([]);
    expect(dumpSnapshot(snapshot, "shown")).to.deep.equal(dumpResources(withSecrets, "shown"));
    expect(dumpSnapshot(snapshot)).to.deep.equal(dumpResources(withSecrets));
  });

  it("leaves out the types that are not known", () => {
    expect(dumpResources({ ...nothing, scopes: [] })).to.deep.equal({ scopes: [] });
  });

  it("holds no secret unless they are asked for", () => {
    const text = JSON.stringify(dumpResources(withSecrets));
    expect(text).not.to.contain("hush");
    expect(text).not.to.contain(Buffer.from("hush").toString("base64"));
    const shown = JSON.stringify(dumpResources(withSecrets, "shown"));
    expect(shown.match(/hush/g)).to.have.length(8);
    expect(shown).to.contain(Buffer.from("hush").toString("base64"));
  });

  it("says of a secret what it belongs to", () => {
    expect(dumpResources(withSecrets)).to.deep.include({
      stdioServers: [{ name: "s", command: ["run"], env: { TOKEN: "[redacted]" } }],
      routes: [
        {
          name: "r",
          virtual_hosts: [{ request_headers_to_add: [{ header: { key: "authorization", value: "[redacted]" } }], response_headers_to_add: [{ header: { key: "x-open", value: "seen" } }] }],
          typed_per_filter_config: {
            auth: { "@type": "type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute", credentials: [{ key: "[redacted]", client: "ann" }] },
          },
        },
      ],
    });
  });
});

const nothing: Resources = { clusters: undefined, endpoints: undefined, listeners: undefined, scopes: undefined, routes: undefined, stdioServers: undefined };

const withSecrets: Resources = {
  ...nothing,
  stdioServers: [{ name: "s", command: ["run"], env: { TOKEN: "hush" } }],
  routes: [
    {
      name: "r",
      virtual_hosts: [{ request_headers_to_add: [{ header: { key: "authorization", value: "Bearer hush" } }], response_headers_to_add: [{ header: { key: "x-open", value: "seen" } }] }],
      typed_per_filter_config: { auth: toAny("envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute", { credentials: [{ key: "hush", client: "ann" }] }) },
    },
  ],
  clusters: [
    {
      name: "c",
      health_checks: [{ http_health_check: { path: "/", request_headers_to_add: [{ header: { key: "authorization", value: "hush" } }] } }],
      transport_socket: {
        name: "tls",
        typed_config: toAny("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
          common_tls_context: { tls_certificates: [{ private_key: { inline_string: "hush" }, password: { inline_bytes: Buffer.from("hush") } }] },
        }),
      },
    },
  ],
  listeners: [
    {
      name: "l",
      filter_chains: [
        {
          filters: [
            {
              name: "http",
              typed_config: toAny("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
                http_filters: [
                  { name: "auth", typed_config: toAny("envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth", { credentials: [{ key: "hush", client: "bob" }] }) },
                  {
                    name: "headers",
                    typed_config: toAny("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
                      mutations: { request_mutations: [{ append: { header: { key: "authorization", value: "hush" } } }] },
                    }),
                  },
                ],
                tracing: { provider: { name: "o", typed_config: toAny("envoy.config.trace.v3.OpenTelemetryConfig", { grpc_service: { envoy_grpc: {}, initial_metadata: [{ key: "authorization", value: "hush" }] } }) } },
              }),
            },
          ],
        },
      ],
    },
  ],
};

function toAny(name: string, message: object): AnyExtension {
  return { "@type": `type.googleapis.com/${name}`, ...message };
}

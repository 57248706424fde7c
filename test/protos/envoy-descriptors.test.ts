/** Our .proto files against the descriptors in the Envoy binary: an upgrade of Envoy is checked by this. */

import { expect } from "chai";
import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import { findEnvoy } from "../../envoy/find-envoy.js";
import { protoFiles, protoRoot } from "../../protos/load.js";
import { differences, readDescriptors, type Descriptors } from "./envoy-descriptors.js";

describe("the descriptors in the Envoy binary", function () {
  this.timeout(300_000); // It may have to be fetched first.
  let envoy: Descriptors;

  before(async () => {
    const { path } = await findEnvoy({ env: process.env });
    envoy = readDescriptors(readFileSync(path));
  });

  it("are found", () => {
    expect(envoy.files.size).to.be.greaterThan(500);
  });

  it("hold every file of ours under the same path", () => {
    const ours = protoFiles().filter((file) => !file.startsWith("mcp_mesh/"));
    expect(ours).to.have.length.greaterThan(50);
    expect(ours.filter((file) => !envoy.files.has(file))).to.deep.equal([]);
  });

  it("say of every message, field, enum value and method of ours what we say", () => {
    expect(differences(protoRoot(), envoy)).to.deep.equal([]);
  });

  const wrong: readonly [string, string, string, string][] = [
    ["a wrong number", "envoy.config.core.v3", "message Pipe { string path = 3; }", "field envoy.config.core.v3.Pipe.path: number is 3 in our .proto file and 1 in Envoy"],
    ["a wrong type", "envoy.config.core.v3", "message Pipe { bytes path = 1; }", "field envoy.config.core.v3.Pipe.path: type is bytes in our .proto file and string in Envoy"],
    ["a wrong label", "envoy.config.core.v3", "message Pipe { repeated string path = 1; }", "field envoy.config.core.v3.Pipe.path: type is repeated string in our .proto file and string in Envoy"],
    ["a wrong message type", "envoy.config.core.v3", "message Address { oneof address { Address pipe = 2; } }", "field envoy.config.core.v3.Address.pipe: type is .envoy.config.core.v3.Address in our .proto file and .envoy.config.core.v3.Pipe in Envoy"],
    ["a field outside its oneof", "envoy.config.core.v3", "message Pipe {} message Address { Pipe pipe = 2; }", "field envoy.config.core.v3.Address.pipe: oneof is none in our .proto file and address in Envoy"],
    ["a field in a oneof of ours", "envoy.config.core.v3", "message Pipe { oneof x { string path = 1; } }", "field envoy.config.core.v3.Pipe.path: oneof is x in our .proto file and none in Envoy"],
    ["a map for a list", "envoy.config.core.v3", "message HeaderMap { map<string, string> headers = 1; }", "field envoy.config.core.v3.HeaderMap.headers: type is map<string, string> in our .proto file and repeated .envoy.config.core.v3.HeaderValue in Envoy"],
    ["a map of something else", "envoy.config.cluster.v3", "message Cluster { map<string, string> typed_extension_protocol_options = 36; }", "field envoy.config.cluster.v3.Cluster.typed_extension_protocol_options: type is map<string, string> in our .proto file and map<string, .google.protobuf.Any> in Envoy"],
    ["a renamed field", "envoy.config.core.v3", "message Pipe { string file = 1; }", "field envoy.config.core.v3.Pipe.file = 1 does not exist in Envoy, whose field 1 is path"],
    ["a removed field", "envoy.config.core.v3", "message Pipe { string file = 99; }", "field envoy.config.core.v3.Pipe.file = 99 does not exist in Envoy"],
    ["a removed message", "envoy.config.core.v3", "message Tube {}", "message envoy.config.core.v3.Tube does not exist in Envoy"],
    ["a removed enum", "envoy.config.core.v3", "enum Health { UP = 0; }", "enum envoy.config.core.v3.Health does not exist in Envoy"],
    ["a wrong enum number", "envoy.config.core.v3", "enum HealthStatus { HEALTHY = 0; }", "enum envoy.config.core.v3.HealthStatus: HEALTHY is 0 in our .proto file and 1 in Envoy"],
    ["a removed enum value", "envoy.config.core.v3", "enum HealthStatus { FINE = 0; }", "enum envoy.config.core.v3.HealthStatus: FINE is 0 in our .proto file and absent in Envoy"],
    ["a removed service", "envoy.service.discovery.v3", "service Discovery {}", "service envoy.service.discovery.v3.Discovery does not exist in Envoy"],
    [
      "a method of another form",
      "envoy.service.discovery.v3",
      "message DiscoveryRequest {} message DiscoveryResponse {} service AggregatedDiscoveryService { rpc StreamAggregatedResources(DiscoveryRequest) returns (stream DiscoveryResponse); }",
      "method envoy.service.discovery.v3.AggregatedDiscoveryService.StreamAggregatedResources is .envoy.service.discovery.v3.DiscoveryRequest → stream .envoy.service.discovery.v3.DiscoveryResponse in our .proto file and stream .envoy.service.discovery.v3.DiscoveryRequest → stream .envoy.service.discovery.v3.DiscoveryResponse in Envoy",
    ],
  ];
  for (const [what, packageName, text, difference] of wrong) {
    it(`would show ${what}`, () => {
      const { root } = protobuf.parse(`syntax = "proto3"; package ${packageName}; ${text}`, { keepCase: true });
      root.resolveAll();
      expect(differences(root, envoy)).to.deep.equal([difference]);
    });
  }
});

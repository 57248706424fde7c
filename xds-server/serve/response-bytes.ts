/** A reply as the bytes of its message: resources were encoded once, for all streams, and are only put together here. */

import { lengthDelimitedField } from "../../protos/wire.js";
import type { EncodedResource } from "../snapshot/snapshot.js";
import type { Protocol, Reply } from "./discovery.js";

export function toResponseBytes(protocol: Protocol, reply: Reply): Buffer {
  return Buffer.concat(protocol === "delta" ? deltaDiscoveryResponse(reply) : discoveryResponse(reply));
}

// The field numbers are those of protos/envoy/service/discovery/v3/discovery.proto.

function deltaDiscoveryResponse(reply: Reply): readonly Uint8Array[] {
  return [
    ...reply.resources.flatMap((resource) => lengthDelimitedField(2, toResource(resource))),
    ...lengthDelimitedField(4, reply.typeUrl),
    ...lengthDelimitedField(5, reply.nonce),
    ...reply.removed.flatMap((name) => lengthDelimitedField(6, name)),
  ];
}

function toResource(resource: EncodedResource): readonly Uint8Array[] {
  return [
    ...lengthDelimitedField(1, resource.version),
    ...lengthDelimitedField(2, resource.any),
    ...lengthDelimitedField(3, resource.name),
  ];
}

function discoveryResponse(reply: Reply): readonly Uint8Array[] {
  return [
    ...lengthDelimitedField(1, reply.version),
    ...reply.resources.flatMap((resource) => lengthDelimitedField(2, resource.any)),
    ...lengthDelimitedField(4, reply.typeUrl),
    ...lengthDelimitedField(5, reply.nonce),
  ];
}

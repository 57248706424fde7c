/** Requests as they come off the wire → plain data that the conversation takes. */

import type { Node__Output } from "../../protos/gen/envoy/config/core/v3/Node.js";
import type { DeltaDiscoveryRequest__Output } from "../../protos/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js";
import type { DiscoveryRequest__Output } from "../../protos/gen/envoy/service/discovery/v3/DiscoveryRequest.js";
import { metricsPortKey } from "../../protos/node-metadata.js";
import { fromStruct } from "../../protos/struct.js";
import type { ClientNode } from "./client-status.js";
import type { DeltaRequest, SotwRequest } from "./discovery.js";

/** The longest refusal that is kept. */
const maxRefusalCharacters = 4096;

export function toDeltaRequest(request: DeltaDiscoveryRequest__Output): DeltaRequest {
  return {
    kind: "delta",
    typeUrl: request.type_url ?? "",
    subscribe: request.resource_names_subscribe,
    unsubscribe: request.resource_names_unsubscribe,
    initialVersions: request.initial_resource_versions ?? {},
    nonce: request.response_nonce ?? "",
    ...toRefusal(request.error_detail),
  };
}

export function toSotwRequest(request: DiscoveryRequest__Output): SotwRequest {
  return {
    kind: "sotw",
    typeUrl: request.type_url ?? "",
    names: request.resource_names,
    version: request.version_info ?? "",
    nonce: request.response_nonce ?? "",
    ...toRefusal(request.error_detail),
  };
}

export function toClientNode(node: Node__Output): ClientNode {
  const { version } = node.user_agent_build_version ?? {};
  const buildVersion = version === undefined ? "" : [version.major_number, version.minor_number, version.patch].map((part) => part ?? 0).join(".");
  const metricsPort = node.metadata?.fields === undefined ? undefined : fromStruct(node.metadata)[metricsPortKey];
  return {
    id: node.id ?? "",
    userAgentName: node.user_agent_name ?? "",
    userAgentVersion: node.user_agent_version ?? buildVersion,
    ...(isPort(metricsPort) ? { metricsPort } : {}),
  };
}

/** Of what an Envoy says of itself, nothing else is believed. */
function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535;
}

function toRefusal(status: { readonly message?: string } | undefined): { readonly refusal?: string } {
  if (status === undefined) return {};
  return { refusal: withoutValues(status.message ?? "").slice(0, maxRefusalCharacters) };
}

/** Envoy may repeat the resource in its message, and with it headers and keys that are secret. */
function withoutValues(message: string): string {
  return message.replaceAll(/\b(value|key|inline_string|inline_bytes)(\s*:\s*)"(?:[^"\\]|\\.)*"/g, '$1$2"…"');
}

/** What is told about a connected client: who it is, and how far it has followed. */

import { typeUrls, type TypeUrl } from "../snapshot/snapshot.js";
import type { Conversation } from "./conversation.js";
import type { Protocol } from "./discovery.js";
import type { Subscription } from "./subscription.js";

export interface ClientStatus {
  /** Empty until the client's first request has come. */
  readonly nodeId: string;
  readonly role: "envoy" | "bridge" | "other";
  /** Name and version, as far as the client gives them. */
  readonly userAgent: string;
  readonly peer: string;
  readonly connectedAtMs: number;
  readonly protocol: Protocol;
  /** The types it has asked for, in the order in which additions are sent. */
  readonly types: readonly TypeStatus[];
  /** Every type asked for is in sync with the current snapshot. */
  readonly inSync: boolean;
  /** It has been in sync, on this connection, with all that its role needs to work. */
  readonly hasBeenInSync: boolean;
  /** Where, on its address, it says that its statistics are. */
  readonly metricsPort?: number;
}

export interface TypeStatus {
  readonly typeUrl: TypeUrl;
  /** Resources that it was sent, on this connection or one before. */
  readonly sent: number;
  /** Those of them that it has accepted. */
  readonly acked: number;
  /** One version for all that it has accepted; two clients with the same have the same. Empty: it has nothing. */
  readonly version: string;
  readonly inSync: boolean;
  /** The last refusal, until all it concerned has been replaced. */
  readonly nack?: { readonly message: string; readonly atMs: number; readonly resources: readonly string[] };
}

/** What a client says of itself. */
export interface ClientNode {
  readonly id: string;
  readonly userAgentName: string;
  readonly userAgentVersion: string;
  readonly metricsPort?: number;
}

export interface ConnectedClient {
  readonly node: ClientNode;
  readonly peer: string;
  readonly connectedAtMs: number;
  readonly protocol: Protocol;
  readonly conversation: Conversation;
  readonly hasBeenInSync: boolean;
}

export function toClientStatus(client: ConnectedClient): ClientStatus {
  const { node, conversation, peer, connectedAtMs, protocol, hasBeenInSync } = client;
  const subscriptions = conversation.subscriptions();
  return {
    nodeId: node.id,
    role: roleOf(node, subscriptions),
    userAgent: [node.userAgentName, node.userAgentVersion].filter((part) => part !== "").join(" "),
    peer,
    connectedAtMs,
    protocol,
    types: subscriptions.map((subscription) => toTypeStatus(subscription, conversation)),
    inSync: isInSync(conversation),
    hasBeenInSync,
    ...(node.metricsPort === undefined ? {} : { metricsPort: node.metricsPort }),
  };
}

/** In sync, and with nothing missing that the client is bound to ask for. */
export function isCompletelyInSync(node: ClientNode, conversation: Conversation): boolean {
  if (!isInSync(conversation)) return false;
  const subscriptions = conversation.subscriptions();
  const asked = subscriptions.map(({ typeUrl }) => typeUrl);
  switch (roleOf(node, subscriptions)) {
    case "bridge": return true;
    case "other": return true;
    case "envoy": {
      const needed = conversation.has(typeUrls.scope) ? [typeUrls.cluster, typeUrls.listener, typeUrls.scope] : [typeUrls.cluster, typeUrls.listener];
      return needed.every((typeUrl) => asked.includes(typeUrl));
    }
  }
}

function isInSync(conversation: Conversation): boolean {
  const subscriptions = conversation.subscriptions();
  return subscriptions.length > 0 && subscriptions.every((subscription) => conversation.isInSync(subscription));
}

function roleOf(node: ClientNode, subscriptions: readonly Subscription[]): ClientStatus["role"] {
  if (node.userAgentName === "envoy") return "envoy";
  return subscriptions.some(({ typeUrl }) => typeUrl === typeUrls.stdioServer) ? "bridge" : "other";
}

function toTypeStatus(subscription: Subscription, conversation: Conversation): TypeStatus {
  const { typeUrl, nack, sentCount, heldCount, heldVersion, refusedNames } = subscription;
  return {
    typeUrl,
    sent: sentCount,
    acked: heldCount,
    version: heldVersion,
    inSync: conversation.isInSync(subscription),
    ...(nack === undefined ? {} : { nack: { ...nack, resources: refusedNames } }),
  };
}

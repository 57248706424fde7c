/** Where Envoy's gateway listens: reads what Envoy's admin answers to /listeners?format=json. */

import { gatewayListenerName } from "../translate/names.js";

export interface ListenerAddress { readonly host: string; readonly port: number }

/** Undefined: it has no such listener, or none on an IP address. */
export function readEnvoyListener(json: unknown): ListenerAddress | undefined {
  // Envoy's own answer, whose shape its API fixes.
  const { listener_statuses: listeners = [] } = json as { readonly listener_statuses?: readonly { readonly name?: string; readonly local_address?: { readonly socket_address?: { readonly address?: string; readonly port_value?: number } } }[] };
  const { address, port_value: port } = listeners.find(({ name }) => name === gatewayListenerName)?.local_address?.socket_address ?? {};
  return address === undefined || port === undefined ? undefined : { host: address, port };
}

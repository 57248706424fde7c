/** Where the gateway really listens: an Envoy that refuses a new address goes on at the one before. */

import type { Gateway } from "../model/model.js";
import type { ClientStatus } from "../serve/client-status.js";
import { typeUrls, type Snapshot } from "../snapshot/snapshot.js";
import { typeVersion } from "../snapshot/type-version.js";

export type GatewayAddress = Pick<Gateway, "host" | "port" | "tls">;

export class GatewayInForce {
  /** By the version of the listener that was made of it. */
  #published: ReadonlyMap<string, GatewayAddress> = new Map();

  /** Forgets what no client holds any more. */
  note(snapshot: Snapshot, gateway: GatewayAddress, clients: readonly ClientStatus[]): void {
    // Until the bridges have settled, nothing is said of listeners.
    if (!snapshot.byType.has(typeUrls.listener)) return;
    const held = new Set(clients.map(listenerVersion));
    this.#published = new Map([...[...this.#published].filter(([version]) => held.has(version)), [typeVersion(snapshot, typeUrls.listener), gateway]]);
  }

  /** Undefined: none of the clients holds a listener of which is known where it listens. */
  of(clients: readonly ClientStatus[]): GatewayAddress | undefined {
    return clients.map((client) => this.#published.get(listenerVersion(client))).find((address) => address !== undefined);
  }
}

function listenerVersion({ types }: ClientStatus): string {
  return types.find(({ typeUrl }) => typeUrl === typeUrls.listener)?.version ?? "";
}

/** All stdio servers of this worker, by name. */

import type { ServerSettings } from "./generation.js";
import { HostedServer, type HostedServerNeeds, type ServerStatus } from "./hosted-server.js";
import type { StopGrace } from "../process/mcp-process.js";

export class ServerTable {
  private readonly needs: HostedServerNeeds;
  private readonly servers = new Map<string, HostedServer>();
  private readonly removed = new Set<string>();
  private isLeaving = false;
  private isClosed = false;

  constructor(needs: HostedServerNeeds) {
    this.needs = needs;
  }

  /** The worker is about to end, and others are to take over. */
  get isDraining(): boolean {
    return this.isLeaving || this.isClosed;
  }

  get size(): number {
    return this.servers.size;
  }

  find(name: string): HostedServer | undefined {
    return this.servers.get(name);
  }

  /** A new or changed server. */
  put(settings: ServerSettings): void {
    if (this.isDraining) return;
    this.removed.delete(settings.name);
    const server = this.servers.get(settings.name);
    if (server !== undefined && !server.isStopped) return server.update(settings);
    this.servers.set(settings.name, new HostedServer(settings, this.needs));
    this.needs.onState();
  }

  /** Resolves when it is gone. */
  async remove(name: string): Promise<void> {
    const server = this.servers.get(name);
    if (server === undefined || this.removed.has(name)) return;
    this.removed.add(name);
    const removal = server.remove();
    this.needs.onState();
    if (!(await removal)) return;
    // Unless it was put anew while this one stopped.
    if (this.servers.get(name) !== server) return;
    this.removed.delete(name);
    this.servers.delete(name);
  }

  /** Those that are to be served; one that is on its way out is none of them. */
  statuses(): readonly ServerStatus[] {
    return [...this.servers].flatMap(([name, server]) => (this.removed.has(name) ? [] : [server.status()]));
  }

  /** Everything goes on, until those who send requests have heard of it. */
  announceEnd(): void {
    this.isLeaving = true;
  }

  /** No new sessions; resolves when no request is open any more, or the limit is reached. */
  async drain(limitMs: number): Promise<void> {
    this.isClosed = true;
    for (const server of this.servers.values()) server.close();
    await Promise.all([...this.servers.values()].map((server) => server.requestsDone(limitMs)));
  }

  /** Resolves when every process is gone. */
  async stop(grace: StopGrace): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.servers.values()].map((server) => server.stop(grace, "the bridge is ending")));
  }
}

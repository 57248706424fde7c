/** The reports to every xds-server behind the address: each serves Envoys of its own, and all of them must know this worker. */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Reports, type ReportsOptions } from "./reports.js";

export interface ReportsToAllOptions extends Omit<ReportsOptions, "serverName"> {
  /** How often is looked for xds-servers that have come or gone; an address without a name is not looked up. */
  readonly lookUpMs: number;
  /** An address of each xds-server behind a name. */
  readonly lookUp?: (name: string) => Promise<readonly string[]>;
}

export const lookUpMs = 1_000;

export class ReportsToAll {
  private readonly options: ReportsToAllOptions;
  private readonly name: string;
  private readonly port: string;
  private readonly byAddress = new Map<string, Reports>();
  private isStopped = false;
  private timer: NodeJS.Timeout | undefined;
  private isLookUpFailing = false;

  constructor(options: ReportsToAllOptions) {
    this.options = options;
    const [, name = options.address, port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(options.address) ?? [];
    this.name = name;
    this.port = port;
    if (isIP(name) === 0) void this.look();
    else this.byAddress.set(name, new Reports(options));
  }

  /**
   * Whether an xds-server knows all that there is to tell. All are told at the same moment, but one that is broken must not
   * keep a worker from being ready.
   */
  get isTaken(): boolean {
    return [...this.byAddress.values()].some((reports) => reports.isTaken);
  }

  changed(): void {
    for (const reports of this.byAddress.values()) reports.changed();
  }

  sendNow(): void {
    for (const reports of this.byAddress.values()) reports.sendNow();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    for (const reports of this.byAddress.values()) reports.stop();
  }

  private async look(): Promise<void> {
    const { lookUp = resolveAll, lookUpMs, log } = this.options;
    try {
      const addresses = await lookUp(this.name);
      this.isLookUpFailing = false;
      if (!this.isStopped) this.reportTo(addresses);
    } catch (error) {
      // Those who are known are still there, as far as anybody can tell.
      if (!this.isLookUpFailing) log.warn({ name: this.name, error: String(error) }, "the name of the xds-server cannot be looked up: it is tried again and again");
      this.isLookUpFailing = true;
    }
    if (!this.isStopped) this.timer = setTimeout(() => void this.look(), lookUpMs);
  }

  private reportTo(addresses: readonly string[]): void {
    const { log } = this.options;
    for (const [address, reports] of this.byAddress) {
      if (addresses.includes(address)) continue;
      log.info({ address }, "this xds-server is gone: it gets no reports any more");
      reports.stop();
      this.byAddress.delete(address);
    }
    for (const address of addresses) {
      if (this.byAddress.has(address)) continue;
      const host = isIP(address) === 6 ? `[${address}]` : address;
      this.byAddress.set(address, new Reports({ ...this.options, address: `${host}:${this.port}`, serverName: this.name }));
    }
  }
}

async function resolveAll(name: string): Promise<readonly string[]> {
  return oneEach((await lookup(name, { all: true })).map(({ address }) => address), name);
}

/**
 * An xds-server takes one stream from a worker, so none may be reported to twice: of both families, only one counts, and
 * a name of this machine, where nobody can tell which of them it listens on, is left to gRPC to try.
 */
export function oneEach(addresses: readonly string[], name: string): readonly string[] {
  if (addresses.every((address) => address === "::1" || address.startsWith("127."))) return [name];
  const ipv4 = addresses.filter((address) => isIP(address) === 4);
  return [...new Set(ipv4.length > 0 ? ipv4 : addresses)];
}

/** Ports for `mcp-mesh up`: free ones are picked together, taken ones are named with who holds them. */

import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { findPortHolder } from "./port-holder.js";

export interface WantedPort {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** What it is for, and how the user chooses another. */
  readonly what: string;
  readonly flag: string;
}

export interface SettledPorts {
  /** In the order of what was wanted. */
  readonly ports: readonly number[];
  /** A sentence for each that cannot be had. */
  readonly problems: readonly string[];
}

/** All are held until each is known, so that no two are the same; then they are let go for those who will use them. */
export async function settlePorts(wanted: readonly WantedPort[]): Promise<SettledPorts> {
  const held: Server[] = [];
  const ports: number[] = [];
  const settled = new Map<number, WantedPort>();
  const problems: string[] = [];
  try {
    for (const one of wanted) {
      const holder = createServer();
      try {
        holder.listen({ host: one.host, port: one.port, exclusive: true });
        await once(holder, "listening");
        held.push(holder);
        // A TCP server that listens has an address with a port.
        const { port } = holder.address() as AddressInfo;
        settled.set(port, one);
        ports.push(port);
      } catch (error) {
        const rival = settled.get(one.port);
        problems.push(rival === undefined ? await describeProblem(one, error) : `port ${one.port} is wanted for ${rival.what} and for ${one.what}: choose another with ${one.flag} (0 picks a free one)`);
        ports.push(one.port);
      }
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
  return { ports, problems };
}

async function describeProblem({ host, port, what, flag }: WantedPort, error: unknown): Promise<string> {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const remedy = `choose another with ${flag} (0 picks a free one)`;
  switch (code) {
    case "EADDRINUSE": {
      const holder = await findPortHolder(port);
      return `port ${port} for ${what} is in use${holder === undefined ? "" : ` by ${holder}`}: end that, or ${remedy}`;
    }
    case "EACCES":
      return `port ${port} for ${what} may not be opened by this user: ${remedy}`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `address ${host} for ${what} is not one of this machine's: use 127.0.0.1, 0.0.0.0 or an address of a network card`;
    default:
      return `port ${port} for ${what} cannot be opened on ${host} (${error instanceof Error ? error.message : String(error)}): ${remedy}`;
  }
}

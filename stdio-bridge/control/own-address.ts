/** The address by which this machine reaches the xds-server: Envoy is on the same network, and reaches us by it. */

import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";

const retryMs = 500;
/** After about five seconds. */
const failuresUntilTold = 10;

/** Listening there means listening everywhere, which is no address that another could connect to. */
export function isEveryAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** `xdsAddress` is `host:port`. Its name may not be known yet, so it is asked for until it is, or `stop` is aborted. */
export async function findOwnAddress(xdsAddress: string, log: Logger, stop: AbortSignal): Promise<string> {
  const { hostname, port } = new URL(`tcp://${xdsAddress}`);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  for (let failures = 1; ; failures++) {
    try {
      return await addressTowards(host, Number(port));
    } catch (error) {
      if (failures === failuresUntilTold) log.warn({ xdsAddress, error: String(error) }, "the way to the xds-server is not known, and so neither is the own address: it is looked for again and again");
      await delay(retryMs, undefined, { signal: stop });
    }
  }
}

/** A UDP socket that is connected has the address that the system would send from; nothing is sent. */
async function addressTowards(host: string, port: number): Promise<string> {
  const { address, family } = await lookup(host);
  return new Promise((resolve, reject) => {
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.connect(port, address, () => {
      const own = socket.address().address;
      socket.close();
      resolve(own);
    });
  });
}

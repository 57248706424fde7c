/**
 * Lets two Envoys on one machine share an xds-server: both are sent the same listener, so this stands between the second
 * and the xds-server and writes another port into it. All else passes as it is.
 */

import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Transform } from "node:stream";

export interface PortTap {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startPortTap(xdsPort: number, gatewayPort: number, ownPort: number): Promise<PortTap> {
  const sockets = new Set<Socket>();
  const tap = createServer((envoy) => {
    const xds = connect(xdsPort, "127.0.0.1");
    for (const [socket, other] of [[envoy, xds], [xds, envoy]] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    envoy.pipe(xds);
    xds.pipe(replacing(portField(gatewayPort), portField(ownPort))).pipe(envoy);
  });
  tap.listen(0, "127.0.0.1");
  await once(tap, "listening");
  return {
    port: (tap.address() as AddressInfo).port, // A TCP server's address is never a string.
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(tap, "close");
      tap.close();
      await closed;
    },
  };
}

/** envoy.config.core.v3.SocketAddress.port_value, field 3, as it is on the wire; the ports that systems pick take three bytes. */
function portField(port: number): Buffer {
  if (port < 0x4000) throw new Error(`port ${port} has another length on the wire than the ports that systems pick`);
  return Buffer.from([3 << 3, (port & 0x7f) | 0x80, ((port >> 7) & 0x7f) | 0x80, port >> 14]);
}

function replacing(from: Buffer, to: Buffer): Transform {
  let held = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = Buffer.concat([held, chunk]);
      for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + to.length)) to.copy(bytes, at);
      // Held back only where the next chunk may bring the rest of it.
      const rest = [3, 2, 1].find((length) => bytes.length >= length && bytes.subarray(-length).equals(from.subarray(0, length))) ?? 0;
      held = Buffer.from(bytes.subarray(bytes.length - rest));
      done(null, bytes.subarray(0, bytes.length - rest));
    },
  });
}

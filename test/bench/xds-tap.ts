/** Stands between Envoy and the xds-server and notes when data went which way, by the frames of HTTP/2. */

import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

export interface XdsTap {
  readonly port: number;
  /** Since the last reset. */
  readonly fromXdsServer: Flow;
  readonly fromEnvoy: Flow;
  reset(): void;
  stop(): Promise<void>;
}

export interface Flow {
  frames: number;
  bytes: number;
  firstAtMs: number;
  lastAtMs: number;
}

export async function startXdsTap(xdsPort: number): Promise<XdsTap> {
  const sockets = new Set<Socket>();
  const fromXdsServer = emptyFlow();
  const fromEnvoy = emptyFlow();
  const tap = createServer((envoy) => {
    const xds = connect(xdsPort, "127.0.0.1");
    for (const [socket, other] of [[envoy, xds], [xds, envoy]] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    // A client begins with a preface of 24 bytes that is no frame.
    envoy.on("data", frameCounter(fromEnvoy, 24));
    xds.on("data", frameCounter(fromXdsServer, 0));
  });
  tap.listen(0, "127.0.0.1");
  await once(tap, "listening");
  return {
    port: (tap.address() as AddressInfo).port, // A TCP server's address is never a string.
    fromXdsServer,
    fromEnvoy,
    reset: () => void (Object.assign(fromXdsServer, emptyFlow()), Object.assign(fromEnvoy, emptyFlow())),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(tap, "close");
      tap.close();
      await closed;
    },
  };
}

function emptyFlow(): Flow {
  return { frames: 0, bytes: 0, firstAtMs: Number.NaN, lastAtMs: Number.NaN };
}

/** Counts DATA frames with content: settings, pings and window updates say nothing about resources. */
function frameCounter(flow: Flow, skip: number): (chunk: Buffer) => void {
  let toSkip = skip;
  let head = Buffer.alloc(0);
  return (chunk) => {
    let rest = chunk;
    while (rest.length > 0) {
      const skipped = Math.min(toSkip, rest.length);
      toSkip -= skipped;
      rest = rest.subarray(skipped);
      if (rest.length === 0) return;
      const missing = 9 - head.length;
      head = Buffer.concat([head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (head.length < 9) return;
      const length = head.readUIntBE(0, 3);
      if (head[3] === 0 && length > 0) count(flow, length);
      head = Buffer.alloc(0);
      toSkip = length;
    }
  };
}

function count(flow: Flow, bytes: number): void {
  const now = performance.now();
  if (flow.frames === 0) flow.firstAtMs = now;
  flow.lastAtMs = now;
  flow.frames += 1;
  flow.bytes += bytes;
}

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
  /** When the first and the last message about a type went by. */
  byType: Map<string, Times>;
}

export interface Times { readonly firstAtMs: number; readonly lastAtMs: number }

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
    // The field numbers of type_url in DeltaDiscoveryRequest and DeltaDiscoveryResponse.
    envoy.on("data", makeFollower(fromEnvoy, 24, 2));
    xds.on("data", makeFollower(fromXdsServer, 0, 4));
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
  const now = performance.now();
  return { frames: 0, bytes: 0, firstAtMs: now, lastAtMs: now, byType: new Map() };
}

/**
 * Follows one direction of one connection: DATA frames with content are counted, and the gRPC messages in them
 * are told apart by the type they are about. The stream is the only one of its connection.
 */
function makeFollower(flow: Flow, skip: number, typeField: number): (chunk: Buffer) => void {
  let toSkip = skip;
  let head = Buffer.alloc(0);
  let isData = false;
  let message: Buffer[] = [];
  let gathered = 0;
  const takeMessages = (): void => {
    for (;;) {
      if (gathered < 5) return;
      if ((message[0]?.length ?? 0) < 5) message = [Buffer.concat(message)];
      const length = 5 + (message[0]?.readUInt32BE(1) ?? 0);
      if (gathered < length) return;
      const all = Buffer.concat(message);
      note(flow.byType, typeOf(all.subarray(5, length), typeField));
      message = length === all.length ? [] : [all.subarray(length)];
      gathered = all.length - length;
    }
  };
  return (chunk) => {
    let rest = chunk;
    while (rest.length > 0) {
      const content = rest.subarray(0, toSkip);
      toSkip -= content.length;
      rest = rest.subarray(content.length);
      if (isData && content.length > 0) {
        message.push(content);
        gathered += content.length;
        takeMessages();
      }
      if (rest.length === 0) return;
      const missing = 9 - head.length;
      head = Buffer.concat([head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (head.length < 9) return;
      toSkip = head.readUIntBE(0, 3);
      isData = head[3] === 0;
      if (isData && toSkip > 0) count(flow, toSkip);
      head = Buffer.alloc(0);
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

function note(byType: Map<string, Times>, type: string): void {
  const now = performance.now();
  const times = byType.get(type) ?? { firstAtMs: now, lastAtMs: now };
  byType.set(type, { ...times, lastAtMs: now });
}

/** `Cluster` of `type.googleapis.com/envoy.config.cluster.v3.Cluster`, found without decoding megabytes of resources. */
function typeOf(message: Buffer, typeField: number): string {
  for (let at = 0; at < message.length;) {
    const [tag, afterTag] = varintAt(message, at);
    const [length, start] = varintAt(message, afterTag);
    if (tag >> 3 === typeField) return message.toString("utf8", start, start + length).split(".").at(-1) ?? "";
    at = (tag & 7) === 2 ? start + length : start;
  }
  return "";
}

function varintAt(bytes: Buffer, at: number): readonly [value: number, end: number] {
  let value = 0;
  let scale = 1;
  for (let end = at; ; end++) {
    const byte = bytes[end] ?? 0;
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) return [value, end + 1];
  }
}

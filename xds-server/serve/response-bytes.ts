/** A reply as the bytes of its message: resources were encoded once, for all streams, and are only put together here. */

import type { Protocol, Reply } from "./discovery.js";

// The field numbers are those of protos/envoy/service/discovery/v3/discovery.proto.

/** Ten thousand resources are one allocation: the message is measured first, then written. */
export function toResponseBytes(protocol: Protocol, reply: Reply): Buffer {
  const measured = new Measure();
  write(protocol, reply, measured);
  const bytes = new Bytes(Buffer.allocUnsafe(measured.length));
  write(protocol, reply, bytes);
  return bytes.buffer;
}

interface Sink {
  /** A length-delimited field of a string or bytes. */
  field(number: number, content: string | Uint8Array): void;
  /** The head of a length-delimited field whose content follows. */
  open(number: number, length: number): void;
}

function write(protocol: Protocol, reply: Reply, sink: Sink): void {
  if (protocol === "sotw") sink.field(1, reply.version);
  for (const { name, version, any } of reply.resources) {
    if (protocol === "sotw") {
      sink.field(2, any);
      continue;
    }
    sink.open(2, fieldLength(version) + fieldLength(any) + fieldLength(name));
    sink.field(1, version);
    sink.field(2, any);
    sink.field(3, name);
  }
  sink.field(4, reply.typeUrl);
  sink.field(5, reply.nonce);
  if (protocol === "delta") for (const name of reply.removed) sink.field(6, name);
}

class Measure implements Sink {
  length = 0;
  field(_number: number, content: string | Uint8Array): void { this.length += fieldLength(content); }
  open(_number: number, length: number): void { this.length += 1 + varintLength(length); }
}

class Bytes implements Sink {
  readonly buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  field(number: number, content: string | Uint8Array): void {
    const length = contentLength(content);
    this.open(number, length);
    if (typeof content === "string") this.buffer.write(content, this.#at, "utf8");
    else this.buffer.set(content, this.#at);
    this.#at += length;
  }

  open(number: number, length: number): void {
    // Below 16, a field's number and wire type 2 are one byte.
    this.buffer[this.#at++] = (number << 3) | 2;
    let rest = length;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.buffer[this.#at++] = (rest % 128) | 128;
    this.buffer[this.#at++] = rest;
  }
}

function fieldLength(content: string | Uint8Array): number {
  const length = contentLength(content);
  return 1 + varintLength(length) + length;
}

function contentLength(content: string | Uint8Array): number {
  return typeof content === "string" ? Buffer.byteLength(content, "utf8") : content.length;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length += 1;
  return length;
}
